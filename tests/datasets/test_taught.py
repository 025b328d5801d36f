"""Labels by a network where the rules disagree: taken where all its answers agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.core.arrays import RGB, Mask
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import accept_views
from cutis.datasets.skin_labels.hidden import lenses
from cutis.datasets.skin_labels.store import TAUGHT, LabelledView, load_view, save_view
from cutis.datasets.skin_labels.taught import taught, teach_views
from cutis.datasets.skin_labels.view import FaceView
from cutis.models.instances import Instance, fit_picture
from cutis.models.skin_network import Sight
from cutis.steps.landmarks import full_mirror_order
from cutis.testing import FakeFace, FakeLandmarker

SKIN, CAP, WALL, LENS = (190, 150, 130), (20, 60, 160), (90, 90, 90), (20, 120, 30)
ORDER = full_mirror_order(FakeLandmarker().canonical)


class ColourEyes:
    """A network that knows parts by their colour; ``wobble`` moves every second answer."""

    def __init__(self, wobble: int = 0) -> None:
        self.wobble, self.asked = wobble, 0

    def look(self, rgb: RGB, oval: Mask) -> Sight | None:
        self.asked += 1
        if self.wobble and self.asked % 2:
            rgb = np.roll(rgb, self.wobble, axis=0)
        picture, fitted = fit_picture(rgb, 256)
        cap, skin, lens = (_near(rgb, colour) for colour in (CAP, SKIN, LENS))
        if not skin.any():
            return None
        shape = int(picture.shape[1]), int(picture.shape[2])
        box = np.array([0, 0, fitted.columns, fitted.rows], np.float32)
        instances = tuple(
            Instance(part, 0.9, box, cv2.resize(mask.astype(np.float32), (72, 72)))
            for part, mask in (
                (FacePart.FACE_SKIN, skin),
                (FacePart.COVERING, cap),
                (FacePart.GLASSES, lens),
            )
        )
        size = fitted.columns, fitted.rows
        return Sight(instances, cv2.resize(skin.astype(np.float32), size), fitted, shape)


def _near(rgb: RGB, colour: tuple[int, int, int]) -> Mask:
    distance = np.abs(rgb.astype(np.float32) - np.float32(colour)).max(axis=2)
    near: Mask = distance < 12
    return near


def face(agreement: float = 0.6) -> LabelledView:
    """A face under a cap, all of which the rules took for skin."""
    y, x = np.mgrid[:300, :240]
    head = ((x - 120) / 75) ** 2 + ((y - 160) / 105) ** 2 < 1
    rgb = np.where(head[..., None], np.uint8(SKIN), np.uint8(WALL))
    rgb = np.where((head & (y < 110))[..., None], np.uint8(CAP), rgb).astype(np.uint8)
    points = FakeFace((120.0, 140.0), 68.0).points()[:, :2].astype(np.float32)
    labels = np.where(head, FacePart.FACE_SKIN.label, 0).astype(np.uint8)
    labels[200:206, 105:135] = FacePart.LIPS.label
    return LabelledView(
        rgb=rgb,
        labels=labels,
        points=points,
        yaw_deg=0.0,
        agreement=agreement,
        skin_share=0.9,
        glasses=0.1,
        ita_deg=20.0,
        person="drawn/0",
        source="drawn/0",
    )


def test_what_the_network_sees_takes_the_place_of_the_rules():
    found = taught(face(), ColourEyes(), ORDER)
    assert found is not None
    cap, bare = (_near(face().rgb, colour) for colour in (CAP, SKIN))
    covering = found.labels == FacePart.COVERING.label
    assert (covering & cap).sum() > 0.9 * cap.sum()
    assert (covering & ~cap).sum() < 0.03 * cap.sum()
    skin = found.labels == FacePart.FACE_SKIN.label
    assert (skin & cap).sum() < 0.03 * cap.sum()
    assert (skin & bare).sum() > 0.8 * bare.sum()
    assert (found.labels[200:206, 105:135] == FacePart.LIPS.label).all(), "the outline is finer"
    assert found.agreement > 0.97
    assert found.glasses == 0.0
    assert found.skin_share < 0.9


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_doubtful_glasses_are_there_or_not_or_stay_in_doubt(share: float):
    view = replace(face(0.95), glasses=0.5)
    shape = int(view.rgb.shape[0]), int(view.rgb.shape[1])
    place = lenses(FaceView(view.rgb, view.points, ORDER, 0.0, (0, 0, *shape[::-1]), "drawn/0"))
    rows = np.flatnonzero(place.any(axis=1))
    lens = place & (np.arange(shape[0]) < rows[0] + share * len(rows))[:, None]
    rgb = np.where(lens[..., None], np.uint8(LENS), view.rgb)
    found = taught(replace(view, rgb=rgb), ColourEyes(), ORDER)
    if share == 0.5:
        assert found is None
        return
    assert found is not None
    worn = found.labels == FacePart.GLASSES.label
    assert found.glasses == share
    assert (worn & place).sum() >= 0.8 * share * place.sum()
    assert np.array_equal(found.labels[~worn], view.labels[~worn]), "the rest stays as it was"
    assert worn.any() == bool(share)


def test_a_network_that_changes_its_mind_is_not_believed():
    assert taught(face(), ColourEyes(wobble=25), ORDER) is None


def test_a_network_that_sees_no_skin_is_not_believed():
    view = face()
    grey = replace(view, rgb=np.full_like(view.rgb, 90))
    assert taught(grey, ColourEyes(), ORDER) is None


def test_only_faces_whose_rules_disagree_are_asked_about_and_once(tmp_path: Path):
    for name, view in (("a", face(0.6)), ("b", face(0.95))):
        save_view(view, tmp_path / f"{name}.npz")
    (tmp_path / "c.npz").touch()
    eyes = ColourEyes()
    told: list[tuple[int, int]] = []
    count = teach_views(tmp_path, eyes, ORDER, progress=lambda done, of: told.append((done, of)))
    assert count == 1
    assert told[-1] == (2, 2)
    assert [f.name for f in (tmp_path / TAUGHT).glob("*")] == ["a.npz"]
    asked = eyes.asked
    assert teach_views(tmp_path, eyes, ORDER) == 1
    assert eyes.asked == asked


def test_what_was_labelled_anew_is_what_is_accepted(tmp_path: Path):
    save_view(face(0.6), tmp_path / "a.npz")
    assert accept_views(tmp_path, most=9).left_out == {"the two ways disagree": 1}
    teach_views(tmp_path, ColourEyes(), ORDER)
    accepted = accept_views(tmp_path, most=9)
    assert [file.parent.name for file in accepted.chosen] == [TAUGHT]
    assert (load_view(accepted.chosen[0]).labels == FacePart.COVERING.label).any()


def test_a_face_that_stays_doubtful_is_left_out(tmp_path: Path):
    save_view(face(0.6), tmp_path / "a.npz")
    assert teach_views(tmp_path, ColourEyes(wobble=25), ORDER) == 0
    assert accept_views(tmp_path, most=9).left_out == {"the two ways disagree": 1}


@pytest.mark.parametrize("skin", [ColourEyes(), None])
def test_the_command_teaches_where_there_is_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skin: ColourEyes | None
):
    tools = SimpleNamespace(skin=skin, landmarker=FakeLandmarker())
    monkeypatch.setattr("cutis.wiring.build_tools", lambda _settings: tools)
    (tmp_path / "set").mkdir()
    (tmp_path / "labels").mkdir()
    cv2.imwrite(str(tmp_path / "set" / "a.png"), face().rgb)
    save_view(face(0.6), tmp_path / "labels" / "set__a.npz")
    words = ("synth", "skin-labels", tmp_path / "set", "--out", tmp_path / "labels", "--teach")
    answer = CliRunner().invoke(app, [str(word) for word in words])
    if skin is None:
        assert answer.exit_code != 0
        assert "cutis models pull" in answer.output + str(answer.exception)
    else:
        assert "1 faces labelled by the network" in answer.output, answer.output
