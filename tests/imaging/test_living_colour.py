"""Colour that changes where lightness does not, as blood and pigment make it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.living_colour import colour_spread
from cutis.steps.skin import LEAST_COLOUR_SPREAD
from cutis.testing import draw_face


def face() -> tuple[np.ndarray, np.ndarray]:
    rgb = draw_face()
    linear = rgb_to_linear(rgb)
    oval = np.zeros(linear.shape[:2], np.uint8)
    rows, columns = oval.shape
    centre = (columns // 2, rows // 2)
    cv2.ellipse(oval, centre, (columns // 4, rows // 3), 0, 0, 360, 1, -1)
    return linear, oval > 0


def test_a_drawn_face_is_coloured_and_its_lightness_is_not():
    linear, oval = face()
    grey = np.repeat((linear @ np.float32([0.2126, 0.7152, 0.0722]))[..., None], 3, axis=2)
    assert (colour_spread(linear, oval) or 0) > LEAST_COLOUR_SPREAD
    assert colour_spread(grey, oval) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("light", [0.25, 1.0])
def test_one_tint_counts_as_nothing_and_light_does_not_matter(light: float):
    linear, oval = face()
    tint = np.float32([1.2, 0.85, 0.45]) * np.float32(light * 0.8)
    bronze = (linear @ np.float32([0.2126, 0.7152, 0.0722]))[..., None] * tint
    assert (colour_spread(bronze.astype(np.float32), oval) or 0) < 1e-3
    dimmed = (linear * np.float32(light)).astype(np.float32)
    assert colour_spread(dimmed, oval) == pytest.approx(colour_spread(linear, oval) or 0, rel=0.3)


def test_too_little_to_see_is_not_judged():
    linear, oval = face()
    assert colour_spread(linear * 0, oval) is None
    assert colour_spread(linear, oval & False) is None
