"""The network's input: tone and light drop out of it, spots stay, mirrored faces give mirrored."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.vocabulary import Condition
from cutis.imaging.chromophores import optical_density
from cutis.imaging.skin_channels import (
    CHANNELS,
    FINE_MM_PER_PX,
    TARGETS,
    skin_baseline,
    skin_channels,
)

DENSITY = slice(3, 6)
HAEMOGLOBIN_2_PX = 7
SCALE = CHANNELS - 1


def skin(level: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(1)
    even = np.array([0.55, 0.32, 0.22], np.float32) * np.float32(level)
    return (even * (1 + 0.02 * rng.standard_normal((64, 64, 1)))).astype(np.float32)


def with_spot(linear: np.ndarray) -> np.ndarray:
    """Take green and blue away in a disc of 3 pixels, as blood does."""
    rows, cols = np.indices(linear.shape[:2])
    inside = np.hypot(rows - 32, cols - 32) < 3
    spotted = linear.copy()
    spotted[inside] *= np.array([0.97, 0.7, 0.75], np.float32)
    return spotted


def channels(linear: np.ndarray, mm_per_px: float = FINE_MM_PER_PX) -> np.ndarray:
    baseline = skin_baseline(linear, np.ones(linear.shape[:2], bool))
    return skin_channels(linear, baseline, mm_per_px)


def test_the_targets_are_the_first_eight_conditions():
    assert list(Condition)[: len(TARGETS)] == list(TARGETS)


def test_shape_and_type():
    found = channels(skin())
    assert found.shape == (64, 64, CHANNELS)
    assert found.dtype == np.float32


@pytest.mark.parametrize("level", [0.5, 0.25, 0.1])
def test_all_but_the_colour_is_free_of_exposure(level: float):
    light, dark = channels(with_spot(skin())), channels(with_spot(skin(level)))
    assert np.abs(light[..., 3:] - dark[..., 3:]).max() < 1e-3


def test_a_red_spot_stands_out_in_the_haemoglobin_contrast():
    contrast = channels(with_spot(skin()))[..., HAEMOGLOBIN_2_PX]
    far = contrast[:16]
    assert contrast[32, 32] > 6 * far.std()


def test_plain_skin_has_density_zero_over_its_own_baseline():
    assert abs(float(np.median(channels(skin())[..., DENSITY]))) < 0.01


def test_a_mirrored_face_gives_mirrored_channels():
    linear = with_spot(skin())
    baseline = skin_baseline(linear, np.ones((64, 64), bool))
    plain = skin_channels(linear, baseline, 0.25)
    turned = skin_channels(np.ascontiguousarray(linear[:, ::-1]), baseline, 0.25)
    assert np.abs(plain[:, ::-1] - turned).max() < 2e-3


@pytest.mark.parametrize(("mm_per_px", "told"), [(0.25, 0.0), (0.5, 0.5), (1.0, 1.0)])
def test_the_scale_is_told(mm_per_px: float, told: float):
    assert np.allclose(channels(skin(), mm_per_px)[..., SCALE], told)


def test_the_baseline_is_the_median_density_of_the_skin_alone():
    linear = skin()
    linear[:, 32:] = 0.9
    mask = np.zeros((64, 64), bool)
    mask[:, :32] = True
    expected = np.median(optical_density(linear)[mask], axis=0)
    assert np.allclose(skin_baseline(linear, mask), expected, atol=2e-3)


def test_without_skin_the_whole_picture_is_the_baseline():
    linear = skin()
    nothing = np.zeros((64, 64), bool)
    assert np.array_equal(skin_baseline(linear, nothing), skin_baseline(linear, ~nothing))
