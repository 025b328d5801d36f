"""Splits: by person, the same every time, and twins under other names stay together."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.datasets.clean_sets import AGES, age_of, person_of
from cutis.datasets.splits import fingerprint, group_persons, split_of


def face(seed: int, size: int = 96) -> np.ndarray:
    rng = np.random.default_rng(seed)
    small = rng.integers(40, 220, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC)


def test_a_person_is_always_in_the_same_split():
    people = [f"set/{i:04d}" for i in range(3000)]
    first = [split_of(person) for person in people]
    assert first == [split_of(person) for person in people]
    assert first.count("val") / len(first) == pytest.approx(0.2, abs=0.02)


def test_another_seed_splits_otherwise():
    people = [f"set/{i:04d}" for i in range(200)]
    assert [split_of(p, seed=1) for p in people] != [split_of(p, seed=2) for p in people]


@pytest.mark.parametrize(("share", "split"), [(0.0, "train"), (1.0, "val")])
def test_shares_at_their_ends(share: float, split: str):
    assert {split_of(f"p{i}", val_share=share) for i in range(50)} == {split}


def test_a_share_over_one_is_refused():
    with pytest.raises(InputError, match="between 0 and 1"):
        split_of("a", val_share=20)


def test_one_generated_person_in_many_figures_is_one_person():
    names = [
        "clean/sfhq/variability_age_r03c01.jpg",
        "clean/sfhq/variability_age_r05c11.jpg",
        "sfhq/variability_hair_color_r00c00",
        "sfhq/variability_age_x_ethnicity_2_r04c07",
    ]
    assert len({person_of(name) for name in names}) == 1


@pytest.mark.parametrize(
    "name", ["sfhq/sample_4x8_r00c01", "sfhq_t2i/hats_r03c01", "congress/0007", "features/003.jpg"]
)
def test_elsewhere_a_file_is_a_person(name: str):
    assert person_of(name) == name.removesuffix(".jpg")


@pytest.mark.parametrize(
    ("name", "age"),
    [
        ("sfhq/variability_age_r03c01", "young"),
        ("sfhq/variability_age_x_ethnicity_1_r04c01", "adult"),
        ("sfhq/variability_age_x_ethnicity_2_r05c12.jpg", "old"),
        ("sfhq/variability_hair_color_r05c01", "unknown"),
        ("sfhq_t2i/ethnicity_x_age_1_r00c01", "old"),
        ("sfhq_t2i/ethnicity_x_age_2_r00c01", "adult"),
        ("sfhq_t2i/age_r00c01", "unknown"),
        ("congress/0001", "unknown"),
    ],
)
def test_ages_where_the_figure_tells(name: str, age: str):
    assert age_of(name) == age
    assert age in AGES


def test_copies_are_found_smaller_brighter_and_recompressed():
    whole = face(1)
    small = cv2.resize(whole, (61, 61), interpolation=cv2.INTER_AREA)
    brighter = np.clip(whole * 0.8 + 40, 0, 255).astype(np.uint8)
    packed = cv2.imdecode(cv2.imencode(".jpg", whole, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], 1)
    prints = np.stack([fingerprint(f) for f in (whole, face(2), small, brighter, packed, face(3))])
    groups = group_persons(["a", "b", "c", "d", "e", "f"], prints)
    assert groups == ["a", "b", "a", "a", "a", "f"]


def test_groups_join_by_name_and_by_look_and_the_larger_gives_its_name():
    prints = np.stack([fingerprint(face(seed)) for seed in (1, 2, 3, 1, 4)])
    assert group_persons(["x", "x", "x", "a", "b"], prints) == ["x", "x", "x", "x", "b"]


def test_chains_are_one_group_in_any_order():
    prints = np.eye(4, dtype=np.float32)
    near = prints + 0.7 * (np.roll(prints, 1, axis=0))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    order = [2, 0, 3, 1]
    groups = group_persons([f"p{i}" for i in order], near[order], alike=0.45)
    assert len(set(groups)) == 1


def test_a_flat_picture_is_like_nothing():
    flat = np.full((50, 50, 3), 90, np.uint8)
    prints = np.stack([fingerprint(flat), fingerprint(flat)])
    assert group_persons(["a", "b"], prints) == ["a", "b"]


def test_fingerprints_and_persons_must_be_as_many():
    with pytest.raises(InputError, match="2 came for 1"):
        group_persons(["a"], np.eye(2, dtype=np.float32))
