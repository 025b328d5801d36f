"""A passkey authenticator in software, for tests: makes credentials and signs challenges."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_USER_PRESENT, _USER_VERIFIED, _HAS_CREDENTIAL = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class SoftwareAuthenticator:
    """One passkey, ES256, for one origin (WebAuthn level 3, sections 6.1 and 6.5)."""

    def __init__(self, origin: str, domain: str = "localhost", *, verified: bool = True) -> None:
        self.origin, self.domain, self.verified = origin, domain, verified
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.count = 0

    def register(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.create``."""
        client = self._client("webauthn.create", options["challenge"])
        attestation = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": self._data(credential=True)}
        )
        return self._credential(
            {"clientDataJSON": b64(client), "attestationObject": b64(attestation)}
        )

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer ``navigator.credentials.get``."""
        self.count += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(credential=False)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": None,
            }
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        words = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(words).encode()

    def _data(self, *, credential: bool) -> bytes:
        flags = _USER_PRESENT | (_USER_VERIFIED if self.verified else 0)
        data = hashlib.sha256(self.domain.encode()).digest()
        if not credential:
            return data + struct.pack(">BI", flags, self.count)
        head = data + struct.pack(">BI", flags | _HAS_CREDENTIAL, self.count)
        return head + bytes(16) + struct.pack(">H", len(self.id)) + self.id + self._public()

    def _public(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
        }
