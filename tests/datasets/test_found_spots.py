"""What is found on clean faces becomes crops of *other*, of the photo's person and split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from cutis.cli.app import app
from cutis.core.assessment import ModelUse
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition, LesionType
from cutis.datasets.found_spots import FOUND, FoundOrder, found_spots
from cutis.datasets.lesion_crops import GEOMETRY, joined, load_crops
from cutis.datasets.splits import split_of
from cutis.pipeline import Limits, Tools
from cutis.steps.conditions import ClassicalConditionSegmenter
from cutis.steps.landmarks import LandmarkLimits, full_mirror_order
from cutis.testing import FakeLandmarker, FakeSkinSegmenter, draw_face
from cutis.testing.fakes import FakeConditionSegmenter, drawn_face

PX_PER_MM = 4.0
CLASSICAL = ClassicalConditionSegmenter(full_mirror_order(FakeLandmarker().canonical))
ORDER = FoundOrder(("papule", "other"), renderer_version=3, seed=9)


def tools(*segmenters: object) -> Tools:
    landmarker = FakeLandmarker(faces=(drawn_face(PX_PER_MM),))
    limits = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))
    return Tools(landmarker, FakeSkinSegmenter(), segmenters, software_version="t", limits=limits)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "drawn" / "one.png"
    path.parent.mkdir()
    assert cv2.imwrite(str(path), cv2.cvtColor(draw_face(PX_PER_MM), cv2.COLOR_RGB2BGR))
    return path


def test_spots_of_a_clean_face_are_cut_out_as_none(photo: Path):
    done: list[tuple[int, int]] = []
    crops = found_spots(
        [photo],
        tools(FakeConditionSegmenter(), CLASSICAL),
        ORDER,
        progress=lambda *told: done.append(told),
    )
    assert 4 <= len(crops) <= ORDER.most
    assert crops.counts() == {"papule": 0, LesionType.OTHER.value: len(crops)}
    assert set(crops.what) == {FOUND}
    assert set(crops.person) == {"drawn/one"}
    assert set(crops.split) == {split_of("drawn/one")}
    assert crops.images.shape[1:] == (64, 64, 3)
    assert crops.side_mm.min() >= GEOMETRY.smallest_mm
    assert (crops.seed, crops.renderer_version, done) == (9, 3, [(1, 1)])
    middle, rim = crops.images[:, 24:40, 24:40], crops.images[:, :4]
    redder = (middle.mean((1, 2)) - rim.mean((1, 2))) @ np.array([1.0, -1.0, 0.0])
    assert (redder > 0).mean() > 0.7  # the spots lie in the middle of their crops
    second = found_spots([photo], tools(CLASSICAL), FoundOrder(("papule", "other"), 3, 8, most=2))
    assert len(second) == 2
    assert len(joined([crops, second])) == len(crops) + 2


class AllDark:
    """Finds dark what the classical way finds inflamed."""

    conditions = frozenset({Condition.PIGMENTATION})

    def segment(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        acne = CLASSICAL.segment(crop, skin)[Condition.ACNE]
        return {Condition.PIGMENTATION: replace(acne, condition=Condition.PIGMENTATION)}

    def uses(self) -> Sequence[ModelUse]:
        return ()


def test_what_is_dark_too_may_be_a_mole_and_is_left_out(photo: Path):
    with pytest.raises(InputError, match="No acne was found"):
        found_spots([photo], tools(CLASSICAL, AllDark()), ORDER)


def test_without_anything_found_the_error_tells_what_to_do(photo: Path, tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    with pytest.raises(InputError, match="Name more photos"):
        found_spots([broken, photo], tools(FakeConditionSegmenter()), ORDER)


@pytest.mark.shared
def test_the_command_draws_photos_and_tells_what_it_found(shared_dir: Path, tmp_path: Path):
    out = tmp_path / "found.npz"
    words = [
        "synth",
        "found-spots",
        shared_dir / "data/clean/interfaces",
        "--most",
        2,
        "--out",
        out,
    ]
    answer = CliRunner().invoke(app, [str(word) for word in words])
    assert answer.exit_code == 0, answer.output
    assert "of 2 faces" in answer.output
    crops = load_crops(out)
    assert set(crops.what) == {FOUND}
    assert len(np.unique(crops.person)) <= 2
