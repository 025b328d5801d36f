"""Region features: what is drawn is told, what is not seen is NaN, and a mirror changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition, Region
from cutis.pipeline import describe_regions
from cutis.steps.grading import (
    FACE_NAMES,
    GRADES,
    NAMES,
    READS,
    VECTOR_NAMES,
    columns_of,
    face_matrix,
    region_features,
)
from cutis.testing.pictures import sample_crop, sample_maps, sample_skin
from cutis.testing.samples import sample_examination


def described():
    return describe_regions(sample_examination())


def test_the_drawn_spots_are_told():
    features = described()
    shares = features.values[:, NAMES.index("acne_share")]
    assert shares.shape == (len(Region),)
    assert np.nanmax(shares) > 0
    cheek = features.of(Region.SUBJECT_LEFT_CHEEK)
    assert list(cheek) == list(NAMES)
    assert cheek["haemoglobin_spread"] > 0


def test_red_cheeks_are_redder_than_the_face():
    found = described().values[:, NAMES.index("redness_share")]
    cheeks = [Region.SUBJECT_LEFT_CHEEK.label - 1, Region.SUBJECT_RIGHT_CHEEK.label - 1]
    assert found[cheeks].min() > np.nanmean(found)


def test_what_was_not_looked_for_is_not_measured():
    crop = sample_crop()
    skin = sample_skin(crop)
    maps = {c: m for c, m in sample_maps(skin).items() if c is not Condition.PORES}
    features = region_features(crop, skin, maps, ())
    for name in ("pores_share", "pores_per_cm2"):
        assert np.isnan(features.values[:, NAMES.index(name)]).all()
    assert np.isnan(features.face[FACE_NAMES.index("edge_mm")])
    assert features.measured.any()


def test_a_hidden_region_is_not_measured():
    crop = sample_crop()
    skin = sample_skin(crop)
    nose = crop.regions.mask(Region.NOSE)
    features = region_features(crop, replace(skin, skin=skin.skin & ~nose), sample_maps(skin), ())
    assert np.isnan(features.values[Region.NOSE.label - 1]).all()
    assert not np.isnan(features.values[Region.CHIN.label - 1]).all()


def test_no_skin_gives_no_numbers():
    crop = sample_crop()
    skin = sample_skin(crop)
    nothing = replace(skin, skin=np.zeros_like(skin.skin))
    features = region_features(crop, nothing, {}, ())
    assert np.isnan(features.values).all()
    assert np.isnan(features.face[0])


def test_brightness_of_the_photo_cancels_out_of_chromophores():
    crop = sample_crop()
    skin = sample_skin(crop)
    dimmer = replace(crop, linear=crop.linear * np.float32(0.8))
    names = ("haemoglobin_over_face", "melanin_over_face", "haemoglobin_spread", "melanin_spread")
    columns = [NAMES.index(name) for name in names]
    one, two = (region_features(c, skin, {}, ()).values[:, columns] for c in (crop, dimmer))
    assert np.nanmax(np.abs(one - two)) < 1e-3


def test_an_examination_without_a_face_is_refused():
    found = replace(sample_examination(), crop=None)
    with pytest.raises(InputError, match="shows none"):
        describe_regions(found)


@given(seed=st.integers(0, 2**16))
@settings(max_examples=20)
def test_a_mirrored_face_gives_the_same_row(seed: int):
    rng = np.random.default_rng(seed)
    regions = rng.normal(size=(1, len(Region), len(NAMES))).astype(np.float32)
    regions[rng.random(regions.shape) < 0.2] = np.nan
    mirrored = regions[:, [r.mirrored.label - 1 for r in Region]]
    face = np.zeros((1, len(FACE_NAMES)), np.float32)
    assert np.allclose(face_matrix(regions, face), face_matrix(mirrored, face), equal_nan=True)


@pytest.mark.parametrize("grader", GRADES)
def test_a_grader_reads_its_columns_and_the_face(grader: str):
    names = [VECTOR_NAMES[i] for i in columns_of(grader)]
    assert set(FACE_NAMES) <= set(names)
    assert {n.split(" ", 1)[1] for n in names if " " in n} == set(READS[grader])
    assert set(READS[grader]) <= set(NAMES)
