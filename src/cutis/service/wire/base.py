"""What all JSON of the API has in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

PERSON_ID = "4dcb3ad39e1b4c0ea40e6dd2e95d4c29"
RECORD_ID = "b51f6a0c5f9c4f0f8a4f0d5ae5f4a3c2"
TIME = "2026-11-26T09:30:00Z"

Id = Annotated[str, Field(description="Opaque and random.", examples=[RECORD_ID], max_length=128)]
PersonId = Annotated[str, Field(description="A pseudonym.", examples=[PERSON_ID], max_length=128)]
Time = Annotated[str, Field(description="UTC, ISO 8601.", examples=[TIME])]


class Wire(BaseModel):
    """JSON that is taken or given; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemDocument(BaseModel):
    """A problem, after RFC 9457; ``code`` is stable and meant for programs."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(examples=["urn:cutis:problem:access.login"])
    title: str = Field(examples=["Sign in first"])
    status: int = Field(examples=[401])
    detail: str = Field(examples=["Sign in first"])
    code: str = Field(examples=["access.login"])
    fix: str = Field(examples=["Sign in at POST /v1/sessions and send the token."])
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="Which places of the request do not fit, and why."
    )
