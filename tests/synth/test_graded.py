"""Painted degrees: what was painted is told, the same seed paints the same, and clean is clean."""

from __future__ import annotations

import numpy as np
import pytest
from conftest_synth import drawn_skin

from cutis.synth.graded import (
    INFLAMED,
    PigmentKind,
    Purpose,
    draw_graded,
    truth_of,
)
from cutis.synth.parameters import LineKind, SceneParameters
from cutis.synth.render import render

FACE = drawn_skin(170)


@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_draws_the_same(seed: int):
    one, two = (draw_graded(FACE, seed, Purpose.GRADED) for _ in range(2))
    assert one == two
    assert SceneParameters.from_dict(one.to_dict()) == one


def test_clean_faces_have_nothing_graded():
    for seed in range(5):
        scene = draw_graded(FACE, seed, Purpose.CLEAN)
        assert set(truth_of(FACE, scene).classes().values()) == {0}


def test_every_class_is_drawn():
    seen: dict[str, set[int]] = {}
    for seed in range(80):
        for name, value in (
            truth_of(FACE, draw_graded(FACE, seed, Purpose.GRADED)).classes().items()
        ):
            seen.setdefault(name, set()).add(value)
    assert seen["pigmentation"] == set(range(len(PigmentKind)))
    assert seen["wrinkles"] == {0, 1, 2, 3}
    assert seen["pores"] == {0, 1, 2}
    assert len(seen["redness"]) == len(seen["acne"]) == 4


def test_lesions_are_counted_as_painted():
    scene = draw_graded(FACE, 3, Purpose.GRADED)
    assert truth_of(FACE, scene).lesions == sum(m.kind in INFLAMED for m in scene.marks)


def test_more_flush_is_more_haemoglobin():
    scenes = [draw_graded(FACE, seed, Purpose.GRADED) for seed in range(12)]
    amounts = [truth_of(FACE, s).flush for s in scenes]
    assert min(amounts) == 0
    assert max(amounts) > 0.01


def test_wrinkle_depth_is_that_of_its_lines():
    for seed in range(12):
        scene = draw_graded(FACE, seed, Purpose.GRADED)
        depths = [li.strength for li in scene.lines if li.kind is LineKind.WRINKLE]
        depth = truth_of(FACE, scene).wrinkle_depth
        assert (depth == 0) if not depths else (min(depths) <= depth + 1e-9 <= max(depths) + 2e-9)


def test_unusual_marks_change_the_picture():
    scene = draw_graded(FACE, 1, Purpose.UNUSUAL)
    done = render(FACE, scene)
    assert np.abs(done.image.astype(int) - done.clean.astype(int)).max() > 20
    assert len(scene.marks) + len(scene.lines) > 0
