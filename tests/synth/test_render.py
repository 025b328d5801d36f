"""Rendering: replay is equal, labels are where the paint is, the same change on every tone."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest_synth import drawn_skin
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition
from cutis.imaging.chromophores import separate
from cutis.imaging.colour import rgb_to_linear
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.draw import draw
from cutis.synth.parameters import (
    Area,
    AreaKind,
    Camera,
    Line,
    LineKind,
    Mark,
    MarkKind,
    SceneParameters,
    Style,
    Surface,
    View,
)
from cutis.synth.render import Rendering, render

PLAIN = Camera(jpeg=())
STILL = Surface(veil=0.0)
MIDDLE = 127.5


def scene(
    *marks: Mark, areas: tuple[Area, ...] = (), lines: tuple[Line, ...] = ()
) -> SceneParameters:
    view = View(centre=(150.0, 150.0), mm_per_px=0.25)
    return SceneParameters(
        0, Style.FIELD, "drawn", view, "mild", marks, areas, lines, surface=STILL, camera=PLAIN
    )


def bits(condition: Condition) -> int:
    return 1 << TARGETS.index(condition)


def papule(**own: float) -> Mark:
    return Mark(MarkKind.PAPULE, MIDDLE, MIDDLE, **({"radius_mm": 2.0, "haemoglobin": 0.15} | own))


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("seed", range(6))
def test_a_record_replayed_gives_the_same_pixels(style: Style, seed: int):
    face = drawn_skin(190)
    drawn = draw(face, seed, style)
    read = SceneParameters.from_dict(json.loads(json.dumps(drawn.to_dict())))
    assert read == drawn
    first, second = render(face, drawn), render(face, read)
    for name in ("image", "clean", "labels", "ignore", "baseline"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_the_same_seed_draws_the_same_and_another_does_not():
    face = drawn_skin(190)
    assert draw(face, 3) == draw(face, 3)
    assert draw(face, 3) != draw(face, 4)


def test_a_clean_scene_changes_nothing():
    done = render(drawn_skin(190), scene())
    assert np.array_equal(done.image, done.clean)
    assert not done.labels.any()


def test_a_papule_reddens_its_label_and_nothing_far_from_it():
    done = render(drawn_skin(190), scene(papule()))
    label = (done.labels & bits(Condition.ACNE)) > 0
    difference = np.abs(done.image.astype(int) - done.clean).sum(axis=2)
    rows, cols = np.indices(label.shape)
    far = np.hypot(rows - MIDDLE, cols - MIDDLE) > 4 * 2.0 / 0.25
    assert 120 < label.sum() < 300  # a disc of 2 mm at 0.25 mm per pixel has 201 pixels
    assert np.median(difference[label]) > 20
    assert difference[far].max() == 0
    assert done.lesions[0][0] == "papule"


@pytest.mark.parametrize("level", [235, 190, 120, 70])
def test_the_painted_density_is_the_same_on_every_tone(level: int):
    done = render(drawn_skin(level), scene(papule(softness=0.0)))
    at = slice(124, 132), slice(124, 132)
    red, clean = (separate(rgb_to_linear(p)) for p in (done.image, done.clean))
    change = float(np.mean(red.haemoglobin[at] - clean.haemoglobin[at]))
    assert change == pytest.approx(0.15, abs=0.02)


def test_a_flat_red_mark_is_redness_and_no_acne():
    mark = replace(papule(), kind=MarkKind.POST_INFLAMMATORY_ERYTHEMA)
    done = render(drawn_skin(190), scene(mark))
    assert (done.labels & bits(Condition.REDNESS)).any()
    assert not (done.labels & bits(Condition.ACNE)).any()
    assert not (done.ignore & bits(Condition.ACNE)).any()


def test_what_cannot_be_seen_is_ignored_instead_of_labelled():
    done = render(drawn_skin(190), scene(papule(haemoglobin=0.004)))
    assert not done.labels.any()
    assert (done.ignore & bits(Condition.ACNE)).any()


@pytest.mark.parametrize("kind", [MarkKind.MOLE, MarkKind.GLINT, MarkKind.JEWEL, MarkKind.SMUDGE])
def test_lookalikes_carry_no_label(kind: MarkKind):
    mark = replace(papule(), kind=kind, melanin=0.4, gloss=0.5)
    done = render(drawn_skin(190), scene(mark))
    assert not np.array_equal(done.image, done.clean)
    assert not done.labels.any()


@pytest.mark.parametrize(
    ("kind", "condition"),
    [
        (AreaKind.FLUSH, Condition.REDNESS),
        (AreaKind.MELASMA, Condition.PIGMENTATION),
        (AreaKind.ROUGHNESS, Condition.TEXTURE),
        (AreaKind.FLAKES, Condition.DRYNESS),
        (AreaKind.PORES, Condition.PORES),
        (AreaKind.BLUSH, None),
        (AreaKind.SHINE, None),
        (AreaKind.SHADOW, None),
        (AreaKind.STUBBLE, None),
    ],
)
def test_each_area_changes_the_picture_and_labels_its_own_condition(
    kind: AreaKind, condition: Condition | None
):
    strength = 0.2 if kind in (AreaKind.FLUSH, AreaKind.MELASMA, AreaKind.BLUSH) else 0.9
    area = Area(kind, MIDDLE, MIDDLE, radius_mm=14, strength=strength, grain_mm=0.8)
    done = render(drawn_skin(190), scene(areas=(area,)))
    assert not np.array_equal(done.image, done.clean)
    named = {c for c in TARGETS if (done.labels & bits(c)).any()}
    assert named == ({condition} if condition else set())


def test_redness_raises_haemoglobin_and_pigment_raises_melanin():
    for kind, other in ((AreaKind.FLUSH, "melanin"), (AreaKind.MELASMA, "haemoglobin")):
        area = Area(kind, MIDDLE, MIDDLE, radius_mm=20, strength=0.2, mottling=0.0)
        done = render(drawn_skin(190), scene(areas=(area,)))
        new, old = (separate(rgb_to_linear(p)) for p in (done.image, done.clean))
        own = "haemoglobin" if other == "melanin" else "melanin"
        at = slice(118, 138), slice(118, 138)
        assert np.mean(getattr(new, own)[at] - getattr(old, own)[at]) > 0.12
        assert abs(np.mean(getattr(new, other)[at] - getattr(old, other)[at])) < 0.05


@pytest.mark.parametrize("kind", list(LineKind))
def test_lines_are_painted_and_only_wrinkles_and_vessels_are_labelled(kind: LineKind):
    line = Line(kind, ((90.0, 128.0), (128.0, 124.0), (170.0, 128.0)), width_mm=1.0, strength=0.8)
    done = render(drawn_skin(190), scene(lines=(line,)))
    assert not np.array_equal(done.image, done.clean)
    expected = {
        LineKind.WRINKLE: bits(Condition.WRINKLES),
        LineKind.CAPILLARY: bits(Condition.REDNESS),
    }
    assert set(np.unique(done.labels)) - {0} == {expected[kind]} - {0} if kind in expected else True
    assert kind in expected or not done.labels.any()


def test_relief_is_lit_from_the_side_of_the_light():
    face = drawn_skin(150, slope=0.5)  # brighter to the right
    bump = Mark(MarkKind.CLOSED_COMEDONE, MIDDLE, MIDDLE, radius_mm=3.0, height_mm=1.0)
    done = render(face, scene(bump))
    change = done.image.astype(int).sum(2) - done.clean.astype(int).sum(2)
    left, right = change[124:132, 117:126], change[124:132, 130:139]
    assert right.mean() > left.mean() + 5


def test_a_patch_labels_its_whole_area_and_one_condition():
    face = drawn_skin(190)
    for seed in range(12):
        done = render(face, draw(face, seed, Style.PATCHES))
        values = set(np.unique(done.labels)) - {0}
        assert len(values) <= 1
        if values:
            assert (done.labels > 0).sum() > 300
        assert not done.ignore.any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_labels_stay_on_skin(seed: int):
    face = drawn_skin(190)
    parameters = draw(face, seed)
    done: Rendering = render(face, parameters)
    from cutis.synth.view import look  # noqa: PLC0415

    assert not (done.labels[~look(face, parameters.view).skin]).any()


def test_a_record_of_another_renderer_is_refused():
    data = draw(drawn_skin(190), 1).to_dict() | {"version": 0}
    with pytest.raises(SettingsError, match="version 4 was expected"):
        SceneParameters.from_dict(data)


def test_a_torn_record_is_refused():
    data = draw(drawn_skin(190), 1).to_dict()
    del data["view"]["centre"]
    with pytest.raises(SettingsError, match="missing or wrong"):
        SceneParameters.from_dict(data)
