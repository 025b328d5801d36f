"""Plain data that carries pictures: photo, region map, skin mask."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import CutisError, InputError, MissingExtraError
from cutis.core.face import RegionMap
from cutis.core.masks import SkinMask
from cutis.core.ports import ConditionSegmenter, Landmarker, SkinSegmenter
from cutis.core.scores import Interval, NotMeasured, NotMeasuredCode
from cutis.core.vocabulary import Region
from cutis.steps.conditions import ClassicalConditionSegmenter
from cutis.steps.skin import ColourSkinSegmenter
from cutis.testing import (
    FakeConditionSegmenter,
    FakeLandmarker,
    FakeSkinSegmenter,
    labels,
    mask,
    show,
)


def test_a_photo_knows_its_size():
    info = CaptureInfo("PNG", 5, 3, 8, "sRGB", sha256="0" * 64, size_bytes=90, lossy=False)
    photo = Photo(np.zeros((3, 5, 3), np.uint8), info)
    assert (photo.width_px, photo.height_px) == (5, 3)


def test_a_region_is_where_its_label_is():
    regions = RegionMap(
        labels("""
        11.
        .13
        """)
    )
    assert show(regions.mask(Region.FOREHEAD)) == show(
        mask("""
        ##.
        .#.
        """)
    )
    assert not regions.mask(Region.CHIN).any()


def test_measurable_leaves_out_shadow_and_glare():
    skin = SkinMask(mask("####."), mask("#...."), mask(".#..."), "drawn", 1.0)
    assert show(skin.measurable) == "..##."


def test_data_is_frozen():
    with pytest.raises(FrozenInstanceError):
        Interval(0.0, 1.0).low = 2.0  # type: ignore[misc]


def test_not_measured_has_no_value():
    assert NotMeasured(NotMeasuredCode.NO_FACE, "No face.").value is None


def test_input_errors_are_value_errors_too():
    assert issubclass(InputError, CutisError)
    assert issubclass(InputError, ValueError)


def test_a_missing_extra_says_how_to_install_it():
    error = MissingExtraError("Reading RAW photos", "raw")
    assert isinstance(error, ImportError)
    assert str(error).endswith('pip install "cutis[raw]"')


def test_adapters_and_stand_ins_fit_the_ports():
    order = np.arange(478)
    assert isinstance(FakeLandmarker(), Landmarker)
    for skin in (ColourSkinSegmenter(), FakeSkinSegmenter()):
        assert isinstance(skin, SkinSegmenter)
    for conditions in (ClassicalConditionSegmenter(order), FakeConditionSegmenter()):
        assert isinstance(conditions, ConditionSegmenter)
