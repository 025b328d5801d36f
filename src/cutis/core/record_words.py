"""The words of records: roles, ties, purposes, kinds, judgements, and how things stand."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a user is to a tenant; the policy table of the service says what each may do."""

    PERSON = "person"
    GUARDIAN = "guardian"
    ASSISTANT = "assistant"
    CLINICIAN = "clinician"
    RESEARCHER = "researcher"
    ADMIN = "admin"
    AUDITOR = "auditor"
    WORKER = "worker"
    """A process of the system itself; no user has it."""


class Relation(StrEnum):
    """What a user is to one person."""

    SELF = "self"
    GUARDIAN = "guardian"
    CARE = "care"


class Purpose(StrEnum):
    """What a person agrees to, each apart."""

    ASSESSMENT = "assessment"
    HISTORY = "history"
    SHARING = "sharing"
    RESEARCH = "research"
    TRAINING = "training"


class Kind(StrEnum):
    """What a sealed thing is; part of the associated data, so that one never opens as another."""

    TENANT = "tenant"
    PERSON = "person"
    CONSENT = "consent"
    VISIT = "visit"
    PHOTO = "photo"
    ASSESSMENT = "assessment"
    REVIEW = "review"
    FILE = "file"
    KEY = "key"


class Judgement(StrEnum):
    """What a reviewer says of an assessment."""

    VALIDATED = "validated"
    CORRECTED = "corrected"
    OVERRIDDEN = "overridden"


class JobState(StrEnum):
    """Where a job stands; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"
    """It took its worker down, or failed, as often as is allowed."""


class Outcome(StrEnum):
    """How an operation ended, for the log."""

    DONE = "done"
    REFUSED = "refused"
