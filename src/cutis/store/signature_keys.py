"""Signature keys: Ed25519 (RFC 8032) and ML-DSA (FIPS 204), each made from a seed of 32 bytes.

Nothing of it is computed here; the library `cryptography` is.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cutis.core.errors import InputError, MissingExtraError, TamperedError

SEED_BYTES = 32


class Algorithm(StrEnum):
    """A signature algorithm."""

    ED25519 = "ed25519"
    """Classical; small keys and signatures."""

    ML_DSA_44 = "ml_dsa_44"
    """Stands against quantum computers, NIST level 2: for checkpoints and witnesses."""

    ML_DSA_65 = "ml_dsa_65"
    """Stands against quantum computers, NIST level 3: for reports."""


_BYTES = {
    Algorithm.ED25519: (32, 64),
    Algorithm.ML_DSA_44: (1312, 2420),
    Algorithm.ML_DSA_65: (1952, 3309),
}
"""Bytes of a public key and of a signature."""


def public_bytes(algorithm: Algorithm) -> int:
    """Return how long a public key is."""
    return _BYTES[algorithm][0]


def signature_bytes(algorithm: Algorithm) -> int:
    """Return how long a signature is."""
    return _BYTES[algorithm][1]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures; ``raw`` is its encoding after RFC 8032 or FIPS 204."""

    algorithm: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        expected = public_bytes(self.algorithm)
        if len(self.raw) != expected:
            raise InputError(
                f"A public key of {self.algorithm.value} has {expected} bytes, not "
                f"{len(self.raw)}. Copy the whole key."
            )

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature.

        Raises:
            TamperedError: it was not made with this key over this message.
            MissingExtraError: the library is not installed.
        """
        invalid, key = _library()[0], _loaded(self)
        try:
            key.verify(signature, message)
        except (invalid, ValueError) as error:
            raise TamperedError(
                f"The {self.algorithm.value} signature does not hold: what it stands under was "
                "changed after the signing, or somebody else signed. Do not rely on it; ask the "
                "signer for the original."
            ) from error


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that signs, as its seed."""

    algorithm: Algorithm
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.seed) != SEED_BYTES:
            raise InputError(
                f"A private key is made of {SEED_BYTES} bytes, not {len(self.seed)}. "
                "Take another copy of the key file."
            )

    @classmethod
    def generate(cls, algorithm: Algorithm) -> PrivateKey:
        """Return a new key from the system's randomness."""
        return cls(algorithm, secrets.token_bytes(SEED_BYTES))

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message``.

        Raises:
            MissingExtraError: the library is not installed.
        """
        return bytes(_unsealed(self).sign(message))

    def public(self) -> PublicKey:
        """Return the key that checks what this one signs."""
        return PublicKey(self.algorithm, bytes(_unsealed(self).public_key().public_bytes_raw()))


def _loaded(key: PublicKey) -> Any:
    _, ed25519, mldsa = _library()
    if key.algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(key.raw)
    kinds = {
        Algorithm.ML_DSA_44: mldsa.MLDSA44PublicKey,
        Algorithm.ML_DSA_65: mldsa.MLDSA65PublicKey,
    }
    return kinds[key.algorithm].from_public_bytes(key.raw)


def _unsealed(key: PrivateKey) -> Any:
    _, ed25519, mldsa = _library()
    if key.algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(key.seed)
    kinds = {
        Algorithm.ML_DSA_44: mldsa.MLDSA44PrivateKey,
        Algorithm.ML_DSA_65: mldsa.MLDSA65PrivateKey,
    }
    return kinds[key.algorithm].from_seed_bytes(key.seed)


def _library() -> tuple[type[Exception], Any, Any]:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("Signing and verifying", "verify") from error
    return InvalidSignature, ed25519, mldsa
