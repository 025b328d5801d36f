"""Things drawn over faces: labels follow pixels, the same seed draws the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.beard import Style, draw_beard, grow_beard
from cutis.datasets.skin_occluders.canvas import Canvas
from cutis.datasets.skin_occluders.coverings import draw_mask, draw_thing
from cutis.datasets.skin_occluders.draw import Occlusion, occlude, side_light
from cutis.datasets.skin_occluders.glasses import draw_glasses
from cutis.datasets.skin_occluders.hair import draw_bangs, draw_curtain, draw_strands
from cutis.datasets.skin_occluders.hands import draw_hand
from cutis.datasets.skin_occluders.headwear import draw_hat, draw_scarf
from cutis.testing import FakeFace

KINDS = {
    draw_beard: FacePart.FACIAL_HAIR,
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
    """A plain disc of skin with the landmarks of an average face."""
    y, x = np.mgrid[:240, :200]
    skin = ((x - 100) / 70) ** 2 + ((y - 120) / 95) ** 2 < 1
    rgb = np.where(skin[..., None], np.uint8([190, 150, 130]), np.uint8(90)).astype(np.uint8)
    points = FakeFace((100.0, 100.0), 62.0).points()[:, :2]
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


def coverage(strands: float, length: float, undercoat: float) -> tuple[float, float]:
    """Return which share of the skin a beard took, and how much darker the chin became."""
    canvas = face(5)
    before = canvas.rgb.astype(float)
    style = Style(strands, length, opacity=0.7, undercoat=undercoat)
    grow_beard(canvas, style, "all")
    taken = (canvas.labels == FacePart.FACIAL_HAIR.label).sum() / 20000
    return float(taken), float((before - canvas.rgb).mean())


def test_stubble_stays_skin_and_a_full_beard_does_not():
    stubble, shade = coverage(1500, 0.015, 0.1)
    full, dark = coverage(7000, 0.15, 0.8)
    assert stubble == 0
    assert 0.5 < shade < dark
    assert full > 0.1


def test_a_beard_grows_behind_what_hides_the_face():
    canvas = face(2)
    canvas.labels[130:, :] = FacePart.COVERING.label
    before = canvas.rgb.copy()
    grow_beard(canvas, Style(7000, 0.05, opacity=0.8, undercoat=0.8), "all")
    assert (canvas.labels[130:] == FacePart.COVERING.label).all()
    assert np.abs(canvas.rgb[140:].astype(int) - before[140:]).max() <= 1


def test_a_turned_head_keeps_its_height():
    canvas = face(0)
    turned = face(0)
    turned.points = turned.points * np.array([0.5, 1.0], np.float32)
    assert turned.size_px == pytest.approx(canvas.size_px, rel=0.2)
    assert np.linalg.norm(turned.axes[2]) == pytest.approx(turned.size_px, rel=1e-3)
