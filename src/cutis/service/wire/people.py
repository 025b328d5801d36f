"""People, their ties, consents and visits."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from cutis.core.record_words import Purpose, Relation
from cutis.core.records import Consent, Link, Listing, Person, PersonDraft, Visit
from cutis.service.wire.base import RECORD_ID, TIME, Id, PersonId, Time, Wire


class PersonIn(Wire):
    """What is kept of a person; all of it sealed. Names belong into the clinic's own system."""

    reference: str = Field(
        default="", max_length=128, description="The clinic's own.", examples=["K-1042"]
    )
    birth_year: int | None = Field(default=None, ge=1900, le=2100, examples=[1990])
    note: str = Field(default="", max_length=4000, examples=["Prefers mornings."])
    user_id: str | None = Field(
        default=None, max_length=128, description="The user who is this person.", examples=[None]
    )

    def draft(self) -> PersonDraft:
        """Return it as the store takes it."""
        return PersonDraft(self.reference, self.birth_year, self.note, self.user_id)


class PersonOut(Wire):
    """A person under a pseudonym."""

    id: PersonId
    reference: str = Field(examples=["K-1042"])
    birth_year: int | None = Field(examples=[1990])
    note: str = Field(examples=["Prefers mornings."])
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, person: Person) -> Self:
        """Return a person as JSON."""
        return cls(
            id=person.id,
            reference=person.reference,
            birth_year=person.birth_year,
            note=person.note,
            version=person.version,
            created_at=person.created_at,
        )


class PeopleOut(Wire):
    """A page of people."""

    items: list[PersonOut]
    next_cursor: str | None = Field(description="For the next page; null at the end.")

    @classmethod
    def of(cls, listing: Listing[Person]) -> Self:
        """Return a page as JSON."""
        return cls(
            items=[PersonOut.of(person) for person in listing.items],
            next_cursor=listing.next_cursor,
        )


class TieIn(Wire):
    """A user's tie to a person."""

    user_id: str = Field(min_length=1, max_length=128, examples=[RECORD_ID])
    relation: Relation = Field(examples=[Relation.CARE])


class TieOut(TieIn):
    """A tie that is there."""

    @classmethod
    def of(cls, link: Link) -> Self:
        """Return a tie as JSON."""
        return cls(user_id=link.user_id, relation=link.relation)


class TiesOut(Wire):
    """All ties of a person."""

    items: list[TieOut]


class ConsentIn(Wire):
    """What a person says to one purpose."""

    purpose: Purpose = Field(examples=[Purpose.ASSESSMENT])
    granted: bool = Field(description="False withdraws.", examples=[True])
    text_version: str = Field(
        min_length=1, max_length=64, description="Of the text that was shown.", examples=["2026-1"]
    )
    language: str = Field(default="en", max_length=16, examples=["en"])
    evidence: str = Field(default="", max_length=1000, examples=["signed on paper"])
    expires_at: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$",
        max_length=20,
        examples=[None, TIME],
    )


class ConsentOut(Wire):
    """A receipt."""

    id: Id
    person_id: PersonId
    purpose: Purpose = Field(examples=[Purpose.ASSESSMENT])
    granted: bool = Field(examples=[True])
    text_version: str = Field(examples=["2026-1"])
    language: str = Field(examples=["en"])
    evidence: str = Field(examples=["signed on paper"])
    expires_at: str | None = Field(examples=[None])
    given_by: str = Field(description="The user who recorded it.", examples=[RECORD_ID])
    created_at: Time

    @classmethod
    def of(cls, consent: Consent) -> Self:
        """Return a receipt as JSON."""
        given = consent.given
        return cls(
            id=consent.id,
            person_id=consent.person_id,
            purpose=given.purpose,
            granted=given.granted,
            text_version=given.text_version,
            language=given.language,
            evidence=given.evidence,
            expires_at=given.expires_at,
            given_by=given.given_by,
            created_at=consent.created_at,
        )


class ConsentsOut(Wire):
    """All receipts of a person, oldest first; the latest of a purpose counts."""

    items: list[ConsentOut]


class VisitIn(Wire):
    """A visit."""

    visited_at: str | None = Field(
        default=None,
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$",
        max_length=20,
        description="Now, unless given.",
        examples=[TIME],
    )
    note: str = Field(default="", max_length=4000, examples=["First visit."])


class VisitOut(Wire):
    """A visit that is kept."""

    id: Id
    person_id: PersonId
    visited_at: Time
    note: str = Field(examples=["First visit."])
    version: int = Field(examples=[1])
    created_at: Time

    @classmethod
    def of(cls, visit: Visit) -> Self:
        """Return a visit as JSON."""
        return cls(
            id=visit.id,
            person_id=visit.person_id,
            visited_at=visit.visited_at,
            note=visit.note,
            version=visit.version,
            created_at=visit.created_at,
        )


class VisitsOut(Wire):
    """A page of visits."""

    items: list[VisitOut]
    next_cursor: str | None

    @classmethod
    def of(cls, listing: Listing[Visit]) -> Self:
        """Return a page as JSON."""
        items = [VisitOut.of(visit) for visit in listing.items]
        return cls(items=items, next_cursor=listing.next_cursor)
