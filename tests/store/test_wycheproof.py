"""Wycheproof vectors: what is valid is taken, what is not is refused, none surprises."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cutis.core.errors import CutisError
from cutis.store.signature_keys import Algorithm, PublicKey

pytestmark = pytest.mark.shared
REFUSALS = (CutisError, InvalidSignature, InvalidTag, ValueError)
Case = tuple[dict[str, Any], dict[str, Any]]


def cases(vectors: dict[str, bytes], name: str) -> Iterator[Case]:
    """Yield each test with its group, hexadecimal kept as text."""
    for group in json.loads(vectors[f"./vectors/wycheproof/testvectors_v1_{name}_test.json"])[
        "testGroups"
    ]:
        for test in group["tests"]:
            yield group, test


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def verify_ed25519(group: dict[str, Any], test: dict[str, Any]) -> None:
    key = PublicKey(Algorithm.ED25519, raw(group["publicKey"]["pk"]))
    key.verify(raw(test["sig"]), raw(test["msg"]))


def verify_ml_dsa(algorithm: Algorithm) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    """Return a check through our keys; a context, which they never use, goes to the library."""
    library = {
        Algorithm.ML_DSA_44: mldsa.MLDSA44PublicKey,
        Algorithm.ML_DSA_65: mldsa.MLDSA65PublicKey,
    }[algorithm]

    def verify(group: dict[str, Any], test: dict[str, Any]) -> None:
        key, signature, message = raw(group["publicKey"]), raw(test["sig"]), raw(test["msg"])
        if test.get("ctx"):
            library.from_public_bytes(key).verify(signature, message, raw(test["ctx"]))
        else:
            PublicKey(algorithm, key).verify(signature, message)

    return verify


def open_aes_gcm(group: dict[str, Any], test: dict[str, Any]) -> None:
    cipher, sealed = AESGCM(raw(test["key"])), raw(test["ct"] + test["tag"])
    assert cipher.decrypt(raw(test["iv"]), sealed, raw(test["aad"])) == raw(test["msg"])


def derive_hkdf(group: dict[str, Any], test: dict[str, Any]) -> None:
    kdf = HKDF(SHA256(), test["size"], salt=raw(test["salt"]), info=raw(test["info"]))
    assert kdf.derive(raw(test["ikm"])) == raw(test["okm"])


CHECKS = {
    "ed25519": verify_ed25519,
    "mldsa_44_verify": verify_ml_dsa(Algorithm.ML_DSA_44),
    "mldsa_65_verify": verify_ml_dsa(Algorithm.ML_DSA_65),
    "aes_gcm": open_aes_gcm,
    "hkdf_sha256": derive_hkdf,
}
EXPECTED = {
    "ed25519": {"valid": 88, "invalid": 63},
    "mldsa_44_verify": {"valid": 77, "invalid": 103},
    "mldsa_65_verify": {"valid": 79, "invalid": 131},
    "aes_gcm": {"valid": 229, "invalid": 87},
    "hkdf_sha256": {"valid": 83, "invalid": 3},
}
"""How many tests of each result a file holds; *acceptable* occurs in none of these."""

LEFT_OUT = {"aes_gcm": 27}
"""Valid, yet refused by the library: nonces under 8 or over 128 bytes. Ours have 12."""


@pytest.mark.parametrize("name", CHECKS)
def test_wycheproof(vectors: dict[str, bytes], name: str):
    counts: Counter[str] = Counter()
    surprises, left_out = [], 0
    for group, test in cases(vectors, name):
        counts[test["result"]] += 1
        try:
            CHECKS[name](group, test)
            taken = True
        except REFUSALS:
            taken = False
        if not taken and name == "aes_gcm" and not 64 <= group["ivSize"] <= 1024:
            left_out += test["result"] == "valid"
        elif taken != (test["result"] == "valid"):
            surprises.append((test["tcId"], test["comment"], test["result"]))
    assert dict(counts) == EXPECTED[name]
    assert not surprises
    assert left_out == LEFT_OUT.get(name, 0)
