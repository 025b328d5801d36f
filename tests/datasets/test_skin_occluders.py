"""Things drawn over faces: labels follow pixels, the same seed draws the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.canvas import Canvas
from cutis.datasets.skin_occluders.coverings import (
    draw_hand,
    draw_hat,
    draw_mask,
    draw_scarf,
    draw_thing,
)
from cutis.datasets.skin_occluders.draw import Occlusion, occlude, side_light
from cutis.datasets.skin_occluders.glasses import draw_glasses
from cutis.datasets.skin_occluders.hair import draw_bangs, draw_curtain, draw_strands

KINDS = {
    draw_glasses: FacePart.GLASSES,
    draw_bangs: FacePart.HAIR,
    draw_curtain: FacePart.HAIR,
    draw_strands: FacePart.HAIR,
    draw_hand: FacePart.COVERING,
    draw_hat: FacePart.COVERING,
    draw_scarf: FacePart.COVERING,
    draw_mask: FacePart.COVERING,
    draw_thing: FacePart.COVERING,
}


def face(seed: int) -> Canvas:
    """A plain disc of skin with landmarks where the drawing looks for them."""
    y, x = np.mgrid[:240, :200]
    skin = ((x - 100) / 70) ** 2 + ((y - 120) / 95) ** 2 < 1
    rgb = np.where(skin[..., None], np.uint8([190, 150, 130]), np.uint8(90)).astype(np.uint8)
    points = np.full((478, 2), (100, 120), np.float32)
    points[33], points[263], points[10], points[152] = (55, 100), (145, 100), (100, 30), (100, 210)
    labels = np.where(skin, FacePart.FACE_SKIN.label, 0).astype(np.uint8)
    return Canvas(rgb, labels, points, np.random.default_rng(seed))


@pytest.mark.parametrize("draw", KINDS, ids=lambda draw: draw.__name__)
def test_labels_follow_what_is_drawn(draw: Callable[[Canvas], None]):
    drawn = 0
    for seed in range(6):
        before, canvas = face(seed), face(seed)
        draw(canvas)
        new = canvas.labels != before.labels
        drawn += int(new.sum())
        assert set(np.unique(canvas.labels[new])) <= {KINDS[draw].label}
        if draw is not draw_glasses:  # clear lenses look like nothing
            same = (canvas.rgb == before.rgb).all(axis=-1)
            assert np.count_nonzero(new & same) < 0.02 * max(1, new.sum()) + 5
    assert drawn > 300


def test_the_same_seed_draws_the_same():
    first, second = face(3), face(3)
    for canvas in (first, second):
        occlude(canvas, Occlusion(often=0.9, again=0.5, side_shadow=1.0, tone=1.0))
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.labels, second.labels)


def test_side_light_darkens_one_side_and_keeps_the_labels():
    canvas = face(1)
    lit = side_light(canvas)
    change = canvas.rgb.astype(float).mean(axis=2) - lit.mean(axis=2)
    assert change.min() >= -1
    assert abs(change[:, :70].mean() - change[:, 130:].mean()) > 5
