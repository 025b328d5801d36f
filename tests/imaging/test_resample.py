"""Bicubic resampling against Pillow, against its formula, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from cutis.core.errors import InputError
from cutis.imaging.resample import resize_bicubic, resize_rgb

PICTURES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(4, 12), st.integers(4, 12)),
    elements=st.floats(0, 1, width=32),
)


@pytest.mark.parametrize("shape", [(16, 12), (128, 96), (64, 48)])
def test_equals_pillow_away_from_the_border(shape: tuple[int, int]):
    """Pillow has the same kernel and only treats the border otherwise."""
    picture = np.random.default_rng(0).random((64, 48)).astype(np.float32)
    expected = np.array(Image.fromarray(picture).resize(shape[::-1], Image.Resampling.BICUBIC))
    found = resize_bicubic(picture, shape)
    inner = tuple(slice(side // 6, side - side // 6) for side in shape)
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-5)


def test_border_is_mirrored():
    """A picture mirrored by hand gives in its middle what the picture gives."""
    picture = np.random.default_rng(1).random((16, 16)).astype(np.float32)
    mirrored = np.pad(picture, 16, mode="symmetric")
    np.testing.assert_allclose(
        resize_bicubic(picture, (4, 4)), resize_bicubic(mirrored, (12, 12))[4:8, 4:8], atol=1e-5
    )


def test_shares_of_an_enlarged_impulse():
    """Keys' kernel with a = -1/2, a quarter of a pixel off: -9, 111, 29 and -3 of 128."""
    picture = np.zeros((9, 1), np.float32)
    picture[4] = 128
    found = resize_bicubic(picture, (18, 1))[:, 0]
    np.testing.assert_allclose(found[5:13], [-3, -9, 29, 111, 111, 29, -9, -3], atol=1e-3)


@given(PICTURES, st.integers(1, 20), st.integers(1, 20))
def test_mirroring_commutes(picture: np.ndarray, rows: int, cols: int):
    found = resize_bicubic(picture, (rows, cols))
    turned = resize_bicubic(picture[::-1, ::-1], (rows, cols))
    np.testing.assert_allclose(turned[::-1, ::-1], found, atol=1e-5)


@given(st.floats(0, 255), st.integers(1, 30))
def test_a_flat_picture_stays_flat(value: float, side: int):
    found = resize_bicubic(np.full((9, 7, 3), value, np.float32), (side, side))
    np.testing.assert_allclose(found, np.float32(value), rtol=1e-5, atol=1e-5)


def test_bytes_are_held_to_their_range():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, 4:] = 255
    enlarged = resize_rgb(picture, (32, 32))
    assert enlarged.dtype == np.uint8
    assert enlarged.min() == 0
    assert enlarged.max() == 255


def test_no_picture_without_pixels():
    with pytest.raises(InputError, match="at least one row"):
        resize_bicubic(np.zeros((4, 4), np.float32), (0, 4))
