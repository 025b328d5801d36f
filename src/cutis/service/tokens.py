"""Opaque tokens: 256 random bits; what is kept of one is its SHA-256."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token(random_bytes: Callable[[int], bytes]) -> str:
    """Return a new token of 256 bits in base64url, 43 characters."""
    return base64.urlsafe_b64encode(random_bytes(TOKEN_BYTES)).rstrip(b"=").decode("ascii")


def token_hash(token: str) -> str | None:
    """Return the SHA-256 of a token in hexadecimal digits; None where it cannot be one.

    A plain hash is enough: nobody can try 2**256 tokens.
    """
    if not _TOKEN.fullmatch(token):
        return None
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def bearer(header: str | None) -> str | None:
    """Return the token of ``Authorization: Bearer TOKEN`` (RFC 6750), None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
