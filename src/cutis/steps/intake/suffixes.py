"""The endings of file names by which photos are looked for in folders."""

from __future__ import annotations

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .heic .heif .hif .avif .tif .tiff .dcm "
    ".dng .nef .cr2 .cr3 .arw .raf .orf .rw2 .pef .srw".split()
)
"""File name endings that are looked for in folders; a file named outright may have any."""
