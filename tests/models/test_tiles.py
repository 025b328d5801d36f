"""Tiles cover a picture, overlap, mirror, and join without a seam."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cutis.models.tiles import join_tiles, tile_slices


@pytest.mark.parametrize("side", [50, 100, 101, 180, 181, 260, 1000])
def test_tiles_cover_overlap_and_mirror(side: int):
    spans = [col for _, col in tile_slices((10, side), 100, 20)]
    assert spans[0].start == 0
    assert spans[-1].stop == side
    assert all(s.stop - s.start == min(side, 100) for s in spans)
    assert all(a.stop - b.start >= 20 for a, b in itertools.pairwise(spans))
    turned = [(side - s.stop, side - s.start) for s in reversed(spans)]
    apart = [abs(s.start - t[0]) for s, t in zip(spans, turned, strict=True)]
    assert max(apart) <= (side - 100) % 2  # an odd rest leaves the middle tile beside the middle


def test_what_is_cut_is_joined_again():
    picture = np.random.default_rng(3).normal(size=(130, 210, 2)).astype(np.float32)
    slices = tile_slices((130, 210), 64, 16)
    joined = join_tiles([picture[part] for part in slices], slices, (130, 210))
    assert joined == pytest.approx(picture, abs=1e-5)


def test_a_step_between_tiles_becomes_a_slope():
    slices = tile_slices((10, 180), 100, 20)
    tiles = [np.full((10, 100, 1), float(i), np.float32) for i in range(2)]
    row = join_tiles(tiles, slices, (10, 180))[5, :, 0]
    assert (row[:80] == 0).all()
    assert (row[100:] == 1).all()
    assert np.abs(np.diff(row)).max() < 0.1
