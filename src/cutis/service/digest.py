"""``Repr-Digest`` (RFC 9530): the digest that a sender gives of the file it sends."""

from __future__ import annotations

import base64
import binascii
import re

from cutis.service.errors import RefusedRequestError

_MEMBER = re.compile(r"\s*([a-z0-9*_.-]+)=:([A-Za-z0-9+/=]*):\s*")
_SHA256_BYTES = 32


def expected_sha256(header: str | None) -> str:
    """Return the SHA-256 that ``Repr-Digest`` names, as 64 hexadecimal digits.

    Raises:
        RefusedRequestError: there is no such header, or no sha-256 in it.
    """
    for member in (header or "").split(","):
        match = _MEMBER.fullmatch(member)
        if match and match[1] == "sha-256":
            return _decoded(match[2])
    raise RefusedRequestError(
        "upload.digest_missing",
        "An upload carries the SHA-256 of the file in Repr-Digest; none came.",
    )


def repr_digest(digest: bytes) -> str:
    """Return the header for a SHA-256 of 32 bytes."""
    return f"sha-256=:{base64.b64encode(digest).decode('ascii')}:"


def _decoded(text: str) -> str:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != _SHA256_BYTES:
        raise RefusedRequestError(
            "upload.digest_missing",
            "The sha-256 of Repr-Digest is 32 bytes in base64 between colons; other text came.",
        )
    return digest.hex()
