"""ICC profiles made of three primaries and three curves, read into curves and a matrix.

Cameras, phones and raw developers write matrix profiles (Display P3, Adobe RGB, ProPhoto RGB),
for which ICC.1:2022 gives the whole computation: ``linear = curve(code)``,
``XYZ_D50 = M linear``. `shaper` applies it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CODES = 65_536
_MAX_TAGS = 100
_WHITE_D65 = (0.3127, 0.3290)
_D50 = np.array([0.9642, 1.0, 0.8249])
"""White of the profile connection space (ICC.1:2022, 7.2.16)."""
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
"""Cone responses of the Bradford adaptation (ICC.1:2022, annex E)."""

Chromaticities = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
"""``(x, y)`` of red, green and blue."""

SRGB: Chromaticities = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_NUMBERED: dict[int, tuple[Chromaticities, str]] = {
    9: (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), "Rec. 2020"),
    12: (((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), "Display P3"),
}
"""Primaries under D65 by their number in ITU-T H.273, table 2."""


class ProfileError(Exception):
    """The profile is broken, or of a kind that this module does not apply."""


@dataclass(frozen=True, slots=True, eq=False)
class MatrixProfile:
    """Three curves from code to linear light, ``[3, 65536]``, and the matrix to XYZ (D50)."""

    curves: NDArray[np.float32]
    to_xyz: NDArray[np.float64]


def parse_matrix_profile(raw: bytes) -> MatrixProfile:
    """Read the curves and primaries of a matrix profile.

    Args:
        raw: A whole ICC profile of version 2 or 4.

    Returns:
        The profile.

    Raises:
        ProfileError: It is broken, or no matrix profile for RGB.
    """
    try:
        tags = _tags(raw)
        if raw[16:20] != b"RGB " or b"A2B0" in tags:
            raise ProfileError("not a matrix profile for RGB")
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
        curves = [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")]
    except (KeyError, struct.error, ValueError, IndexError, OverflowError) as error:
        raise ProfileError("the profile is broken") from error
    return MatrixProfile(np.stack(curves).astype(np.float32), np.array(columns).T)


def is_srgb(profile: MatrixProfile, tolerance: float = 2e-3) -> bool:
    """Tell whether a profile means sRGB: primaries and curves within ``tolerance``."""
    linear = _srgb_curve()
    near_matrix = np.abs(profile.to_xyz - to_xyz_d50(SRGB)).max() <= tolerance
    return bool(near_matrix and np.abs(profile.curves - linear[None]).max() <= tolerance)


def numbered_profile(primaries: int) -> tuple[MatrixProfile, str] | None:
    """Return the profile and name of colours that a file names by number, with sRGB's curve.

    Args:
        primaries: Colour primaries of ITU-T H.273: 9 is Rec. 2020, 12 is Display P3.

    Returns:
        None for other numbers, of which 1 is sRGB itself.
    """
    if primaries not in _NUMBERED:
        return None
    chromaticities, name = _NUMBERED[primaries]
    curve = _srgb_curve().astype(np.float32)
    return MatrixProfile(np.stack((curve, curve, curve)), to_xyz_d50(chromaticities)), name


def to_xyz_d50(chromaticities: Chromaticities) -> NDArray[np.float64]:
    """Return the matrix from linear RGB under D65 to XYZ under D50."""
    columns = np.stack([_xyz_of(xy) for xy in chromaticities], axis=1)
    white = _xyz_of(_WHITE_D65)
    to_xyz = columns * np.linalg.solve(columns, white)
    gain = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ gain @ _BRADFORD @ to_xyz)


def _xyz_of(chromaticity: tuple[float, float]) -> NDArray[np.float64]:
    x, y = chromaticity
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _srgb_curve() -> NDArray[np.float64]:
    """Return linear light at every 16-bit sRGB code."""
    codes = np.linspace(0.0, 1.0, CODES)
    return np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)


def _tags(raw: bytes) -> dict[bytes, bytes]:
    if len(raw) < 132 or raw[36:40] != b"acsp":
        raise ProfileError("not an ICC profile")
    (count,) = struct.unpack_from(">I", raw, 128)
    if count > _MAX_TAGS:
        raise ProfileError("too many tags")
    tags: dict[bytes, bytes] = {}
    for position in range(132, 132 + 12 * count, 12):
        name, offset, size = struct.unpack_from(">4sII", raw, position)
        tags[name] = raw[offset : offset + size]
    return tags


def _xyz(tag: bytes) -> tuple[float, float, float]:
    x, y, z = struct.unpack_from(">3i", tag, 8)
    return x / 65536, y / 65536, z / 65536


def _curve(tag: bytes) -> NDArray[np.float64]:
    """Return a curve sampled at every 16-bit code (ICC.1:2022, 10.6 and 10.18)."""
    codes = np.linspace(0.0, 1.0, CODES)
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return codes
        values = np.array(struct.unpack_from(f">{count}H", tag, 12), dtype=np.float64)
        if count == 1:
            return np.asarray(codes ** (values[0] / 256))
        return np.interp(codes, np.linspace(0.0, 1.0, count), values / 65535)
    if tag[:4] == b"para":
        return _parametric(tag, codes)
    raise ProfileError("an unknown curve")


def _parametric(tag: bytes, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    (kind,) = struct.unpack_from(">H", tag, 8)
    sizes = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
    if kind not in sizes:
        raise ProfileError("an unknown curve")
    given = [value / 65536 for value in struct.unpack_from(f">{sizes[kind]}i", tag, 12)]
    g, a, b, c, d, e, f = _seven(kind, given)
    power = np.maximum(a * codes + b, 0.0) ** g + e
    return np.clip(np.where(codes >= d, power, c * codes + f), 0.0, 1.0)


def _seven(kind: int, given: list[float]) -> tuple[float, ...]:
    """Return the parameters g, a, b, c, d, e, f of the most general form."""
    if kind == 0:
        return (given[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if kind in {1, 2}:
        g, a, b = given[:3]
        rest = given[3] if kind == 2 else 0.0
        return (g, a, b, 0.0, -b / a if a else 0.0, rest, rest)
    return tuple(given) if kind == 4 else (*given, 0.0, 0.0)
