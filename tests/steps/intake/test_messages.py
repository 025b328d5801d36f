"""Every sentence that a person can read, kept as a snapshot."""

from __future__ import annotations

from typing import Any

from cutis.core.errors import MissingExtraError, PhotoError
from cutis.steps.intake.cautions import SENTENCES, Caution, sentences
from cutis.steps.intake.refusals import Reason, Refused, error_for

FACTS = {
    "format": "JPEG",
    "what": "a thing",
    "why": "no such file or directory",
    "kind": "a GIF",
    "fix": "Save it as JPEG or PNG first.",
    "limit": 100,
    "limit_mib": 128.0,
    "limit_mpx": 60.0,
    "limit_s": 4.5,
    "width": 9000,
    "height": 8000,
    "scans": "over 100",
}


def test_every_refusal_has_its_sentence(snapshot: Any):
    messages = {reason.value: str(error_for(Refused(reason, **FACTS))) for reason in Reason}
    assert messages == snapshot


def test_every_refusal_is_an_error_of_the_person_or_the_installer():
    for reason in Reason:
        error = error_for(Refused(reason, **FACTS))
        assert isinstance(error, PhotoError | MissingExtraError)
        assert error.code.startswith(("photo.", "missing_extra"))


def test_every_caution_has_its_sentence(snapshot: Any):
    assert {caution.value: SENTENCES[caution] for caution in Caution} == snapshot


def test_cautions_are_said_once_in_a_fixed_order():
    said = sentences((Caution.ALPHA, Caution.DAMAGED_DATA, Caution.ALPHA))
    assert said == (SENTENCES[Caution.DAMAGED_DATA], SENTENCES[Caution.ALPHA])


def test_a_missing_fact_does_not_hide_the_refusal():
    assert "(format)" in str(error_for(Refused(Reason.BROKEN)))
