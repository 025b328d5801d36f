"""Colour against published values, scikit-image and its own inverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import color as reference

from cutis.core.vocabulary import ItaGroup
from cutis.imaging.colour import (
    ITA_LIMITS_DEG,
    decode_srgb,
    delta_e_2000,
    encode_srgb,
    ita_to_group,
    lab_to_ita_deg,
    lab_to_linear,
    linear_to_lab,
    linear_to_rgb,
    rgb_to_lab,
    rgb_to_linear,
)

law = settings(deadline=None, max_examples=40, derandomize=True)
unit = st.floats(0, 1, width=32)
pictures = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6).map(lambda s: (*s, 3))
)

# Sharma, Wu & Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes,
# supplementary test data, and mathematical observations", Color Res. Appl. 30(1), table 1
# (doi:10.1002/col.20070): L*, a*, b* of both colours, and the difference.
CIEDE2000_PAIRS = np.array(
    """
    50.0000  2.6772 -79.7751 50.0000  0.0000 -82.7485  2.0425
    50.0000  3.1571 -77.2803 50.0000  0.0000 -82.7485  2.8615
    50.0000  2.8361 -74.0200 50.0000  0.0000 -82.7485  3.4412
    50.0000 -1.3802 -84.2814 50.0000  0.0000 -82.7485  1.0000
    50.0000 -1.1848 -84.8006 50.0000  0.0000 -82.7485  1.0000
    50.0000 -0.9009 -85.5211 50.0000  0.0000 -82.7485  1.0000
    50.0000  0.0000   0.0000 50.0000 -1.0000   2.0000  2.3669
    50.0000 -1.0000   2.0000 50.0000  0.0000   0.0000  2.3669
    50.0000  2.4900  -0.0010 50.0000 -2.4900   0.0009  7.1792
    50.0000  2.4900  -0.0010 50.0000 -2.4900   0.0010  7.1792
    50.0000  2.4900  -0.0010 50.0000 -2.4900   0.0011  7.2195
    50.0000  2.4900  -0.0010 50.0000 -2.4900   0.0012  7.2195
    50.0000 -0.0010   2.4900 50.0000  0.0009  -2.4900  4.8045
    50.0000 -0.0010   2.4900 50.0000  0.0010  -2.4900  4.8045
    50.0000 -0.0010   2.4900 50.0000  0.0011  -2.4900  4.7461
    50.0000  2.5000   0.0000 50.0000  0.0000  -2.5000  4.3065
    50.0000  2.5000   0.0000 73.0000 25.0000 -18.0000 27.1492
    50.0000  2.5000   0.0000 61.0000 -5.0000  29.0000 22.8977
    50.0000  2.5000   0.0000 56.0000 -27.0000 -3.0000 31.9030
    50.0000  2.5000   0.0000 58.0000 24.0000  15.0000 19.4535
    50.0000  2.5000   0.0000 50.0000  3.1736   0.5854  1.0000
    50.0000  2.5000   0.0000 50.0000  3.2972   0.0000  1.0000
    50.0000  2.5000   0.0000 50.0000  1.8634   0.5757  1.0000
    50.0000  2.5000   0.0000 50.0000  3.2592   0.3350  1.0000
    60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387  1.2644
    63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864  1.2630
    61.2901  3.7196  -5.3901 61.4292  2.2480  -4.9620  1.8731
    35.0831 -44.1164  3.7933 35.0232 -40.0716  1.5901  1.8645
    22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619  2.0373
    36.4612 47.8580  18.3852 36.2715 50.5065  21.2231  1.4146
    90.8027 -2.0831   1.4410 91.1528 -1.6435   0.0447  1.4441
    90.9257 -0.5406  -0.9208 88.6381 -0.8985  -0.7239  1.5381
     6.7747 -0.2908  -2.4247  5.8714 -0.0985  -2.2286  0.6377
     2.0776  0.0795  -1.1350  0.9033 -0.0636  -0.5514  0.9082
    """.split(),
    dtype=float,
).reshape(34, 7)

# sRGB colours in CIE L*a*b* under D65 (B. Lindbloom, colour calculator, brucelindbloom.com).
PUBLISHED_LAB = [
    ((255, 255, 255), (100.0, 0.0, 0.0)),
    ((255, 0, 0), (53.2408, 80.0925, 67.2032)),
    ((0, 255, 0), (87.7347, -86.1827, 83.1793)),
    ((0, 0, 255), (32.2970, 79.1875, -107.8602)),
    ((119, 119, 119), (50.0344, 0.0, 0.0)),
    ((0, 0, 0), (0.0, 0.0, 0.0)),
]


@pytest.mark.parametrize("row", range(34))
def test_ciede2000_equals_the_published_pairs(row: int):
    pair = CIEDE2000_PAIRS[row]
    assert float(delta_e_2000(pair[:3], pair[3:6])) == pytest.approx(pair[6], abs=1e-4)
    assert float(delta_e_2000(pair[3:6], pair[:3])) == pytest.approx(pair[6], abs=1e-4)


def test_ciede2000_equals_scikit_image():
    rng = np.random.default_rng(0)
    low, high = np.array([0, -80, -80]), np.array([100, 80, 80])
    a, b = (rng.uniform(low, high, (2000, 3)) for _ in range(2))
    assert delta_e_2000(a, b) == pytest.approx(reference.deltaE_ciede2000(a, b), abs=1e-9)


@law
@given(hnp.arrays(np.float64, (2, 3), elements=st.floats(-60, 60)))
def test_a_colour_difference_is_a_distance_between_two(pair: np.ndarray):
    a, b = pair + np.array([60, 0, 0])
    assert float(delta_e_2000(a, a)) == pytest.approx(0, abs=1e-9)
    assert delta_e_2000(a, b) >= 0
    assert float(delta_e_2000(a, b)) == pytest.approx(float(delta_e_2000(b, a)), abs=1e-9)


@pytest.mark.parametrize(("rgb", "lab"), PUBLISHED_LAB)
def test_lab_equals_published_values(rgb: tuple[int, ...], lab: tuple[float, ...]):
    assert rgb_to_lab(np.array([[rgb]], np.uint8))[0, 0] == pytest.approx(lab, abs=0.02)


def test_lab_equals_scikit_image():
    """Their white and matrix are rounded otherwise, which makes up to 0.03."""
    rgb = np.random.default_rng(1).integers(0, 256, (60, 50, 3), dtype=np.uint8)
    assert rgb_to_lab(rgb) == pytest.approx(reference.rgb2lab(rgb), abs=0.03)


def test_sixteen_bits_are_read_to_the_full():
    eight = np.array([[[0, 119, 255]]], np.uint8)
    assert rgb_to_linear(eight.astype(np.uint16) * 257) == pytest.approx(rgb_to_linear(eight))
    near = np.array([[[30000, 30001, 30002]]], np.uint16)
    assert len(set(rgb_to_linear(near).ravel().tolist())) == 3
    assert rgb_to_lab(near)[0, 0] == pytest.approx(reference.rgb2lab(near / 65535)[0, 0], abs=0.03)


# IEC 61966-2-1: linear below 0.04045, a power of 2.4 above.
@pytest.mark.parametrize(
    ("encoded", "linear"),
    [(0.0, 0.0), (0.04045, 0.04045 / 12.92), (0.5, 0.21404114), (1.0, 1.0), (1 / 255, 0.00030353)],
)
def test_srgb_equals_the_standard(encoded: float, linear: float):
    assert decode_srgb(np.array(encoded)) == pytest.approx(linear, abs=1e-7)
    assert encode_srgb(np.array(linear)) == pytest.approx(encoded, abs=1e-6)


def test_srgb_equals_scikit_image():
    rgb = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    xyz = reference.rgb2xyz(rgb)
    assert rgb_to_linear(rgb) @ reference.colorconv.xyz_from_rgb.T == pytest.approx(xyz, abs=1e-6)


@law
@given(hnp.arrays(np.float64, 20, elements=st.floats(0, 1)))
def test_encoding_undoes_decoding(encoded: np.ndarray):
    assert encode_srgb(decode_srgb(encoded)) == pytest.approx(encoded, abs=1e-5)


@law
@given(pictures)
def test_eight_bits_return(rgb: np.ndarray):
    assert np.array_equal(linear_to_rgb(rgb_to_linear(rgb)), rgb)


@law
@given(hnp.arrays(np.float32, (4, 3), elements=unit))
def test_lab_returns(linear: np.ndarray):
    assert lab_to_linear(linear_to_lab(linear)) == pytest.approx(linear, abs=2e-4)


def test_linear_light_outside_the_range_is_clipped():
    linear = np.array([[[-0.5, 0.5, 7.0]]], np.float32)
    assert linear_to_rgb(linear).tolist() == [[[0, 188, 255]]]


def test_brighter_is_lighter():
    gray = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    lab = rgb_to_lab(gray)[:, 0]
    assert (np.diff(lab[:, 0]) > 0).all()
    assert np.abs(lab[:, 1:]).max() < 0.02


# ITA° = arctan((L* - 50) / b*) · 180 / π (Chardon 1991); limits after Del Bino & Bernerd 2013.
@pytest.mark.parametrize(
    ("lightness", "b_star", "ita_deg", "group"),
    [
        (75.0, 15.0, 59.036, ItaGroup.VERY_LIGHT),
        (68.0, 16.0, 48.366, ItaGroup.LIGHT),
        (62.0, 18.0, 33.690, ItaGroup.INTERMEDIATE),
        (56.0, 20.0, 16.699, ItaGroup.TAN),
        (50.0, 20.0, 0.0, ItaGroup.BROWN),
        (35.0, 15.0, -45.0, ItaGroup.DARK),
    ],
)
def test_typology_angle(lightness: float, b_star: float, ita_deg: float, group: ItaGroup):
    assert lab_to_ita_deg(lightness, b_star) == pytest.approx(ita_deg, abs=1e-3)
    assert ita_to_group(ita_deg) is group


def test_typology_limits_are_the_published_ones():
    assert [low for low, _ in ITA_LIMITS_DEG] == [55, 41, 28, 10, -30]
    names = [ita_to_group(low - 0.001) for low, _ in ITA_LIMITS_DEG]
    assert names == list(ItaGroup)[1:]
    assert [ita_to_group(low + 0.001) for low, _ in ITA_LIMITS_DEG] == list(ItaGroup)[:-1]


def test_a_limit_itself_belongs_to_the_darker_group():
    assert ita_to_group(55.0) is ItaGroup.LIGHT
