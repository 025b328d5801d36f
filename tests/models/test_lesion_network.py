"""The lesion classifier: patches, batches, temperature and cards, on drawn networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_networks import CROPS, by_mean_colour, lesion_card

from cutis.core.errors import ModelError
from cutis.core.ports import LesionClassifier
from cutis.core.vocabulary import LesionType
from cutis.models.lesion_network import LesionNetwork, network_inputs, patch_around, side_mm
from cutis.models.runtime import Runtime, RuntimeOptions
from cutis.testing import sample_crop

TYPES = (LesionType.PAPULE, LesionType.MOLE, LesionType.OTHER)
WEIGHTS = np.array([[8.0, -8.0, 0.0], [-4.0, -4.0, -4.0], [0.0, 8.0, 0.0]])
BIAS = np.array([0.0, 3.0, -2.0])
FILES = by_mean_colour(WEIGHTS, BIAS)


@pytest.fixture(scope="module")
def classifier() -> LesionNetwork:
    return LesionNetwork(lesion_card(FILES, TYPES), FILES, Runtime(RuntimeOptions(threads=1)))


def test_probabilities_are_the_softmax_over_the_temperature(classifier: LesionNetwork):
    assert isinstance(classifier, LesionClassifier)
    crop = sample_crop()
    boxes = [(60 + 3 * i, 200 + 4 * i, 70 + 3 * i, 212 + 4 * i) for i in range(100)]
    answers = classifier.classify(crop, boxes)
    assert len(answers) == 100
    for box, answer in zip(boxes, answers, strict=True):
        patch = patch_around(crop.rgb, box, crop.mm_per_px, CROPS)
        logits = (WEIGHTS @ patch.mean(axis=(0, 1)) + BIAS) / CROPS.temperature
        expected = np.exp(logits) / np.exp(logits).sum()
        assert list(answer) == list(TYPES)
        assert list(answer.values()) == pytest.approx(expected, abs=1e-4)
    assert classifier.classify(crop, ()) == []
    assert classifier.uses()[0].name == "lesions"


def test_a_patch_shows_the_lesion_and_its_surroundings():
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[90:110, 90:110] = 255
    patch = patch_around(rgb, (90, 90, 110, 110), 0.2, CROPS)
    assert patch.shape == (64, 64, 3)
    assert patch.max() == 1.0
    assert patch.mean() == pytest.approx((20 / 50) ** 2, rel=0.03)  # 2.5 times its size
    small = patch_around(rgb, (99, 99, 101, 101), 0.2, CROPS)
    assert small.min() == 1.0  # 4 mm are 20 px


def test_a_sized_network_is_told_how_wide_a_patch_is():
    sized = replace(CROPS, sized=True)
    boxes = ((0, 0, 2, 2), (0, 0, 32, 20), (0, 0, 10, 64))
    sides = np.array([side_mm(box, 0.1, CROPS) for box in boxes], np.float32)
    assert sides.tolist() == pytest.approx([4, 8, 16])
    patches = np.random.default_rng(0).random((3, 64, 64, 3), dtype=np.float32)
    assert network_inputs(patches, sides, CROPS).shape == (3, 3, 64, 64)
    told = network_inputs(patches, sides, sized)
    assert told.dtype == np.float32
    assert np.array_equal(told[:, :3], network_inputs(patches, sides, CROPS))
    assert [set(plane.ravel()) for plane in told[:, 3]] == [{0.0}, {1.0}, {2.0}]


def test_at_the_border_the_skin_is_reflected():
    rgb = np.random.default_rng(1).integers(0, 255, (50, 60, 3), dtype=np.uint8)
    for box in ((0, 0, 3, 3), (57, 47, 60, 50), (0, 0, 60, 50)):
        patch = patch_around(rgb, box, 0.25, CROPS)
        assert patch.shape == (64, 64, 3)
        assert 0 <= patch.min() <= patch.max() <= 1


def test_a_card_that_does_not_fit_is_refused():
    model = lesion_card(FILES, TYPES)
    runtime = Runtime(RuntimeOptions(threads=1))
    with pytest.raises(ModelError, match="no lesion type"):
        LesionNetwork(replace(model, classes=("papule", "wart", "other")), FILES, runtime)
    with pytest.raises(ModelError, match="lacks the class 'other'"):
        LesionNetwork(replace(model, classes=("papule", "mole", "nodule")), FILES, runtime)
    with pytest.raises(ModelError, match="how lesions are cut out"):
        LesionNetwork(replace(model, lesions=None), FILES, runtime)
