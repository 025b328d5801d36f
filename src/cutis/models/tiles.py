"""A large picture in overlapping tiles, and their answers joined without a seam."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

Slices = tuple[slice, slice]


def tile_slices(shape: tuple[int, int], tile_px: int, overlap_px: int) -> list[Slices]:
    """Return the tiles of a picture, row by row: at most ``tile_px`` wide and high.

    Neighbours overlap by ``overlap_px`` or more. The tiles of a mirrored picture are the mirrored
    tiles.
    """
    rows, cols = (_spans(side, tile_px, overlap_px) for side in shape)
    return [(row, col) for row in rows for col in cols]


def join_tiles(
    tiles: Sequence[Float32[np.ndarray, "_ _ k"]],
    slices: Sequence[Slices],
    shape: tuple[int, int],
) -> Float32[np.ndarray, "h w k"]:
    """Return the mean of the tiles where they overlap, each weighing less towards its border."""
    total = np.zeros((*shape, tiles[0].shape[2]), np.float32)
    weights = np.zeros((*shape, 1), np.float32)
    for tile, part in zip(tiles, slices, strict=True):
        weight = np.outer(*(_tent(side) for side in tile.shape[:2]))[..., None]
        total[part] += tile * weight
        weights[part] += weight
    return total / weights


def _spans(side: int, tile_px: int, overlap_px: int) -> list[slice]:
    if side <= tile_px:
        return [slice(0, side)]
    count = -(-(side - overlap_px) // (tile_px - overlap_px))
    gap = (side - tile_px) / (count - 1)
    first = [int(i * gap + 0.5) for i in range((count + 1) // 2)]
    # the second half mirrors the first, whatever way halves are rounded
    second = [side - tile_px - start for start in first[: count // 2]][::-1]
    return [slice(start, start + tile_px) for start in (*first, *second)]


def _tent(side: int) -> Float32[np.ndarray, "n"]:
    """Return weights that fall linearly from the middle to the ends, never to 0."""
    at = np.arange(side) + 0.5
    return np.minimum(at, side - at).astype(np.float32)
