"""What a signer states about a report, and the two signatures below it.

A statement names the report by a salted commitment, the signer by name and key ids, and the moment.
Both signatures, Ed25519 and ML-DSA-65, are made over the same bytes, and these name both keys:
taking one away, or putting another in, breaks the other.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cutis.core.errors import InputError, TamperedError, UntrustedError
from cutis.store.documents import canonical, decoded, encoded, field, only
from cutis.store.notes import check_name
from cutis.store.signature_keys import Algorithm, PrivateKey, PublicKey, signature_bytes

VERSION = 1
BOTH = (Algorithm.ED25519, Algorithm.ML_DSA_65)
"""The algorithms of a report's signatures; each must be there."""

MEDIA_TYPES = {
    "json": "application/json",
    "html": "text/html",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "zip": "application/zip",
}
"""What can be signed, by the ending of the file's name."""

_STATEMENT = b"cutis report statement v1\n\0"
_COMMITMENT = b"cutis report v1\n\0"
_KEY = b"cutis report key v1\n"
_ENTRY = b"cutis signed report v1\n\0"
_MEMBERS = "version media_type commitment sections signer key_ids signed_at log".split()
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class SignerKeys:
    """Both public keys of who signs reports, under their name."""

    name: str
    ed25519: PublicKey
    ml_dsa_65: PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)
        if (self.ed25519.algorithm, self.ml_dsa_65.algorithm) != BOTH:
            raise InputError("A signer has one Ed25519 and one ML-DSA-65 key. Give both.")

    def of(self, algorithm: Algorithm) -> PublicKey:
        """Return the key of an algorithm."""
        return self.ed25519 if algorithm is Algorithm.ED25519 else self.ml_dsa_65

    @property
    def ids(self) -> dict[str, str]:
        """The id of each key: 128 bits of SHA-256 over name, algorithm and key, in hex."""
        return {each.value: _key_id(self.name, self.of(each)) for each in BOTH}

    @property
    def fingerprint(self) -> str:
        """A word for both keys together, short enough to compare aloud: 80 bits in hex."""
        digest = hashlib.sha256(_KEY + canonical([self.name, self.ids])).hexdigest()
        return "-".join(digest[at : at + 4] for at in range(0, 20, 4))


@dataclass(frozen=True, slots=True)
class Signer:
    """Both private keys of who signs reports."""

    name: str
    ed25519: PrivateKey
    ml_dsa_65: PrivateKey

    @classmethod
    def generate(cls, name: str) -> Signer:
        """Return new keys."""
        check_name(name)
        return cls(name, *(PrivateKey.generate(each) for each in BOTH))

    @property
    def keys(self) -> SignerKeys:
        """The public keys."""
        return SignerKeys(self.name, self.ed25519.public(), self.ml_dsa_65.public())


@dataclass(frozen=True, slots=True)
class SectionsRoot:
    """The salted tree over the sections of a JSON report: how many there are, and its root."""

    count: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Statement:
    """What is signed.

    Attributes:
        media_type: what kind of file the report is.
        commitment: HMAC-SHA-256 of the file under a salt, 32 bytes.
        sections: the tree over its sections, where it is JSON.
        signer: the signer's name.
        key_ids: the id of each of the signer's keys, by algorithm.
        signed_at: when the signer says that it was signed, UTC, whole seconds.
        log: the log in which the signature is entered, None without one.
    """

    media_type: str
    commitment: bytes
    sections: SectionsRoot | None
    signer: str
    key_ids: Mapping[str, str]
    signed_at: datetime
    log: str | None = None

    def tree(self) -> dict[str, Any]:
        """Return the statement as plain JSON."""
        sections = self.sections
        return {
            "version": VERSION,
            "media_type": self.media_type,
            "commitment": self.commitment.hex(),
            "sections": sections and {"count": sections.count, "root": sections.root.hex()},
            "signer": self.signer,
            "key_ids": dict(self.key_ids),
            "signed_at": self.signed_at.strftime(_TIME),
            "log": self.log,
        }

    def message(self) -> bytes:
        """Return the bytes that both signatures are made over."""
        return _STATEMENT + canonical(self.tree())

    @classmethod
    def from_tree(cls, tree: Mapping[str, Any]) -> Statement:
        """Read what `tree` gave.

        Raises:
            ValueError: it is none.
        """
        only(tree, *_MEMBERS)
        log, key_ids = tree["log"], field(tree, "key_ids", dict)
        if field(tree, "version", int) != VERSION or not isinstance(log, str | None):
            raise ValueError("version")
        only(key_ids, *(each.value for each in BOTH))
        return cls(
            field(tree, "media_type", str),
            bytes.fromhex(field(tree, "commitment", str)),
            _sections(tree["sections"]),
            field(tree, "signer", str),
            {name: field(key_ids, name, str) for name in key_ids},
            datetime.strptime(field(tree, "signed_at", str), _TIME).replace(tzinfo=UTC),
            log,
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement and both signatures over it; nothing is verified yet."""

    statement: Statement
    signatures: Mapping[Algorithm, bytes]

    @classmethod
    def make(cls, statement: Statement, signer: Signer) -> Signed:
        """Sign a statement with both keys."""
        message = statement.message()
        keys = {Algorithm.ED25519: signer.ed25519, Algorithm.ML_DSA_65: signer.ml_dsa_65}
        return cls(statement, {each: key.sign(message) for each, key in keys.items()})

    @classmethod
    def from_tree(cls, statement: Mapping[str, Any], signatures: Mapping[str, Any]) -> Signed:
        """Read both parts of a document.

        Raises:
            ValueError: they are not of this form.
            TamperedError: a signature was taken away.
        """
        for algorithm in BOTH:
            if not signatures.get(algorithm.value):
                raise TamperedError(
                    f"A report bears two signatures; the {algorithm.value} one was taken away. "
                    "Do not rely on it; ask the signer for the original."
                )
        only(signatures, *(each.value for each in BOTH))
        found = {each: decoded(signatures[each.value]) for each in BOTH}
        if any(len(found[each]) != signature_bytes(each) for each in BOTH):
            raise ValueError("length")
        return cls(Statement.from_tree(statement), found)

    def signature_tree(self) -> dict[str, str]:
        """Return the signatures as plain JSON."""
        return {each.value: encoded(self.signatures[each]) for each in BOTH}

    def entry_digest(self) -> str:
        """Return what an entry of a log names this by: SHA-256, hex."""
        content = b"".join(self.signatures[each] for each in BOTH)
        return hashlib.sha256(_ENTRY + self.statement.message() + content).hexdigest()

    def verify(self, keys: SignerKeys) -> None:
        """Check both signatures.

        Raises:
            UntrustedError: it was signed with other keys.
            TamperedError: a signature does not hold.
        """
        if dict(self.statement.key_ids) != keys.ids or self.statement.signer != keys.name:
            raise UntrustedError(
                f"The report says that {self.statement.signer!r} signed it, with other keys than "
                "those you trust under that name. Ask the signer, by a way that you trust, "
                "whether the keys were changed."
            )
        for algorithm in BOTH:
            keys.of(algorithm).verify(self.signatures[algorithm], self.statement.message())


def commit(salt: bytes, report: bytes) -> bytes:
    """Return the commitment to a file: it tells nothing of the file to who lacks the salt."""
    return hmac.digest(salt, _COMMITMENT + report, "sha256")


def _key_id(name: str, key: PublicKey) -> str:
    content = canonical([name, key.algorithm.value, key.raw.hex()])
    return hashlib.sha256(_KEY + content).hexdigest()[:32]


def _sections(tree: Any) -> SectionsRoot | None:
    if tree is None:
        return None
    only(tree, "count", "root")
    return SectionsRoot(field(tree, "count", int), bytes.fromhex(field(tree, "root", str)))
