"""Work on records, one acknowledged step at a time, and the check that nothing of it was lost."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cutis.core.errors import RecordNotFoundError
from cutis.core.record_words import Judgement, Purpose, Role
from cutis.core.records import (
    AssessmentDraft,
    Call,
    ConsentDraft,
    File,
    IdempotencyKey,
    JobDraft,
    PersonDraft,
    PhotoDraft,
    ReviewDraft,
)
from cutis.store.foundation import Parts
from cutis.store.opening import init_store, open_parts
from cutis.store.options import StoreOptions
from cutis.store.repository import Repository


def options_in(folder: Path, database: str = "") -> StoreOptions:
    """Return small settings for a store in one folder, with its root key beside it."""
    return StoreOptions(
        dir=folder / "data",
        database=database,
        root_key_file=folder / "root.key",
        keys_mirror_dir=folder / "mirror",
        reserve_mib=1,
        min_free_mib=1,
    )


def open_at(options: StoreOptions, **changes: Any) -> Repository:
    """Open a store; ``changes`` put other parts in place, or a ``database`` of another kind."""
    init_store(options)
    parts: Parts = open_parts(options)
    return Repository(replace(parts, **changes) if changes else parts)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One step that was acknowledged: what must be there now, and what must not."""

    kind: str
    id: str
    digest: str = ""
    person_id: str = ""


class Workload:
    """Draws steps from a seed; every step that returns was acknowledged."""

    def __init__(self, store: Repository, tenant_id: str, seed: int) -> None:
        self.store = store
        self.call = Call(tenant_id, "soak", Role.CLINICIAN)
        self.random = random.Random(seed)
        self.people: list[str] = []
        self.visits: list[str] = []
        self.assessments: list[str] = []

    def steps(self) -> Iterator[list[Acknowledged]]:
        """Do one step after the other, and yield what each acknowledged."""
        while True:
            yield self.step()()

    def step(self) -> Callable[[], list[Acknowledged]]:
        """Return the next step: one that can be done."""
        choices = [(self.add_person, 2)]
        if self.people:
            choices += [(self.add_photo, 5), (self.consent, 2), (self.erase, 1)]
        if self.assessments:
            choices.append((self.review, 2))
        steps, weights = zip(*choices, strict=True)
        return self.random.choices(steps, weights)[0]

    def add_person(self) -> list[Acknowledged]:
        """Keep a person."""
        reference = f"ref-{self.random.getrandbits(32)}"
        person = self.store.add_person(self.call, PersonDraft(reference, 1990))
        self.people.append(person.id)
        return [Acknowledged("person", person.id, reference, person.id)]

    def consent(self) -> list[Acknowledged]:
        """Keep a consent."""
        person = self.random.choice(self.people)
        draft = ConsentDraft(Purpose.ASSESSMENT, granted=True, text_version="1", given_by="soak")
        kept = self.store.record_consent(self.call, person, draft)
        return [Acknowledged("consent", kept.id, "", person)]

    def add_photo(self) -> list[Acknowledged]:
        """Keep a photo under an idempotency key, let a worker take its job, keep the result."""
        person = self.random.choice(self.people)
        content = self.random.randbytes(2000)
        key = IdempotencyKey(f"{self.random.getrandbits(64)}", digest(content))
        upload = self.store.add_photo(
            replace(self.call, idempotency=key),
            PhotoDraft(person, File("image/jpeg", content), job=JobDraft()),
        )
        done = [Acknowledged("photo", upload.photo.id, digest(content), person)]
        lease = self.store.claim_job("soak")
        if lease is not None and lease.job.record_id == upload.photo.id:
            drawn = self.random.randbytes(500)
            draft = AssessmentDraft(upload.photo.id, "{}", {"map": File("image/png", drawn)})
            kept = self.store.finish_job(lease, draft)
            self.assessments.append(kept.id)
            done.append(Acknowledged("assessment", kept.id, digest(drawn), person))
        return done

    def review(self) -> list[Acknowledged]:
        """Keep a review."""
        assessment = self.random.choice(self.assessments)
        try:
            kept = self.store.add_review(
                self.call, ReviewDraft(assessment, Judgement.VALIDATED, "seen")
            )
        except RecordNotFoundError:  # its person was erased
            self.assessments.remove(assessment)
            return []
        return [Acknowledged("review", kept.id, assessment, kept.person_id)]

    def erase(self) -> list[Acknowledged]:
        """Erase a person."""
        person = self.people.pop(self.random.randrange(len(self.people)))
        receipt = self.store.erase(self.call, person)
        return [Acknowledged("erased", receipt.id, "", person)]


def digest(content: bytes) -> str:
    """Return SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def lost(store: Repository, tenant_id: str, acknowledged: list[Acknowledged]) -> list[str]:
    """Return what was acknowledged and is not there, or is there and was erased."""
    call = Call(tenant_id, "soak", Role.CLINICIAN)
    erased = {one.person_id for one in acknowledged if one.kind == "erased"}
    return [
        f"{one.kind} {one.id}"
        for one in acknowledged
        if not _holds(store, call, one, gone=one.person_id in erased)
    ]


def _holds(store: Repository, call: Call, one: Acknowledged, *, gone: bool) -> bool:
    try:
        if one.kind == "erased":
            return store.erasure_receipt(call, one.id).id == one.id
        if one.kind == "person":
            return store.person(call, one.id).reference == one.digest and not gone
        if one.kind == "consent":
            return one.id in {c.id for c in store.consents(call, one.person_id)} and not gone
        if one.kind == "review":
            return one.id in {r.id for r in store.reviews(call, one.digest)} and not gone
        name = "photo" if one.kind == "photo" else "map"
        return digest(store.read_file(call, one.id, name).content) == one.digest and not gone
    except RecordNotFoundError:
        # an erasure that was under way when the power went may be done and not acknowledged
        return gone or store.erasure_begun(call.tenant_id, one.person_id)
