"""The skin network behind its port, on drawn stages: whose skin, what is left out, what is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.core.assessment import ModelUse
from cutis.core.errors import ModelError
from cutis.core.face_parts import FacePart
from cutis.core.masks import LEARNED
from cutis.core.ports import SkinSegmenter
from cutis.imaging.instances import Geometry, anchors
from cutis.models.descriptor import Descriptor, ModelFile, ServedSkin
from cutis.models.instances import STRIDE, Instance, Stages, fit_picture, skin_of
from cutis.models.skin_network import LearnedSkinSegmenter
from cutis.testing import sample_crop

SIDE_PX = 256
GEOMETRY = Geometry()
USE = ModelUse("skin", "1.0", "0" * 64, "drawn", "f32")
CARD = Descriptor(
    name="skin",
    version="1.0",
    task="skin",
    summary="",
    licence="Apache-2.0",
    authors="",
    homepage="",
    training_data="",
    runtime="",
    precision="fp16",
    file=ModelFile("skin-trunk.xml", "0" * 64, 1),
    networks=(),
    classes=tuple(part.value for part in FacePart),
    skin=ServedSkin(SIDE_PX),
)
Drawn = tuple[FacePart, tuple[float, float, float, float]]


class DrawnStages:
    """Stages that see given parts in given boxes, each filled, as a trained network would."""

    def __init__(self, *drawn: Drawn) -> None:
        self.drawn = drawn

    def trunk(self, picture: np.ndarray) -> tuple[list, list, list]:
        height, width = picture.shape[1:]
        shapes = [(height // stride, width // stride) for stride in GEOMETRY.strides]
        count = len(GEOMETRY.sizes[0]) * len(GEOMETRY.ratios)
        features = [np.zeros((4, *shape), np.float32) for shape in shapes]
        objectness = [np.full((count, *shape), -9, np.float32) for shape in shapes]
        deltas = [np.zeros((4 * count, *shape), np.float32) for shape in shapes]
        cells = anchors(shapes[3], GEOMETRY, 3)
        for number, (_, box) in enumerate(self.drawn):
            cell, kind = divmod(number, count)
            row, column = divmod(cell, shapes[3][1])
            objectness[3][kind, row, column] = 9 - number
            x0, y0, x1, y1 = cells[number]
            size = np.array([x1 - x0, y1 - y0])
            wanted = np.array([box[2] - box[0], box[3] - box[1]])
            middle = np.array([box[0] + box[2], box[1] + box[3]]) / 2
            moved = (middle - np.array([x0 + x1, y0 + y1]) / 2) / size
            deltas[3][4 * kind : 4 * kind + 4, row, column] = [*moved, *np.log(wanted / size)]
        return features, objectness, deltas

    def boxes(self, cut: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits = np.zeros((len(cut), len(FacePart) + 1), np.float32)
        logits[:, 0] = 9  # the background, but for what was drawn
        for number, (part, _) in enumerate(self.drawn):
            logits[number, part.label] = 18
        return logits, np.zeros((len(cut), 4 * logits.shape[1]), np.float32)

    def masks(self, cut: np.ndarray) -> np.ndarray:
        return np.full((len(cut), len(FacePart) + 1, 72, 72), 12, np.float32)


def segmenter(*drawn: Drawn) -> LearnedSkinSegmenter:
    stages = DrawnStages(*drawn)
    assert isinstance(stages, Stages)
    return LearnedSkinSegmenter(CARD, stages, USE)


def test_skin_is_the_face_less_what_lies_over_it():
    crop = sample_crop()
    _, fitted = fit_picture(crop.rgb, SIDE_PX)
    whole = (4.0, 4.0, fitted.columns - 4.0, fitted.rows - 4.0)
    hidden = (0.2 * fitted.columns, 0.6 * fitted.rows, 0.8 * fitted.columns, 0.9 * fitted.rows)
    found = segmenter((FacePart.FACE_SKIN, whole), (FacePart.COVERING, hidden))
    assert isinstance(found, SkinSegmenter)
    skin = found.segment(crop)
    assert skin.method == f"{LEARNED}skin 1.0"
    assert found.uses() == (USE,)
    rows, columns = crop.shape
    assert not skin.skin[round(0.75 * rows), round(0.5 * columns)]
    assert not (skin.skin & (crop.excluded | ~crop.oval)).any()
    upper = np.zeros(crop.shape, bool)
    upper[round(0.1 * rows) : round(0.55 * rows)] = True
    expected = upper & crop.oval & ~crop.excluded
    assert np.count_nonzero(skin.skin & expected) > 0.95 * np.count_nonzero(expected)
    seen = found.see_skin(crop)
    assert np.count_nonzero(seen & upper) > np.count_nonzero(skin.skin & upper), "margins count"
    parts = found.find_parts(crop)
    assert parts is not None
    assert [part for part, _, _ in parts.masks()] == [FacePart.FACE_SKIN, FacePart.COVERING]


@pytest.mark.parametrize(
    ("part", "likely", "left"),
    [
        (FacePart.HAIR, 0.4, 1.0),
        (FacePart.HAIR, 0.75, 0.5),
        (FacePart.HAIR, 1.0, 0.0),
        (FacePart.LIPS, 0.4, 0.6),
        (FacePart.EYE, 1.0, 0.0),
        (FacePart.FACIAL_HAIR, 0.45, 1.0),
        (FacePart.FACIAL_HAIR, 0.7, 0.0),
    ],
)
def test_parts_take_skin_away_each_in_its_way(part: FacePart, likely: float, left: float):
    box, shape = np.array([0, 0, 32, 32], np.float32), (32, 32)
    instances = [
        Instance(FacePart.FACE_SKIN, 1.0, box, np.ones((8, 8), np.float32)),
        Instance(part, 1.0, box, np.full((8, 8), likely, np.float32)),
    ]
    assert skin_of(instances, shape)[16, 16] == pytest.approx(left, abs=1e-6)


def test_of_two_faces_the_one_of_the_landmarks_counts():
    crop = sample_crop()
    _, fitted = fit_picture(crop.rgb, SIDE_PX)
    mine = (0.1 * fitted.columns, 0.1 * fitted.rows, 0.9 * fitted.columns, 0.95 * fitted.rows)
    others = (0.0, 0.0, 0.3 * fitted.columns, 0.3 * fitted.rows)
    parts = segmenter((FacePart.FACE_SKIN, others), (FacePart.FACE_SKIN, mine)).find_parts(crop)
    assert parts is not None
    found = parts.instances[0].box
    assert found[2] - found[0] == pytest.approx(
        (1 + 2 * GEOMETRY.around) * (mine[2] - mine[0]), rel=0.01
    )
    assert found[[0, 2]].mean() == pytest.approx((mine[0] + mine[2]) / 2, abs=0.5)
    assert len(parts.instances) == 1


def test_where_no_skin_is_seen_the_colour_decides_and_the_method_says_so():
    crop = sample_crop()
    found = segmenter((FacePart.HAIR, (10.0, 10.0, 60.0, 60.0)))
    assert found.find_parts(crop) is None
    skin = found.segment(crop)
    assert skin.method == "landmarks and own colour"
    assert skin.skin.any()
    assert not found.see_skin(crop).any()


def test_a_doubtful_answer_is_told_as_one():
    crop = sample_crop()
    _, fitted = fit_picture(crop.rgb, SIDE_PX)
    whole = (4.0, 4.0, fitted.columns - 4.0, fitted.rows - 4.0)
    sure = segmenter((FacePart.FACE_SKIN, whole)).segment(crop)
    assert sure.confidence > 0.95

    class Doubtful(DrawnStages):
        def masks(self, cut: np.ndarray) -> np.ndarray:
            return np.full((len(cut), len(FacePart) + 1, 72, 72), 0.4, np.float32)

    doubtful = LearnedSkinSegmenter(CARD, Doubtful((FacePart.FACE_SKIN, whole)), USE)
    assert doubtful.segment(crop).confidence < 0.3


def test_a_card_of_another_kind_is_refused():
    stages = DrawnStages()
    with pytest.raises(ModelError, match="how skin is found"):
        LearnedSkinSegmenter(replace(CARD, skin=None), stages, USE)
    with pytest.raises(ModelError, match="no part of a face"):
        LearnedSkinSegmenter(replace(CARD, classes=("skin",)), stages, USE)


def test_a_mirrored_face_has_the_mirrored_skin():
    """Drawn is a network that hides the left of any picture; sides must not matter."""
    crop = sample_crop()
    _, fitted = fit_picture(crop.rgb, SIDE_PX)
    whole = (4.0, 4.0, fitted.columns - 4.0, fitted.rows - 4.0)
    left = (0.0, 0.3 * fitted.rows, 0.45 * fitted.columns, 0.6 * fitted.rows)
    found = segmenter((FacePart.FACE_SKIN, whole), (FacePart.COVERING, left))
    flipped = replace(
        crop,
        **{
            name: np.ascontiguousarray(getattr(crop, name)[:, ::-1])
            for name in ("rgb", "linear", "oval", "excluded")
        },
    )
    one, other = found.segment(crop).skin, found.segment(flipped).skin[:, ::-1]
    assert np.count_nonzero(one ^ other) < 0.002 * np.count_nonzero(one)


def test_the_input_is_a_multiple_of_the_stride():
    picture, fitted = fit_picture(sample_crop().rgb, SIDE_PX)
    assert picture.shape[1] % STRIDE == picture.shape[2] % STRIDE == 0
    assert max(fitted.rows, fitted.columns) == SIDE_PX
