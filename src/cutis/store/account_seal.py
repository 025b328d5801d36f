"""How account data are sealed: AES-256-GCM, bound to what they are and whose they are.

Keys are derived from one root key with HKDF-SHA256 (RFC 5869), one per use.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cutis.core.errors import TamperedError

_NONCE_BYTES = 12


class AccountSeal:
    """Seals small texts and makes keyed hashes to look them up by."""

    def __init__(self, root_key: bytes) -> None:
        """Derive the keys from ``root_key``, 32 bytes."""
        self._cipher = AESGCM(_derive(root_key, b"cutis/accounts/seal"))
        self._lookup = _derive(root_key, b"cutis/accounts/lookup")

    def seal(self, plain: bytes, about: str) -> bytes:
        """Return ``plain`` sealed; ``about`` is bound in and not kept."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed.

        Raises:
            TamperedError: it was altered, or belongs elsewhere.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, about.encode())
        except (InvalidTag, ValueError) as error:
            raise TamperedError(
                "A sealed account entry does not open: it was altered or moved. "
                "Restore the accounts from a backup."
            ) from error

    def keyed_hash(self, text: str, use: str) -> str:
        """Return HMAC-SHA256 of a text for one use, in hexadecimal digits."""
        message = f"{use}\0{text}".encode()
        return hmac.new(self._lookup, message, hashlib.sha256).hexdigest()


def _derive(root_key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root_key)
