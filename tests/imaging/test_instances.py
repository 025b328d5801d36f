"""The arithmetic between the networks of Mask R-CNN, drawn and against known values."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.imaging.instances import (
    HEAD_WEIGHTS,
    PROPOSAL_WEIGHTS,
    Geometry,
    align,
    anchors,
    choose,
    decode,
    level_of,
    paste,
    propose,
    suppress,
)

SMALL = Geometry(strides=(4,), sizes=((8,),), ratios=(1.0,), proposals=5, before=20)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_anchors_walk_row_by_row_around_the_cells():
    found = anchors((2, 3), SMALL, 0)
    assert found.shape == (6, 4)
    assert found[0].tolist() == [-4, -4, 4, 4]
    assert found[1].tolist() == [0, -4, 8, 4]
    assert found[3].tolist() == [-4, 0, 4, 8]


def test_no_change_leaves_a_box_as_it_is():
    box = boxes((3, 5, 13, 25))
    assert decode(np.zeros((1, 4), np.float32), box, HEAD_WEIGHTS) == pytest.approx(box)


def test_a_change_moves_and_widens():
    moved = decode(np.float32([[0.1, 0, np.log(2), 0]]), boxes((0, 0, 10, 10)), PROPOSAL_WEIGHTS)
    assert moved[0] == pytest.approx([-4, 0, 16, 10], abs=1e-4)


def test_of_two_boxes_alike_the_better_stays():
    found = suppress(
        boxes((0, 0, 10, 10), (1, 0, 11, 10), (50, 50, 60, 60)), np.float32([0.5, 0.9, 0.1]), 0.5
    )
    assert found.tolist() == [1, 2]


def test_what_is_likely_is_proposed():
    logits = np.full((1, 6, 6), -5, np.float32)
    logits[0, 3, 2] = 4
    found = propose([logits], [np.zeros((4, 6, 6), np.float32)], SMALL, (24, 24))
    assert found[0].tolist() == [4, 8, 12, 16]
    assert len(found) == SMALL.proposals


def test_the_background_is_no_detection():
    logits = np.float32([[5, 0, 0], [0, 0, 5]])
    found = choose(
        logits,
        np.zeros((2, 12), np.float32),
        boxes((0, 0, 9, 9), (5, 5, 20, 20)),
        SMALL,
        shape=(32, 32),
    )
    assert found.classes.tolist() == [2]
    margin = SMALL.around * 15
    assert found.boxes[0].tolist() == pytest.approx(
        [5 - margin, 5 - margin, 20 + margin, 20 + margin], abs=1e-4
    )
    assert found.scores[0] == pytest.approx(np.exp(5) / (np.exp(5) + 2), abs=1e-5)


def test_large_boxes_are_cut_from_coarse_levels():
    sides = boxes((0, 0, 10, 10), (0, 0, 70, 70), (0, 0, 130, 130), (0, 0, 300, 300))
    assert level_of(sides, Geometry()).tolist() == [0, 1, 2, 3]


def test_a_ramp_is_cut_out_at_its_own_height():
    y, x = np.mgrid[:16, :20].astype(np.float32)
    cut = align(np.stack([x, y]), boxes((8, 8, 24, 24)), 2, bins=4, samples=2)
    assert cut.shape == (1, 2, 4, 4)
    assert cut[0, 0, 0] == pytest.approx([5, 7, 9, 11], abs=1e-5)
    assert cut[0, 1, :, 0] == pytest.approx([5, 7, 9, 11], abs=1e-5)


def test_a_mask_is_pasted_into_its_box():
    canvas = paste(np.ones((8, 8), np.float32), np.float32([10, 20, 30, 40]), (50, 60))
    assert canvas[25:35, 15:25].min() == pytest.approx(1)
    assert canvas[:18].max() == canvas[:, 33:].max() == 0
    assert canvas.sum() == pytest.approx(400, rel=0.03)
