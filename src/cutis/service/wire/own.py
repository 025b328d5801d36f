"""A result in words, and a result that is not kept."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field

from cutis.core.assessment import Assessment
from cutis.core.language import Language
from cutis.service.wire.base import TIME, Wire
from cutis.steps.narrate import narrate, read_catalogue
from cutis.store.verification import Proof

_SEEN = "Redness: 34 of 100, noticeable."


class SectionOut(Wire):
    """A heading and its sentences."""

    heading: str = Field(examples=["What we see"])
    sentences: list[str] = Field(examples=[[_SEEN]])


class SummaryOut(Wire):
    """An assessment in words; ``direction`` is ``ltr`` or ``rtl``."""

    language: Language = Field(examples=[Language.ENGLISH])
    direction: str = Field(examples=["ltr"])
    sections: list[SectionOut]
    closing: str = Field(examples=["This is a decision aid, not a diagnosis."])

    @classmethod
    def of(cls, assessment: Assessment, language: Language) -> Self:
        """Return the summary of an assessment as JSON."""
        told = narrate(assessment, read_catalogue(language))
        return cls(
            language=told.language,
            direction=told.direction,
            sections=[
                SectionOut(heading=section.heading, sentences=list(section.sentences))
                for section in told.sections
            ],
            closing=told.closing,
        )


class VerifyIn(Wire):
    """A signed report and its signature file, each as its text."""

    report: str = Field(max_length=16 << 20, examples=["{}"])
    signature: str = Field(max_length=1 << 20, examples=["{}"])


class VerifiedOut(Wire):
    """Whether a report is as it was signed, and by whom; otherwise why not."""

    verified: bool = Field(examples=[True])
    signer: str | None = Field(default=None, examples=["skin.example.org/cutis"])
    fingerprint: str | None = Field(default=None, examples=["0f3b-7a6c-9d2e-4f10-aa31"])
    signed_at: str | None = Field(default=None, examples=[TIME])
    reason: str | None = Field(default=None, examples=[None])

    @classmethod
    def of(cls, proof: Proof) -> Self:
        """Return what was proven as JSON."""
        return cls(
            verified=True,
            signer=proof.signer.name,
            fingerprint=proof.signer.fingerprint,
            signed_at=proof.signed_at.isoformat(),
        )


class PrivateOut(Wire):
    """The assessment of a photo that was not kept."""

    document: dict[str, Any] = Field(
        description="See the JSON schema of assessments.",
        examples=[{"schema_version": "1.2", "usable": True}],
    )
    summary: SummaryOut
    files: dict[str, str] = Field(
        description="Report, skin mask and maps by name, each in base64.",
        examples=[{"report.html": "PCFkb2N0eXBlIGh0bWw+"}],
    )
