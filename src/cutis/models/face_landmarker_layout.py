"""How the Face Landmarker's tensors are laid out: anchors, point subsets, names, canonical mesh."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Points3

MESH_POINTS = 468
_MM_PER_CM = 10.0

BLENDSHAPE_NAMES = tuple(
    "_neutral browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff "
    "cheekSquintLeft cheekSquintRight eyeBlinkLeft eyeBlinkRight eyeLookDownLeft eyeLookDownRight "
    "eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight "
    "eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight "
    "mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel "
    "mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker "
    "mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthSmileLeft "
    "mouthSmileRight mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight "
    "noseSneerLeft noseSneerRight".split()
)

BLENDSHAPE_POINTS = np.array(
    [
        int(index)
        for index in (
            "0 1 4 5 6 7 8 10 13 14 17 21 33 37 39 40 46 52 53 54 55 58 61 63 65 66 67 70 78 80 "
            "81 82 84 87 88 91 93 95 103 105 107 109 127 132 133 136 144 145 146 148 149 150 152 "
            "153 154 155 157 158 159 160 161 162 163 168 172 173 176 178 181 185 191 195 197 234 "
            "246 249 251 263 267 269 270 276 282 283 284 285 288 291 293 295 296 297 300 308 310 "
            "311 312 314 317 318 321 323 324 332 334 336 338 356 361 362 365 373 374 375 377 378 "
            "379 380 381 382 384 385 386 387 388 389 390 397 398 400 402 405 409 415 454 466 468 "
            "469 470 471 472 473 474 475 476 477"
        ).split()
    ]
)


def detector_anchors() -> Float32[np.ndarray, "896 2"]:
    """Return the anchor centres ``(x, y)`` in shares of the input square.

    A 16 × 16 grid with two anchors a cell, then an 8 × 8 grid with six, row by row.
    """
    grids = []
    for cells, per_cell in ((16, 2), (8, 6)):
        centre = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) / np.float32(cells)
        y, x = np.meshgrid(centre, centre, indexing="ij")
        grids.append(np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), per_cell, axis=0))
    return np.concatenate(grids)


def canonical_points(metadata: bytes) -> Points3:
    """Read the canonical mesh from the bundle's geometry metadata (protocol buffers).

    Field 1 of the message is the mesh; field 3 of the mesh its vertices, five floats each
    (x, y, z in centimetres, then two texture coordinates). Returns 468 points in millimetres.
    """
    mesh = next(value for field, value in _fields(metadata) if field == 1)
    values: list[float] = []
    for field, value in _fields(mesh):
        if field == 3:
            values.extend(struct.unpack(f"<{len(value) // 4}f", value))
    vertices = np.array(values, np.float32).reshape(-1, 5)[:, :3]
    return (vertices * np.float32(_MM_PER_CM)).astype(np.float32)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the length-delimited and 32-bit fields of a protocol-buffer message."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            _, at = _varint(message, at)
            continue
        size = 4
        if kind == 2:
            size, at = _varint(message, at)
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
