"""Keys on disk: public ones to hand out, private ones for the owner alone.

A private file holds seeds. With a passphrase they are sealed with AES-256-GCM under a key that
scrypt (RFC 7914) makes of it; the rest of the file is bound into the seal.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cutis.core.errors import InputError, MissingExtraError, StoreError, TamperedError
from cutis.store.checkpoint import LogKeys, LogSigner, NoteSigner, Policy
from cutis.store.documents import canonical, decoded, encoded, field, only
from cutis.store.notes import NoteKey, NoteKind
from cutis.store.signature_keys import SEED_BYTES, Algorithm, PrivateKey, PublicKey
from cutis.store.statement import Signer, SignerKeys
from cutis.store.verification import TrustedKeys

_PUBLIC_FORM, _PRIVATE_FORM = "cutis-public-keys-1", "cutis-private-keys-1"
_SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
_MAX_SCRYPT_N = 1 << 20
_NONCE_BYTES = 12


class KeyKind(StrEnum):
    """What a private key file is for."""

    SIGNER = "signer"
    """Signs reports."""

    LOG = "log"
    """Signs the checkpoints of a log."""

    WITNESS = "witness"
    """Signs checkpoints that it has seen grow."""


_SEEDS = {
    KeyKind.SIGNER: (Algorithm.ED25519, Algorithm.ML_DSA_65),
    KeyKind.LOG: (Algorithm.ED25519, Algorithm.ML_DSA_44),
    KeyKind.WITNESS: (Algorithm.ML_DSA_44,),
}
Owner = Signer | LogSigner | NoteSigner


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The private keys of one owner; ``keys`` in the order of the kind."""

    kind: KeyKind
    name: str
    keys: tuple[PrivateKey, ...]

    @classmethod
    def generate(cls, kind: KeyKind, name: str) -> KeyFile:
        """Return new keys."""
        made = cls(kind, name, tuple(PrivateKey.generate(each) for each in _SEEDS[kind]))
        made.trusted()  # refuses a name that cannot name a key
        return made

    def owner(self) -> Owner:
        """Return who can sign with these keys."""
        if self.kind is KeyKind.SIGNER:
            return Signer(self.name, *self.keys)
        kinds = (NoteKind.ED25519, NoteKind.ML_DSA_44_COSIGNATURE)[-len(self.keys) :]
        signers = [NoteSigner(self.name, *each) for each in zip(kinds, self.keys, strict=True)]
        return LogSigner(*signers) if self.kind is KeyKind.LOG else signers[0]

    def trusted(self) -> TrustedKeys:
        """Return the public keys, as someone who trusts this owner alone holds them."""
        owner = self.owner()
        if isinstance(owner, Signer):
            return TrustedKeys((owner.keys,))
        logs = (owner.keys,) if isinstance(owner, LogSigner) else ()
        witnesses = (owner.key,) if isinstance(owner, NoteSigner) else ()
        return TrustedKeys((), Policy(logs, witnesses, 0))

    def text(self, passphrase: str | None = None) -> str:
        """Return the file; with a passphrase its seeds are sealed.

        Raises:
            InputError: the passphrase is shorter than 12 characters.
        """
        seeds = b"".join(key.seed for key in self.keys)
        head: dict[str, Any] = {"form": _PRIVATE_FORM, "kind": self.kind.value, "name": self.name}
        head["scrypt"] = None
        if passphrase is not None:
            if len(passphrase) < 12:
                raise InputError("A passphrase has 12 characters or more. Take a longer one.")
            head["scrypt"] = {**_SCRYPT, "salt": encoded(secrets.token_bytes(16))}
            nonce = secrets.token_bytes(_NONCE_BYTES)
            cipher = _cipher(passphrase, head["scrypt"])
            seeds = nonce + bytes(cipher.encrypt(nonce, seeds, canonical(head)))
        return _written({**head, "seeds": encoded(seeds)})

    @classmethod
    def parse(cls, text: str, passphrase: str | None = None) -> KeyFile:
        """Read a private key file.

        Raises:
            StoreError: it is none, or its passphrase is missing or another.
        """
        try:
            tree = _read(text, _PRIVATE_FORM)
            only(tree, "form", "kind", "name", "scrypt", "seeds")
            kind, seeds = KeyKind(tree["kind"]), decoded(tree["seeds"])
            if tree["scrypt"] is not None:
                head = {key: value for key, value in tree.items() if key != "seeds"}
                seeds = _unsealed(seeds, passphrase, head)
            found = [seeds[at : at + SEED_BYTES] for at in range(0, len(seeds), SEED_BYTES)]
            pairs = zip(_SEEDS[kind], found, strict=True)
            return cls(kind, field(tree, "name", str), tuple(PrivateKey(*pair) for pair in pairs))
        except (ValueError, TypeError, KeyError) as error:
            raise StoreError(
                "A private key file that 'cutis keys make' wrote was expected; this is none, or "
                "it is damaged. Name another, or take it from your backup."
            ) from error


def is_sealed(text: str) -> bool:
    """Tell whether a private key file asks for a passphrase."""
    return '"scrypt": {' in text


def public_text(trusted: TrustedKeys) -> str:
    """Return public keys as a file to hand out."""
    policy = trusted.policy
    signers = [
        {
            "name": keys.name,
            "fingerprint": keys.fingerprint,
            **{each.value: encoded(keys.of(each).raw) for each in _SEEDS[KeyKind.SIGNER]},
        }
        for keys in trusted.signers
    ]
    logs = [
        {"ed25519": keys.ed25519.vkey, "ml_dsa_44": keys.ml_dsa_44.vkey} for keys in policy.logs
    ]
    return _written(
        {
            "form": _PUBLIC_FORM,
            "signers": signers,
            "logs": logs,
            "witnesses": [key.vkey for key in policy.witnesses],
        }
    )


def read_public(texts: Iterable[str], required: int = 2) -> TrustedKeys:
    """Read public key files as one; ``required`` witnesses must have seen a log.

    Raises:
        InputError: a file is none, or the keys make no policy.
    """
    signers: list[SignerKeys] = []
    logs: list[LogKeys] = []
    witnesses: list[NoteKey] = []
    for text in texts:
        try:
            tree = _read(text, _PUBLIC_FORM)
            signers += [_signer(each) for each in field(tree, "signers", list)]
            logs += [_log(each) for each in field(tree, "logs", list)]
            witnesses += [NoteKey.parse(each) for each in field(tree, "witnesses", list)]
        except InputError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(
                "A public key file that 'cutis keys make' wrote was expected; this is none, or "
                "it is damaged. Get it again from who publishes it."
            ) from error
    once = tuple(dict.fromkeys(witnesses))
    return TrustedKeys(tuple(dict.fromkeys(signers)), Policy(tuple(logs), once, required))


def _signer(tree: Mapping[str, Any]) -> SignerKeys:
    pair = (PublicKey(each, decoded(tree[each.value])) for each in _SEEDS[KeyKind.SIGNER])
    keys = SignerKeys(field(tree, "name", str), *pair)
    if tree.get("fingerprint") != keys.fingerprint:
        raise InputError(
            f"The keys of {keys.name!r} do not fit their fingerprint. Get the file again."
        )
    return keys


def _log(tree: Mapping[str, Any]) -> LogKeys:
    return LogKeys(NoteKey.parse(tree["ed25519"]), NoteKey.parse(tree["ml_dsa_44"]))


def _unsealed(sealed: bytes, passphrase: str | None, head: Mapping[str, Any]) -> bytes:
    if passphrase is None:
        raise StoreError("The private key file is sealed with a passphrase. Give it.")
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - of the extra

    cipher = _cipher(passphrase, head["scrypt"])
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return bytes(cipher.decrypt(nonce, rest, canonical(head)))
    except InvalidTag as error:
        raise TamperedError(
            "The private key file does not open: the passphrase is another, or the file was "
            "changed. Try again, or take it from your backup."
        ) from error


def _cipher(passphrase: str, scrypt: Mapping[str, Any]) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("A key under a passphrase", "verify") from error
    only(scrypt, "n", "r", "p", "salt")
    n, r, p = (field(scrypt, name, int) for name in "nrp")
    if not 1 < n <= _MAX_SCRYPT_N or (r, p) != (8, 1):
        raise ValueError("scrypt")
    kdf = Scrypt(salt=decoded(scrypt["salt"]), length=32, n=n, r=r, p=p)
    return AESGCM(kdf.derive(passphrase.encode()))


def _written(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


def _read(text: str, form: str) -> dict[str, Any]:
    tree = json.loads(text)
    if not isinstance(tree, dict) or tree.get("form") != form:
        raise ValueError("form")
    return tree
