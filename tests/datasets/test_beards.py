"""Beards that colour rules called skin: seen where the lip strip is dark, doubted where half is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cutis.core.arrays import Mask
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import accept_views
from cutis.datasets.skin_labels.beards import doubtful_beard, with_beard
from cutis.datasets.skin_labels.skin_pack import load_skin_pack, write_skin_pack
from cutis.datasets.skin_labels.store import LabelledView, save_view
from cutis.testing import FakeFace

MIDDLE, EYES_Y = 100.0, 100.0


def face(darkness: float, *, chin_only: bool = False) -> LabelledView:
    """A disc of skin, below the nose (or the mouth) times ``darkness``."""
    y, x = np.mgrid[:240, :200]
    skin = ((x - MIDDLE) / 70) ** 2 + ((y - 120) / 95) ** 2 < 1
    points = FakeFace((MIDDLE, EYES_Y), 62.0).points()[:, :2].astype(np.float32)
    from_y = points[57, 1] + 1 if chin_only else points[2, 1] + 1
    below = skin & (y > from_y) & (np.abs(x - MIDDLE) < 45)
    rgb = np.where(skin[..., None], np.float32([190, 150, 130]), np.float32(90))
    rgb = np.where(below[..., None], rgb * darkness, rgb)
    return LabelledView(
        rgb=rgb.astype(np.uint8),
        labels=np.where(skin, FacePart.FACE_SKIN.label, 0).astype(np.uint8),
        points=points,
        yaw_deg=0.0,
        agreement=0.95,
        skin_share=0.7,
        glasses=0.1,
        ita_deg=20.0,
        person="drawn/0",
        source="drawn/0",
    )


def beard(view: LabelledView) -> Mask:
    return with_beard(view).labels == FacePart.FACIAL_HAIR.label


@pytest.mark.parametrize("darkness", [0.2, 0.4, 0.5])
def test_a_dark_lip_and_chin_are_a_beard(darkness: float):
    view = face(darkness)
    found = beard(view)
    dark = view.rgb[..., 0] < 190 * darkness + 1
    skin = view.labels == FacePart.FACE_SKIN.label
    assert (found & dark).sum() > 0.8 * (dark & skin).sum()
    assert (found & ~dark).sum() < 0.1 * found.sum()
    assert not doubtful_beard(view)


@pytest.mark.parametrize("darkness", [1.0, 0.9])
def test_a_shaven_face_stays_as_it_is(darkness: float):
    view = face(darkness)
    assert not beard(view).any()
    assert not doubtful_beard(view)


def test_a_dark_chin_under_a_bare_lip_is_doubted_and_not_relabelled():
    view = face(0.4, chin_only=True)
    assert doubtful_beard(view)
    assert not beard(view).any()


def test_a_face_in_shade_as_a_whole_has_no_beard():
    view = face(1.0)
    view.rgb[:] = view.rgb // 3
    assert not beard(view).any()
    assert not doubtful_beard(view)


def test_a_pack_holds_beards_that_are_seen_and_no_doubtful_one(tmp_path: Path):
    save_view(face(0.4), tmp_path / "drawn__0.npz")
    save_view(face(0.4, chin_only=True), tmp_path / "drawn__1.npz")
    accepted = accept_views(tmp_path, most=9)
    assert [file.name for file in accepted.chosen] == ["drawn__0.npz"]
    assert accepted.left_out == {"perhaps a beard": 1}
    write_skin_pack(accepted.chosen, tmp_path / "pack.npz")
    packed = load_skin_pack(tmp_path / "pack.npz").label_map(0)
    assert np.array_equal(packed, with_beard(face(0.4)).labels)


def test_facial_hair_beside_the_face_is_hair():
    view = face(1.0)
    labels = view.labels.copy()
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    chin = (np.abs(x - MIDDLE) < 20) & (y > view.points[17, 1]) & (y < view.points[152, 1])
    beside = (x < MIDDLE - 55) & (y > 110) & (y < 170)
    labels[chin | beside] = FacePart.FACIAL_HAIR.label
    looked_at = with_beard(replace(view, labels=labels)).labels
    assert (looked_at[chin] == FacePart.FACIAL_HAIR.label).all()
    assert (looked_at[beside] == FacePart.HAIR.label).all()
