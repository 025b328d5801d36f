"""Readers of research sets, on drawn miniatures in the published layouts."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.datasets.licensed import (
    ACNE04,
    CELEBAMASK_HQ,
    FFHQ_WRINKLE,
    RESEARCH_SETS,
    research_set,
)
from cutis.datasets.mask_sources import draw_mask

BOX = (
    "<object><name>fore</name><bndbox><xmin>{}</xmin><ymin>{}</ymin>"
    "<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)


def picture(path: Path, side: int, *, filled: tuple[slice, slice] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = np.zeros((side, side), np.uint8)
    if filled is not None:
        canvas[filled] = 255
    assert cv2.imwrite(str(path), canvas)


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """ACNE04 as it unpacks: Detection/VOC2007 with Annotations and JPEGImages."""
    home = tmp_path / "Detection" / "VOC2007"
    for name, boxes in {"levle0_0": [(10, 20, 30, 30)], "levle1_4": []}.items():
        picture(home / f"JPEGImages/{name}.jpg", 100)
        (home / "Annotations").mkdir(exist_ok=True)
        objects = "".join(BOX.format(*box) for box in boxes)
        size = "<size><width>100</width><height>100</height><depth>3</depth></size>"
        text = f"<annotation><filename>{name}.jpg</filename>{size}{objects}</annotation>"
        (home / f"Annotations/{name}.xml").write_text(text, encoding="utf-8")
    return tmp_path


def test_boxes_of_acne04_become_ellipses(voc: Path):
    first, second = ACNE04.read(voc, accept_licence=True)
    assert first.photo.name == "levle0_0.jpg"
    mask = draw_mask(first.masks[Condition.ACNE], (100, 100))
    assert mask[25, 20]
    assert not mask[20, 10], "the corner of a box is skin"
    assert mask.sum() == pytest.approx(np.pi * 10 * 5, rel=0.2)
    ring = draw_mask(first.ignore[Condition.ACNE], (100, 100))
    assert ring[mask].all()
    assert ring.sum() == pytest.approx(1.96 * mask.sum(), rel=0.2)
    assert not draw_mask(second.masks[Condition.ACNE], (100, 100)).any()
    assert first.person != second.person


def test_the_second_version_of_acne04_is_preferred_and_scaled(voc: Path):
    table = {
        "images": [{"id": 7, "file_name": "levle1_4.jpg", "height": 200, "width": 200}],
        "annotations": [{"id": 0, "image_id": 7, "radius": 20, "coordinates": [100, 60]}],
    }
    (voc / "Acne04-v2_annotations.json").write_text(json.dumps(table), encoding="utf-8")
    (photo,) = ACNE04.read(voc, accept_licence=True)
    mask = draw_mask(photo.masks[Condition.ACNE], (100, 100))
    rows, columns = np.nonzero(mask)
    assert (columns.mean(), rows.mean()) == pytest.approx((50, 30), abs=0.6)
    assert mask.sum() == pytest.approx(np.pi * 10**2, rel=0.15)


def test_only_hand_painted_wrinkles_are_read(tmp_path: Path):
    middle = (slice(30, 34), slice(10, 50))
    for number, folder in ((1, "00000"), (1011, "01000"), (2000, "02000")):
        picture(tmp_path / f"images1024x1024/{folder}/{number:05d}.png", 64)
    for number in (1, 1011, 4000):
        picture(tmp_path / f"manual_wrinkle_masks/{number:05d}.png", 64, filled=middle)
    picture(tmp_path / "weak_wrinkle_masks/02000/02000.png", 64, filled=middle)
    photos = list(FFHQ_WRINKLE.read(tmp_path, accept_licence=True))
    assert [own.photo.parent.name for own in photos] == ["00000", "01000"]
    mask = draw_mask(photos[0].masks[Condition.WRINKLES], (64, 64))
    assert mask[middle].all()
    assert mask.sum() == 4 * 40


def test_parts_of_celebamask_make_skin(tmp_path: Path):
    """Skin and nose count, the lips painted over skin do not; masks are half the photo's size."""
    for number in (2, 2001):
        picture(tmp_path / f"CelebA-HQ-img/{number}.jpg", 64)
    parts = tmp_path / "CelebAMask-HQ-mask-anno"
    whole = (slice(8, 24), slice(8, 24))
    picture(parts / "0/00002_skin.png", 32, filled=whole)
    picture(parts / "0/00002_u_lip.png", 32, filled=(slice(20, 22), slice(12, 20)))
    picture(parts / "1/02001_skin.png", 32, filled=(slice(8, 16), slice(8, 24)))
    picture(parts / "1/02001_nose.png", 32, filled=(slice(16, 24), slice(8, 24)))
    first, second = CELEBAMASK_HQ.read(tmp_path, accept_licence=True)
    assert first.masks == {}
    assert first.skin is not None
    assert second.skin is not None
    skin = draw_mask(first.skin, (64, 64))
    assert skin.sum() == 4 * (16 * 16 - 2 * 8)
    assert not skin[42, 30]
    assert draw_mask(second.skin, (64, 64)).sum() == 4 * 16 * 16


@pytest.mark.parametrize("name", RESEARCH_SETS)
def test_no_set_is_read_unless_its_licence_is_accepted(name: str, voc: Path):
    chosen = research_set(name)
    with pytest.raises(InputError, match="--accept-licence") as caught:
        chosen.read(voc)
    assert str(caught.value).startswith(chosen.licence)


@pytest.mark.parametrize("name", RESEARCH_SETS)
def test_another_folder_is_told(name: str, tmp_path: Path):
    with pytest.raises(InputError, match="Name the folder into which it was unpacked"):
        research_set(name).read(tmp_path, accept_licence=True)


@pytest.mark.parametrize("text", ["<annotation>", "<annotation><size/></annotation>"])
def test_broken_boxes_are_told(voc: Path, text: str):
    (voc / "Detection/VOC2007/Annotations/levle0_0.xml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="Pascal VOC"):
        ACNE04.read(voc, accept_licence=True)


@pytest.mark.parametrize("text", ["{", "[]", '{"images": [], "annotations": [{"id": 1}]}'])
def test_a_broken_list_is_told(voc: Path, text: str):
    (voc / "Acne04-v2_annotations.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="coordinates and radius"):
        ACNE04.read(voc, accept_licence=True)


def test_an_unknown_set_is_told():
    with pytest.raises(InputError, match="Did you mean ffhq-wrinkle"):
        research_set("ffhq_wrinkle")
