"""Clipping, range and evenness of light."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from cutis.imaging.exposure import (
    brightest_level,
    clipped_share,
    entropy_bits,
    histogram_overlap,
)
from cutis.imaging.specular import specular_share
from cutis.testing import mask

law = settings(deadline=None, max_examples=40, derandomize=True)
values = hnp.arrays(np.float32, st.integers(1, 60), elements=st.floats(0, 255, width=32))


def test_a_pixel_is_clipped_if_all_channels_are():
    rgb = np.array([[[255, 255, 255], [255, 255, 100], [250, 251, 252], [0, 0, 0]]], np.uint8)
    assert clipped_share(rgb, mask("####")) == 0.5
    assert clipped_share(rgb, mask("#...")) == 1.0
    assert clipped_share(rgb, mask("....")) == 0.0


def test_the_brightest_level_is_a_high_quantile():
    gray = np.arange(101, dtype=np.float32)[None]
    assert brightest_level(gray, np.ones((1, 101), bool)) == pytest.approx(98)
    assert brightest_level(gray, np.zeros((1, 101), bool)) == 0.0


@pytest.mark.parametrize(("levels", "bits"), [(1, 0), (2, 1), (16, 4), (256, 8)])
def test_entropy_of_even_histograms(levels: int, bits: float):
    gray = np.tile(np.arange(levels, dtype=np.float32), 300)[None]
    assert entropy_bits(gray, np.ones(gray.shape, bool)) == pytest.approx(bits)


@law
@given(values)
def test_entropy_equals_scipy(inside: np.ndarray):
    expected = stats.entropy(np.bincount(inside.astype(np.uint8)), base=2)
    assert entropy_bits(inside[None], np.ones((1, len(inside)), bool)) == pytest.approx(
        expected, abs=1e-6
    )


@law
@given(values, values)
def test_an_overlap_is_a_share_and_symmetric(a: np.ndarray, b: np.ndarray):
    found = histogram_overlap(a, b)
    assert 0 <= found <= 1 + 1e-9
    assert found == pytest.approx(histogram_overlap(b, a))
    assert histogram_overlap(a, a) == pytest.approx(1)


def test_overlap_of_what_is_apart():
    a = np.linspace(0, 1, 50, dtype=np.float32)
    assert histogram_overlap(a, a + 5) == 0
    assert histogram_overlap(a, a[:0]) == 0
    assert histogram_overlap(a[:1], a[:1]) == 1


def test_white_light_on_skin_is_told_from_bright_skin():
    skin = np.tile(np.array([0.4, 0.22, 0.14], np.float32), (20, 20, 1))
    shiny, bright = skin.copy(), skin.copy()
    shiny[5:8, 5:8] += np.float32(0.25)
    bright[5:8, 5:8] *= np.float32(2)
    inside = np.ones((20, 20), bool)
    shares = [
        specular_share(p, p @ np.float32([0.2126, 0.7152, 0.0722]), inside) for p in (shiny, bright)
    ]
    usual = float(skin[0, 0] @ np.float32([0.2126, 0.7152, 0.0722]))
    assert shares[0][6, 6] == pytest.approx(0.25 / usual, rel=0.02)
    assert shares[1][6, 6] == pytest.approx(0, abs=1e-3)
    assert shares[0][0, 0] == shares[1][0, 0] == pytest.approx(0, abs=1e-6)


def test_dark_pixels_do_not_shine():
    skin = np.tile(np.array([0.4, 0.22, 0.14], np.float32), (9, 9, 1))
    skin[4, 4] = 0.1  # grey, but darker than the skin
    luminance = skin @ np.float32([0.2126, 0.7152, 0.0722])
    assert specular_share(skin, luminance, np.ones((9, 9), bool))[4, 4] == 0
    assert not specular_share(skin, luminance, np.zeros((9, 9), bool)).any()
