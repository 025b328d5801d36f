"""What each finding gave: equal to the score made again without it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.scores import Score
from cutis.core.vocabulary import Condition, Region
from cutis.steps.lesions import find_lesions
from cutis.steps.scoring import renumber_findings, score_face
from cutis.testing import sample_crop, sample_maps, sample_skin


@pytest.fixture(scope="module")
def crop() -> FaceCrop:
    return sample_crop()


@pytest.fixture(scope="module")
def face(crop: FaceCrop):
    skin = sample_skin(crop)
    maps = dict(sample_maps(skin))
    findings = find_lesions(crop, maps)
    return skin, maps, findings, score_face(crop, skin, maps, findings)


def test_without_a_spot_the_score_is_what_scoring_gives_without_it(crop: FaceCrop, face: tuple):
    skin, maps, findings, scoring = face
    parts = scoring.contributions[Condition.ACNE]
    assert parts
    for part in parts:
        others = [f for i, f in enumerate(findings) if i != part.finding]
        again = score_face(crop, skin, maps, others).scores[Condition.ACNE]
        assert part.score_without == pytest.approx(again.value, abs=1e-6)
        assert part.points == pytest.approx(
            scoring.scores[Condition.ACNE].value - again.value, abs=1e-6
        )


def test_without_a_patch_the_score_is_that_of_a_map_without_it(crop: FaceCrop, face: tuple):
    skin, maps, findings, scoring = face
    part = scoring.contributions[Condition.REDNESS][0]
    finding, found = findings[part.finding], maps[Condition.REDNESS]
    x0, y0, x1, y1 = np.array(finding.bbox_xyxy) - np.tile(crop.box[:2], 2)
    _, pieces = cv2.connectedComponents((found.probability >= 0.5).astype(np.uint8))
    inside = pieces[y0:y1, x0:x1]
    largest = np.bincount(inside[inside > 0]).argmax()
    cleared = np.where(pieces == largest, np.float32(0), found.probability)
    without = {**maps, Condition.REDNESS: replace(found, probability=cleared)}
    again = score_face(crop, skin, without, findings).scores[Condition.REDNESS]
    assert part.score_without == pytest.approx(again.value, abs=1e-3)


def test_what_has_no_findings_is_told_by_region(crop: FaceCrop, face: tuple):
    _, maps, _, scoring = face
    parts = scoring.contributions[Condition.TEXTURE]
    assert parts
    assert all(part.finding is None and isinstance(part.region, Region) for part in parts)
    assert parts[0].points == max(part.points for part in parts)
    assert isinstance(maps[Condition.TEXTURE], ConditionMap)


def test_most_points_come_first_and_nothing_gives_more_than_all(face: tuple):
    scoring = face[3]
    for condition, parts in scoring.contributions.items():
        score = scoring.scores[condition]
        assert isinstance(score, Score)
        points = [part.points for part in parts]
        assert points == sorted(points, reverse=True)
        assert all(0.5 <= p <= score.value + 1e-9 for p in points)


def test_findings_are_counted_among_those_that_are_kept(face: tuple):
    _, _, findings, scoring = face
    kept = [i for i, f in enumerate(findings) if f.condition is Condition.REDNESS]
    only = replace(
        scoring, contributions={Condition.REDNESS: scoring.contributions[Condition.REDNESS]}
    )
    before = only.contributions[Condition.REDNESS][0].finding
    after = renumber_findings(only, kept).contributions[Condition.REDNESS][0].finding
    assert kept[after] == before
