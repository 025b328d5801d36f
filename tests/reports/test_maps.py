"""Maps over the whole photo: in the right place, of the right size and value, at little cost."""

from __future__ import annotations

import dataclasses
import tracemalloc

import cv2
import numpy as np
import pytest

from cutis.core.assessment import Examination
from cutis.core.capture import Photo
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition
from cutis.reports.maps import condition_map, region_map, skin_map, write_png
from cutis.testing import mask, sample_examination, show

DRAWN = mask("""
    .##.
    ####
""")


def laid(drawn: np.ndarray, box: tuple[int, int, int, int], size: tuple[int, int]) -> Examination:
    """Return an examination whose skin and acne are ``drawn``, lying in ``box`` of a photo."""
    sample = sample_examination()
    crop = dataclasses.replace(sample.crop, box=box)  # type: ignore[type-var]
    assert isinstance(crop, FaceCrop)
    none = np.zeros_like(drawn)
    skin = SkinMask(drawn, none, none, "drawn", 1.0)
    acne = ConditionMap(Condition.ACNE, drawn.astype(np.float32) * 0.5, drawn, "drawn")
    photo = Photo(np.zeros((*size, 3), np.uint8), sample.assessment.capture)
    return Examination(sample.assessment, photo, crop, skin, {Condition.ACNE: acne})


def test_the_skin_lies_where_the_crop_was_cut():
    found = skin_map(laid(DRAWN, (1, 1, 5, 3), (4, 6)))
    assert found is not None
    assert set(np.unique(found)) == {0, 255}
    assert show(found == 255) == "......\n..##..\n.####.\n......"


def test_a_crop_that_was_reduced_is_laid_back_in_full_size():
    found = skin_map(laid(DRAWN, (0, 0, 8, 4), (4, 8)))
    assert found is not None
    assert show(found == 255) == "..####..\n..####..\n########\n########"


def test_a_probability_of_one_half_is_128():
    found = condition_map(laid(DRAWN, (1, 1, 5, 3), (4, 6)), Condition.ACNE)
    assert found is not None
    assert found[2].tolist() == [0, 128, 128, 128, 128, 0]


def test_the_sample_s_maps_are_those_of_its_crop():
    sample = sample_examination()
    assert sample.crop is not None
    x0, y0, x1, y1 = sample.crop.box
    for condition, made in sample.maps.items():
        found = condition_map(sample, condition)
        assert found is not None
        assert found.shape == sample.photo.rgb.shape[:2]
        assert np.array_equal(found[y0:y1, x0:x1], np.rint(made.probability * 255))
        found[y0:y1, x0:x1] = 0
        assert not found.any()


def test_what_was_not_measured_has_no_map():
    assert condition_map(sample_examination(), Condition.DRYNESS) is None
    assert condition_map(sample_examination(refused=True), Condition.ACNE) is None
    assert skin_map(sample_examination(refused=True)) is None


def test_a_map_without_a_crop_is_an_error():
    broken = dataclasses.replace(sample_examination(), crop=None)
    with pytest.raises(InputError, match="a map and no crop"):
        skin_map(broken)


def test_a_png_holds_exactly_the_map():
    found = condition_map(sample_examination(), Condition.REDNESS)
    assert found is not None
    read = cv2.imdecode(np.frombuffer(write_png(found), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(read, found)


def test_a_map_of_24_megapixels_costs_about_one_byte_a_pixel():
    large = laid(np.ones((1200, 900), bool), (800, 600, 2600, 3000), (6000, 4000))
    tracemalloc.start()
    found = condition_map(large, Condition.ACNE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found is not None
    assert found.shape == (6000, 4000)
    assert peak < 1.5 * found.size


def test_regions_lie_where_the_crop_was_cut():
    examination = laid(DRAWN, (1, 1, 5, 3), (4, 6))
    assert examination.crop is not None
    labels = np.asarray([[0, 1, 1, 0], [11, 11, 0, 0]], np.uint8)
    regions = dataclasses.replace(examination.crop.regions, labels=labels)
    crop = dataclasses.replace(examination.crop, regions=regions)
    found = region_map(dataclasses.replace(examination, crop=crop))
    assert found is not None
    assert found[1].tolist() == [0, 0, 1, 1, 0, 0]
    assert found[2].tolist() == [0, 11, 11, 0, 0, 0]
