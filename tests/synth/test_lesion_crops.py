"""Crops of drawn skin: every class alike, cut as assessment cuts, people kept apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest_synth import drawn_skin

from cutis.cli.lesion_crops import make_lesion_crops
from cutis.core.errors import InputError, StoreError
from cutis.core.vocabulary import LesionType
from cutis.datasets.faces import load_face, save_face
from cutis.datasets.lesion_crops import GEOMETRY, CropSet, cut, load_crops, save_crops
from cutis.datasets.splits import split_of
from cutis.models.lesion_network import patch_around
from cutis.synth.background_crops import PLAIN_SKIN, background_places
from cutis.synth.draw import Plan, draw
from cutis.synth.lesion_crops import (
    CLASSES,
    OTHER,
    SHIFT,
    Crop,
    CropOrder,
    _is_on_skin,
    _is_seen,
    _jittered,
    _Tally,
    make_crops,
    view_crops,
)
from cutis.synth.parameters import Style
from cutis.synth.render import Rendering, render
from cutis.synth.view import look

COUNT = 64


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    tones = ((80, -40.0), (120, 0.0), (150, 20.0), (175, 35.0), (200, 50.0), (225, 65.0))
    for number, (level, ita_deg) in enumerate(tones):
        name = f"drawn/{number}"
        face = replace(drawn_skin(level), person=f"person {number}", source=name, ita_deg=ita_deg)
        save_face(face, folder / f"drawn__{number}.npz")
    return folder


@pytest.fixture(scope="module")
def crops(faces: Path) -> CropSet:
    return make_crops(faces, CropOrder(COUNT, seed=3))


def test_the_classes_are_lesion_types_and_other_is_the_last():
    assert CLASSES[-1] == OTHER == LesionType.OTHER
    assert len(set(CLASSES)) == len(CLASSES) == 14
    assert {LesionType(name) for name in CLASSES} >= {LesionType.MOLE, LesionType.ROLLING_SCAR}


def test_every_class_comes_alike_and_background_more(crops: CropSet):
    assert len(crops) == COUNT
    counts = crops.counts()
    assert {n for name, n in counts.items() if name != OTHER} == {4}
    assert counts[OTHER] == COUNT - 4 * 13
    assert len(set(crops.what[crops.label == CLASSES.index(OTHER)])) >= 4
    assert crops.images.shape == (COUNT, 64, 64, 3)
    assert crops.side_mm.min() == GEOMETRY.smallest_mm < crops.side_mm.max() < 60
    assert set(crops.tone) == {5, 4, 3, 2, 1, 0} & set(crops.tone)
    assert len(set(crops.tone)) >= 4


def test_a_person_is_in_one_split_only(crops: CropSet):
    for person, split in zip(crops.person, crops.split, strict=True):
        assert split == split_of(str(person))
    assert sum(crops.counts("train").values()) + sum(crops.counts("val").values()) == COUNT


def test_equal_seeds_give_equal_crops(faces: Path):
    made = [make_crops(faces, CropOrder(16, seed=seed)) for seed in (5, 5, 6)]
    assert np.array_equal(made[0].images, made[1].images)
    assert not np.array_equal(made[0].images, made[2].images)


def test_a_crop_is_the_patch_that_assessment_cuts():
    picture = np.random.default_rng(0).integers(0, 256, (120, 130, 3), dtype=np.uint8)
    for box in ((40, 40, 44, 46), (2, 3, 60, 50)):
        patch = patch_around(picture, box, 0.25, GEOMETRY)
        assert np.array_equal(cut(picture, box, 0.25).astype(np.float32) / np.float32(255), patch)


def test_a_lesion_stands_out_of_its_crop_and_plain_skin_does_not():
    """On even skin the middle of a mole differs from the rim of its crop, that of skin less."""
    wanted = dict.fromkeys(CLASSES, 0) | {"mole": 2, OTHER: 2}
    face, seen = drawn_skin(190), {PLAIN_SKIN: 0}
    found: dict[str, list[float]] = {"mole": [], PLAIN_SKIN: []}
    for seed in range(4):
        for crop in view_crops(face, seed, wanted=wanted, seen=_Nothing(seen)):
            if crop.what in found:
                image = crop.image.astype(float)
                rim = np.concatenate([image[:6].reshape(-1, 3), image[-6:].reshape(-1, 3)])
                middle = image[26:38, 26:38].mean(axis=(0, 1))
                found[crop.what].append(float(np.abs(middle - np.median(rim, axis=0)).max()))
    assert len(found["mole"]) >= 4
    assert len(found[PLAIN_SKIN]) >= 2
    assert np.median(found["mole"]) > 4 * np.median(found[PLAIN_SKIN])


class _Nothing(dict[str, int]):
    """Plain skin was cut least, so it comes first."""

    def __missing__(self, what: str) -> int:
        return 100


def test_background_touches_no_lesion():
    face = drawn_skin(180)
    for seed in range(3):
        parameters = draw(face, seed, Style.FIELD, Plan(severity="severe", fine_share=1.0))
        canvas = look(face, parameters.view)
        rendering = render(face, parameters)
        places = background_places(canvas, parameters, rendering, np.random.default_rng(0))
        assert places
        taken = np.zeros(canvas.shape, bool)
        for _, (x0, y0, x1, y1) in rendering.lesions:
            taken[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
        for place in places:
            x0, y0, x1, y1 = place.box
            assert not taken[y0:y1, x0:x1].any(), place


def test_boxes_are_off_as_far_as_told():
    rng = np.random.default_rng(0)
    boxes = np.array([_jittered((100, 100, 140, 140), rng) for _ in range(300)])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = boxes[:, 2] - boxes[:, 0]
    assert np.abs(middles - 120).max() <= SHIFT * 20 + 1
    assert np.abs(middles - 120).max() > SHIFT * 16
    assert 40 * 0.7 - 2 <= sides.min() < 32
    assert 50 < sides.max() <= 40 * 1.4 + 2


def test_what_cannot_be_made_is_told(tmp_path: Path, faces: Path):
    with pytest.raises(InputError, match="14 crops"):
        make_crops(faces, CropOrder(13))
    save_face(replace(drawn_skin(180, side=100), mm_per_px=2.0), tmp_path / "coarse.npz")
    with pytest.raises(InputError, match="sharper"):
        make_crops(tmp_path, CropOrder(14))


def test_a_file_of_crops_is_read_back_whole(crops: CropSet, tmp_path: Path):
    save_crops(crops, tmp_path / "crops.npz")
    back = load_crops(tmp_path / "crops.npz")
    assert np.array_equal(back.images, crops.images)
    assert np.array_equal(back.label, crops.label)
    assert (back.classes, back.geometry, back.seed) == (crops.classes, GEOMETRY, 3)
    assert [str(w) for w in back.what] == [str(w) for w in crops.what]
    (tmp_path / "torn.npz").write_bytes((tmp_path / "crops.npz").read_bytes()[:5000])
    np.savez(tmp_path / "other.npz", images=crops.images)
    save_crops(replace(crops, label=crops.label + 5), tmp_path / "wrong.npz")
    for name in ("torn.npz", "other.npz", "wrong.npz", "missing.npz"):
        with pytest.raises(StoreError, match="cutis synth lesions"):
            load_crops(tmp_path / name)


def test_the_command_tells_what_it_made(
    faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    make_lesion_crops(faces=faces, count=16, out=tmp_path / "crops.npz", seed=1)
    told = capsys.readouterr().out
    assert "16 crops" in told
    assert "papule" in told
    assert len(load_crops(tmp_path / "crops.npz")) == 16


def painted(change: float, texture: float) -> Rendering:
    """Skin of one brightness and some texture, and a spot of 12 px painted on it."""
    rng = np.random.default_rng(0)
    clean = np.clip(rng.normal(150, texture, (60, 60, 1)), 0, 255).repeat(3, axis=2)
    image = clean.copy()
    image[24:36, 24:36] -= change
    nothing = np.zeros((60, 60), np.uint8)
    pictures = (np.clip(p, 0, 255).astype(np.uint8) for p in (image, clean))
    return Rendering(*pictures, nothing, nothing, np.zeros(3, np.float32), ())


def test_a_spot_is_told_only_where_it_stands_out():
    box = (24, 24, 36, 36)
    assert _is_seen(painted(8.0, 2.0), box)
    assert not _is_seen(painted(3.0, 2.0), box)  # too faint on any skin
    assert not _is_seen(painted(8.0, 30.0), box)  # lost in a beard


def test_a_spot_is_told_only_on_skin(faces: Path):
    face = load_face(next(iter(sorted(faces.iterdir()))))
    canvas = look(face, draw(face, 5, Style.FIELD, Plan(fine_share=1.0)).view)
    side = canvas.shape[0]
    bare = replace(canvas, skin=np.zeros(canvas.shape, bool))
    whole = replace(canvas, skin=np.ones(canvas.shape, bool))
    half = replace(canvas, skin=np.arange(side)[None].repeat(side, 0) < side // 2)
    middle = (side // 2 - 3, side // 2 - 3, side // 2 + 3, side // 2 + 3)
    assert _is_on_skin(whole, middle)
    assert not _is_on_skin(bare, middle)
    assert not _is_on_skin(half, middle)
    assert _is_on_skin(whole, (0, 0, 6, 6))


def test_a_type_that_is_seldom_seen_stays_rare_but_is_waited_for_once():
    tally = _Tally(CropOrder(1600))
    blank = np.zeros((64, 64, 3), np.uint8)
    often = [Crop(name, name, 4.0, blank) for name in CLASSES[:-1] if name != "rolling_scar"]
    views = 2 * tally.full["papule"]
    for _ in range(views):
        assert tally.open
        tally.add([*often, *(Crop(OTHER, PLAIN_SKIN, 4.0, blank) for _ in range(3))])
    assert tally.open  # none of it has come yet
    tally.add([Crop("rolling_scar", "rolling_scar", 4.0, blank)])
    assert not tally.open
