"""The audit of enhancement: what stands, what moved, what may be invented."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cutis.core.assessment import Assessment
from cutis.core.enhancement import TEXTURE_MEASURES, AuditRow, Ruling
from cutis.core.scores import NotMeasured, NotMeasuredCode, Score
from cutis.core.vocabulary import Condition
from cutis.evaluation.enhancement_audit import audit_enhancement, beyond_share, hold_back
from cutis.testing import FakeUpscaler, sample_assessment


def moved(condition: Condition, by: float) -> Assessment:
    """The sample with one score moved."""
    sample = sample_assessment()
    score = sample.scores[condition]
    assert isinstance(score, Score)
    other = replace(score, value=min(100.0, score.value + by))
    return replace(sample, scores={**sample.scores, condition: other})


def ruling(rows: tuple[AuditRow, ...], condition: Condition) -> Ruling:
    return next(row.ruling for row in rows if row.condition is condition)


def test_equal_scores_stand_and_say_that_pixels_were_enhanced():
    sample = sample_assessment()
    rows = audit_enhancement(sample, sample, texture=0.0)
    held = hold_back(sample, rows, FakeUpscaler().uses())
    assert beyond_share(rows) == 0
    assert all(s.enhanced for s in held.scores.values() if isinstance(s, Score))
    assert {c for c, s in held.scores.items() if isinstance(s, Score)} == {
        c for c, s in sample.scores.items() if isinstance(s, Score)
    }
    assert held.provenance.models[-1].name == "stand_in_upscaler"
    assert isinstance(held.overall, Score)
    assert held.overall.enhanced


def test_a_score_that_moved_is_not_measured():
    sample, after = sample_assessment(), moved(Condition.REDNESS, 30.0)
    rows = audit_enhancement(sample, after, texture=0.0)
    assert ruling(rows, Condition.REDNESS) is Ruling.MOVED
    assert ruling(rows, Condition.ACNE) is Ruling.STANDS
    assert 0 < beyond_share(rows) < 0.5
    held = hold_back(after, rows)
    redness = held.scores[Condition.REDNESS]
    assert isinstance(redness, NotMeasured)
    assert redness.code is NotMeasuredCode.ENHANCED_PIXELS
    assert "moved by 30.0 points" in redness.reason
    assert isinstance(held.overall, NotMeasured)
    assert all(
        isinstance(region.scores.get(Condition.REDNESS), NotMeasured | None)
        for region in held.regions.values()
    )
    assert beyond_share(audit_enhancement(sample, held, texture=0.0)) == 0, "0 after the guard"


def test_a_shift_within_repeatability_stands():
    rows = audit_enhancement(sample_assessment(), moved(Condition.REDNESS, 0.5), texture=0.0)
    assert ruling(rows, Condition.REDNESS) is Ruling.STANDS


@pytest.mark.parametrize("condition", sorted(TEXTURE_MEASURES))
def test_texture_is_never_measured_on_invented_texture(condition: Condition):
    sample = sample_assessment()
    rows = audit_enhancement(sample, sample, texture=0.3)
    measured = isinstance(sample.scores[condition], Score)
    assert ruling(rows, condition) is (Ruling.INVENTED if measured else Ruling.NOT_MEASURED)
    assert isinstance(hold_back(sample, rows).scores[condition], NotMeasured)


def test_a_score_without_an_original_is_held_back():
    refused = sample_assessment(refused=True)
    rows = audit_enhancement(refused, sample_assessment(), texture=0.0)
    assert ruling(rows, Condition.REDNESS) is Ruling.NO_COMPARISON
    held = hold_back(sample_assessment(), rows)
    assert not [s for s in held.scores.values() if isinstance(s, Score)]
