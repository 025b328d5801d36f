"""Sealing: AES-256-GCM with the identity of what is sealed bound in as associated data.

    sealed = magic (4 bytes) | nonce (12 bytes) | ciphertext | tag (16 bytes)

What was sealed as one thing never opens as another: tenant, subject, record, kind, version and
key id are part of the associated data, and so is the magic. AES-GCM: NIST SP 800-38D. Nonces are
random; a key seals far fewer than the 2^32 messages that the standard allows for random ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cutis.core.errors import TamperedError
from cutis.core.record_words import Kind

MAGIC = b"CTS1"
KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD_BYTES = len(MAGIC) + NONCE_BYTES + TAG_BYTES

Random = Callable[[int], bytes]
"""Gives so many random bytes; `os.urandom` outside of tests."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who and what a sealed thing is."""

    tenant_id: str
    subject_id: str
    record_id: str
    kind: Kind
    version: int
    key_id: str

    def associated_data(self) -> bytes:
        """Return the bytes that bind the identity: each part with its length before it."""
        parts = (
            self.tenant_id,
            self.subject_id,
            self.record_id,
            self.kind.value,
            str(self.version),
            self.key_id,
        )
        encoded = [part.encode("utf-8") for part in parts]
        return MAGIC + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def new_key(random: Random = os.urandom) -> bytes:
    """Return a fresh key of 32 bytes."""
    return random(KEY_BYTES)


def seal(key: bytes, plain: bytes, identity: Identity, *, random: Random = os.urandom) -> bytes:
    """Seal ``plain`` under a key of 32 bytes."""
    nonce = random(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, identity.associated_data())
    return MAGIC + nonce + sealed


def open_sealed(key: bytes, sealed: bytes, identity: Identity) -> bytes:
    """Open what `seal` made of the same identity under the same key.

    Raises:
        TamperedError: a bit differs, or it was sealed as something else or under another key.
    """
    head = len(MAGIC) + NONCE_BYTES
    if len(sealed) < OVERHEAD_BYTES or sealed[: len(MAGIC)] != MAGIC:
        raise TamperedError(_message(identity))
    try:
        return AESGCM(key).decrypt(
            sealed[len(MAGIC) : head], sealed[head:], identity.associated_data()
        )
    except InvalidTag as error:
        raise TamperedError(_message(identity)) from error


def _message(identity: Identity) -> str:
    return (
        f"A sealed {identity.kind.value} does not open: it was altered, moved or sealed under "
        "another key. Run: cutis admin verify"
    )
