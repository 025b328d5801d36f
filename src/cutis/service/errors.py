"""Domain errors to HTTP, in one table: a stable code, a status, a title and what to do.

The answer is a problem document (RFC 9457): ``type`` is ``urn:cutis:problem:CODE``. A text is
written for the person or the program that asked; it never carries a name, a path or pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cutis.core.errors import CutisError

PROBLEM_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """How a code is answered: HTTP status, title, what to do."""

    status: int
    title: str
    fix: str


_AGAIN = "Try again later; the header Retry-After says when."
_SIGN_IN = "Sign in at POST /v1/sessions and send the token as a bearer token."
_OPERATOR = "Tell whoever runs this service; their log holds the details."

PROBLEMS: dict[str, Problem] = {
    "photo": Problem(422, "The photo cannot be read", "Send another photo."),
    "photo.unreadable": Problem(422, "The photo cannot be read", "Send the original file again."),
    "photo.unsupported": Problem(415, "This kind of file is not read", "Send JPEG, PNG or HEIC."),
    "photo.too_large": Problem(413, "The photo is too large", "Send a smaller version."),
    "photo.decode_limit": Problem(422, "Decoding costs too much", "Send a smaller version."),
    "upload.digest_missing": Problem(
        400, "The digest is missing", "Send Repr-Digest: sha-256=:BASE64: (RFC 9530)."
    ),
    "upload.digest_differs": Problem(
        422, "The file was altered on the way", "Send the original file again, with its digest."
    ),
    "upload.cut_off": Problem(400, "The upload ended too early", "Send the whole file."),
    "input": Problem(422, "The request does not fit", "Correct what the detail names."),
    "request.invalid": Problem(422, "The request does not fit", "Correct what the detail names."),
    "request.not_json": Problem(400, "The body is not JSON", "Send JSON in UTF-8."),
    "request.too_large": Problem(413, "The request is too large", "Send less."),
    "request.media_type": Problem(
        415, "This media type is not taken", "Send the media type that the API names."
    ),
    "request.not_there": Problem(404, "There is nothing here", "See /openapi.json."),
    "request.method": Problem(405, "This method is not taken here", "See /openapi.json."),
    "request.host": Problem(421, "This host is not served here", "Use the address of the service."),
    "access.login": Problem(401, "Sign in first", _SIGN_IN),
    "access.credentials": Problem(
        401, "The credentials do not fit", "Check them; after several tries wait a minute."
    ),
    "access.passkey": Problem(
        403, "A passkey is needed", "Sign in with a passkey; register one at POST /v1/passkeys."
    ),
    "access.step_up": Problem(
        403, "Confirm that it is you", "Confirm at POST /v1/sessions/current/step-up, then repeat."
    ),
    "access.trust": Problem(
        403, "This session is not trusted enough", "Sign in again, from this device and over HTTPS."
    ),
    "access.forbidden": Problem(403, "Your role may not do this", "Ask an admin of your clinic."),
    "access.consent": Problem(
        403, "The person has not consented to this", "Record the consent first, or leave it be."
    ),
    "access.guardian": Problem(
        403, "For a minor a guardian agrees", "Let the guardian agree, or name their signed form."
    ),
    "access.not_found": Problem(404, "There is no such thing", "Check the id."),
    "access.csrf": Problem(
        403, "This request did not come from a page of this service", "Load the page again."
    ),
    "access.proxied": Problem(
        403, "A forwarded request needs sign-in", "Start the service with login required."
    ),
    "conflict": Problem(409, "This does not go with what is there", "Read it again, then decide."),
    "conflict.idempotency": Problem(
        422, "This key was used for another request", "Use a new Idempotency-Key."
    ),
    "conflict.running": Problem(409, "The same request is at work", _AGAIN),
    "precondition.failed": Problem(
        412, "It has changed since you read it", "Read it again and repeat with the new ETag."
    ),
    "precondition.missing": Problem(
        428, "The version you read is missing", "Send If-Match with the ETag you read."
    ),
    "overload": Problem(503, "The service is busy", _AGAIN),
    "rate": Problem(429, "Too many requests", _AGAIN),
    "worker": Problem(503, "The analysis could not be done", "Try again."),
    "worker.fell": Problem(503, "The analysis could not be done", "Try again."),
    "worker.memory": Problem(422, "The analysis costs too much", "Send a smaller photo."),
    "worker.failed": Problem(500, "The analysis failed", "Send another photo."),
    "store.not_found": Problem(404, "There is no such thing", "Check the id."),
    "store.conflict": Problem(409, "This does not go with what is there", "Read it again first."),
    "store.unavailable": Problem(503, "Nothing was done; the records cannot be written", _AGAIN),
    "store.tampered": Problem(500, "What is kept does not open", _OPERATOR),
    "store": Problem(503, "The records cannot be reached", _OPERATOR),
    "store.full": Problem(507, "The disk is full", _OPERATOR),
    "model": Problem(503, "The models are not ready", _OPERATOR),
    "settings": Problem(500, "The service is set up wrongly", _OPERATOR),
    "missing_extra": Problem(501, "A part is not installed here", _OPERATOR),
    "cutis.error": Problem(500, "Something went wrong", _OPERATOR),
}
"""Every code that the service answers with; a code that is not here is answered as its kind."""


class RefusedRequestError(CutisError):
    """The service refuses a request; ``code`` is a key of `PROBLEMS`."""

    def __init__(self, code: str, detail: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(detail or PROBLEMS[code].title)
        self.code = code
        self.retry_after_s = retry_after_s


def problem_of(error: CutisError) -> tuple[str, Problem]:
    """Return code and answer for ``error``: those of its own code, or of its nearest kind."""
    own = error.code
    while own and own not in PROBLEMS:
        own = own.rpartition(".")[0]
    if own:
        return own, PROBLEMS[own]
    kinds = (kind.code for kind in type(error).__mro__ if issubclass(kind, CutisError))
    code = next(code for code in kinds if code in PROBLEMS)
    return code, PROBLEMS[code]


def problem_document(code: str, detail: str = "", **more: Any) -> dict[str, Any]:
    """Return the body of a problem answer.

    Args:
        code: a key of `PROBLEMS`.
        detail: what was expected and what came, in this case.
        more: further members, such as ``errors`` by place.
    """
    problem = PROBLEMS[code]
    return {
        "type": f"urn:cutis:problem:{code}",
        "title": problem.title,
        "status": problem.status,
        "detail": detail or problem.title,
        "code": code,
        "fix": problem.fix,
        **more,
    }
