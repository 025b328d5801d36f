"""Published vectors, read from the archive once."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

LAST = "./vectors/merkle.tar"
"""The last of the vectors in the archive; what follows is not unpacked."""


@pytest.fixture(scope="session")
def vectors(shared_dir: Path) -> dict[str, bytes]:
    """The files of published vectors by name; the test skips where the archive is absent."""
    found: dict[str, bytes] = {}
    with tarfile.open(shared_dir / "data" / "badinputs.tar.xz", "r|xz") as archive:
        for member in archive:
            if member.name.startswith("./vectors/") and (stream := archive.extractfile(member)):
                found[member.name] = stream.read()
            if member.name == LAST:
                break
    return found
