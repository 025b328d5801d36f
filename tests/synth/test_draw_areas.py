"""Flushes and patches are drawn so that they are as plain to see on dark as on light skin."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.imaging.colour import linear_to_lab
from cutis.imaging.skin_optics import absorption_vectors, skin_colour
from cutis.synth.draw_areas import PATCH_KINDS, draw_areas, draw_patch, more_to_look_alike
from cutis.synth.parameters import AreaKind
from cutis.synth.view import Canvas

DENSITY = 0.08


def canvas(colour: np.ndarray, *, skin: bool = True) -> Canvas:
    shape = (64, 64)
    return Canvas(
        linear=np.broadcast_to(colour.astype(np.float32), (*shape, 3)),
        skin=np.full(shape, skin),
        cover=np.ones(shape, np.float32),
        regions=np.ones(shape, np.uint8),
        points=np.zeros((478, 2), np.float32),
        light=(0.0, -0.3),
        mm_per_px=0.3,
    )


def seen(colour: np.ndarray) -> float:
    """Return how far a flush of `DENSITY`, drawn for this skin, moves its colour (CIE 1976)."""
    return moved(colour, DENSITY * more_to_look_alike(canvas(colour)))


def moved(colour: np.ndarray, density: float) -> float:
    flushed = colour * 10.0 ** (-density * absorption_vectors()[1])
    return float(np.linalg.norm(linear_to_lab(flushed) - linear_to_lab(colour)))


LIGHT = np.asarray(skin_colour(0.03, 0.015))
DARK = np.asarray(skin_colour(0.22, 0.015))


@pytest.mark.parametrize("melanosomes", [0.16, 0.22, 0.28])
def test_a_flush_moves_the_colour_of_dark_skin_as_far_as_that_of_light_skin(melanosomes: float):
    dark = np.asarray(skin_colour(melanosomes, 0.015))
    lacking = 1 - seen(dark) / seen(LIGHT)
    assert lacking == pytest.approx(0, abs=0.17)
    assert abs(lacking) < 0.5 * (1 - moved(dark, DENSITY) / seen(LIGHT))


def test_flushes_are_drawn_denser_on_dark_skin_and_nothing_else_is():
    light, dark = canvas(LIGHT), canvas(DARK)
    more = more_to_look_alike(dark)
    flushes = 0
    for seed in range(30):
        drawn = [draw_areas(c, np.random.default_rng(seed), 2) for c in (light, dark)]
        for on_light, on_dark in zip(*drawn, strict=True):
            is_flush = on_light.kind is AreaKind.FLUSH
            expected = on_light.strength * (more if is_flush else 1.0)
            assert on_dark.strength == pytest.approx(expected, rel=0.01)
            flushes += is_flush
    assert more > 1.2
    assert flushes > 5


def test_a_patch_and_its_spots_are_drawn_denser_and_higher_on_dark_skin():
    light, dark = canvas(LIGHT), canvas(DARK)
    more = more_to_look_alike(dark)
    names, spots = set(), 0
    for seed in range(40):
        drawn = [draw_patch(c, np.random.default_rng(seed)) for c in (light, dark)]
        (name, areas, marks), (dark_name, dark_areas, dark_marks) = drawn
        assert (dark_name, len(dark_marks)) == (name, len(marks))
        for on_light, on_dark in zip(areas, dark_areas, strict=True):
            assert on_dark.strength == pytest.approx(more * on_light.strength, rel=0.01)
        for a, b in zip(marks, dark_marks, strict=True):
            assert b.haemoglobin == pytest.approx(more * a.haemoglobin, abs=0.001)
            assert b.melanin == pytest.approx(more * a.melanin, abs=0.001)
            assert b.height_mm == pytest.approx(more * a.height_mm, abs=0.001)
            assert b.radius_mm == a.radius_mm
        names.add(name)
        spots += len(marks)
    assert names == set(PATCH_KINDS)
    assert spots > 5


def test_light_skin_keeps_the_density_and_a_deep_shadow_is_bounded():
    assert more_to_look_alike(canvas(np.full(3, 0.5))) == 1.0
    assert more_to_look_alike(canvas(np.full(3, 0.001))) == 2.0


def test_a_window_without_skin_is_left_alone():
    assert more_to_look_alike(canvas(LIGHT, skin=False)) == 1.0
