"""Files made for the intake tests, byte by byte where no library writes them."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

Entry = tuple[int, int, int, bytes]
"""Tag, type, count and value of a TIFF directory entry."""


def short(tag: int, *values: int) -> Entry:
    return tag, 3, len(values), struct.pack(f"<{len(values)}H", *values)


def long(tag: int, *values: int) -> Entry:
    return tag, 4, len(values), struct.pack(f"<{len(values)}I", *values)


def octets(tag: int, *values: int) -> Entry:
    return tag, 1, len(values), bytes(values)


def text(tag: int, value: str) -> Entry:
    raw = value.encode() + b"\x00"
    return tag, 2, len(raw), raw


def rational(tag: int, *values: float, signed: bool = False) -> Entry:
    pairs = [part for value in values for part in (round(value * 10_000), 10_000)]
    code = "i" if signed else "I"
    return tag, 10 if signed else 5, len(values), struct.pack(f"<{len(pairs)}{code}", *pairs)


def tiff(entries: list[Entry], strip: bytes, *, strip_tag: int = 273) -> bytes:
    """A little-endian TIFF with one directory and one strip after it."""
    entries = sorted([*entries, long(strip_tag, 0)])
    start = 8 + 2 + 12 * len(entries) + 4
    extra = b""
    places: dict[int, int] = {}
    for tag, _, _, value in entries:
        if len(value) > 4:
            places[tag] = start + len(extra)
            extra += value + b"\x00" * (len(value) % 2)
    directory = struct.pack("<H", len(entries))
    places[strip_tag] = start + len(extra)
    for tag, kind, count, value in entries:
        field = struct.pack("<I", places[tag]) if tag in places else value.ljust(4, b"\x00")
        directory += struct.pack("<HHI", tag, kind, count) + field
    return b"II*\x00" + struct.pack("<I", 8) + directory + b"\x00" * 4 + extra + strip


def dng(mosaic: NDArray[np.uint16], *, orientation: int = 1, neutral: float = 1.0) -> bytes:
    """A DNG with an RGGB mosaic whose camera colours are XYZ's sRGB primaries.

    Args:
        mosaic: ``[row, col]`` sensor values, 0 to 65535.
        orientation: As EXIF counts.
        neutral: What red and blue see of white, relative to green.
    """
    height, width = mosaic.shape
    xyz_to_srgb = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
    return tiff(
        [
            long(254, 0),
            long(256, width),
            long(257, height),
            short(258, 16),
            short(259, 1),
            short(262, 32803),
            text(271, "Canon"),
            text(272, "Canon EOS R5"),
            short(274, orientation),
            short(277, 1),
            long(278, height),
            long(279, mosaic.nbytes),
            text(315, "Secret Artist"),
            short(33421, 2, 2),
            octets(33422, 0, 1, 1, 2),
            octets(50706, 1, 4, 0, 0),
            octets(50707, 1, 1, 0, 0),
            text(50708, "Made for tests"),
            long(50717, 65535),
            rational(50721, *xyz_to_srgb, signed=True),
            rational(50728, neutral, 1.0, neutral),
            short(50778, 21),
        ],
        mosaic.astype("<u2").tobytes(),
    )


def matrix_profile(
    primaries: tuple[tuple[float, float], ...], gamma: float, description: str
) -> bytes:
    """An ICC profile (version 2) from chromaticities under D65 and one exponent.

    Args:
        primaries: ``(x, y)`` of red, green and blue.
        gamma: Exponent of all three curves; a fixed-point number with 8 bits of fraction.
        description: The name that the profile carries.
    """
    columns = _adapted(primaries)
    blocks: list[tuple[bytes, bytes]] = [(b"desc", _description(description))]
    blocks.append((b"wtpt", _xyz(0.9642, 1.0, 0.8249)))
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True):
        blocks.append((name, _xyz(*column)))
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + b"\x00\x00"
    blocks += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    return _profile(blocks)


def _adapted(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """The matrix to XYZ under D50, by the Bradford transform."""
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([0.95047, 1.0, 1.08883])
    to_xyz = xyz * np.linalg.solve(xyz, white)
    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    d50 = np.array([0.9642, 1.0, 0.8249])
    gain = np.diag((bradford @ d50) / (bradford @ white))
    return np.linalg.inv(bradford) @ gain @ bradford @ to_xyz


def _xyz(x: float, y: float, z: float) -> bytes:
    fixed = [round(value * 65536) for value in (x, y, z)]
    return b"XYZ " + struct.pack(">I3i", 0, *fixed)


def _description(name: str) -> bytes:
    raw = name.encode() + b"\x00"
    body = b"desc" + struct.pack(">II", 0, len(raw)) + raw + b"\x00" * (4 + 4 + 2 + 1 + 67)
    return body + b"\x00" * (-len(body) % 4)


def _profile(blocks: list[tuple[bytes, bytes]]) -> bytes:
    table, data = struct.pack(">I", len(blocks)), b""
    start = 128 + 4 + 12 * len(blocks)
    for name, block in blocks:
        table += struct.pack(">4sII", name, start + len(data), len(block))
        data += block
    size = start + len(data)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\x00" * 28
    header += struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\x00") + table + data


DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
