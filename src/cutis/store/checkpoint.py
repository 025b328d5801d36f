"""Checkpoints of a log: how many entries, under which root, signed by the log and by witnesses.

After c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature. The log signs with Ed25519 (kind
0x01, the text) *and* with ML-DSA-44 (kind 0x06); both must hold. A witness signs with ML-DSA-44,
or with Ed25519 (kind 0x04) where it is one of the public network. Extension lines are refused, for
ML-DSA-44 does not sign them.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from cutis.core.errors import InputError, TamperedError, UntrustedError
from cutis.store.merkle import HASH_BYTES
from cutis.store.notes import ALGORITHM_OF, Note, NoteKey, NoteKind, NoteSignature, check_name
from cutis.store.signature_keys import PrivateKey

_LATEST = 253402300799  # 9999-12-31: the last second that a datetime can tell


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log at one moment: its name, its number of entries, its root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the three lines.

        Raises:
            TamperedError: they are others, more or fewer.
        """
        lines = text.split("\n")
        try:
            origin, size, root = lines[:3]
            found = cls(origin, int(size), base64.b64decode(root, validate=True))
        except ValueError as error:
            raise _broken() from error
        if found.text() != text or not origin or len(found.root) != HASH_BYTES or found.size < 0:
            raise _broken()
        return found


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key of notes, under its name."""

    name: str
    kind: NoteKind
    private: PrivateKey

    @property
    def key(self) -> NoteKey:
        """The public key that checks what this one signs."""
        return NoteKey(self.name, self.kind, self.private.public())

    @classmethod
    def generate(cls, name: str, kind: NoteKind) -> NoteSigner:
        """Return a new signer."""
        check_name(name)
        return cls(name, kind, PrivateKey.generate(ALGORITHM_OF[kind]))

    def sign(self, checkpoint: Checkpoint, at: datetime) -> NoteSignature:
        """Return the signature line over ``checkpoint`` at a moment (aware)."""
        key, time = self.key, int(at.timestamp())
        signature = self.private.sign(_message(key, checkpoint, time))
        if self.kind is NoteKind.ED25519:
            return NoteSignature(key.name, key.id, signature)
        return NoteSignature(key.name, key.id, struct.pack(">Q", time) + signature)


@dataclass(frozen=True, slots=True)
class LogSigner:
    """Both private keys of a log; their name is the log's origin."""

    ed25519: NoteSigner
    ml_dsa_44: NoteSigner

    @classmethod
    def generate(cls, origin: str) -> LogSigner:
        """Return new keys."""
        kinds = (NoteKind.ED25519, NoteKind.ML_DSA_44_COSIGNATURE)
        return cls(*(NoteSigner.generate(origin, kind) for kind in kinds))

    @property
    def keys(self) -> LogKeys:
        """The public keys."""
        return LogKeys(self.ed25519.key, self.ml_dsa_44.key)

    def sign(self, checkpoint: Checkpoint, at: datetime) -> Note:
        """Return the checkpoint as a note with both signatures of the log."""
        signers = (self.ed25519, self.ml_dsa_44)
        return Note(checkpoint.text(), tuple(each.sign(checkpoint, at) for each in signers))


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Both public keys of a log.

    Raises:
        InputError: their names differ, or they are not of kind 0x01 and 0x06.
    """

    ed25519: NoteKey
    ml_dsa_44: NoteKey

    def __post_init__(self) -> None:
        kinds = (self.ed25519.kind, self.ml_dsa_44.kind)
        if kinds != (NoteKind.ED25519, NoteKind.ML_DSA_44_COSIGNATURE):
            raise InputError("A log has one key of kind 0x01 and one of kind 0x06. Give both.")
        if self.ed25519.name != self.ml_dsa_44.name:
            raise InputError("Both keys of a log bear its name. Give two keys of the same log.")

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.ed25519.name


@dataclass(frozen=True, slots=True)
class Policy:
    """Who must have signed a checkpoint: its log, and ``required`` of the ``witnesses``.

    Raises:
        InputError: fewer witnesses than are required, or one key under two names.
    """

    logs: tuple[LogKeys, ...] = ()
    witnesses: tuple[NoteKey, ...] = ()
    required: int = 2

    def __post_init__(self) -> None:
        names = {key.name for key in self.witnesses}
        distinct = {key.public.raw: key.name for key in self.witnesses}
        if len(distinct) < len({(key.public.raw, key.name) for key in self.witnesses}):
            raise InputError("One key stands under two witnesses' names. Give each its own.")
        if any(key.kind is NoteKind.ED25519 for key in self.witnesses):
            raise InputError("A witness has a key of kind 0x04 or 0x06, not 0x01. Give that one.")
        if self.required < 0 or (self.logs and len(names) < self.required):
            raise InputError(
                f"{self.required} witnesses are required and {len(names)} are known. "
                "Add their keys, or require fewer."
            )

    def log(self, origin: str) -> LogKeys:
        """Return the keys of a log.

        Raises:
            UntrustedError: it is not among the trusted ones.
        """
        for keys in self.logs:
            if keys.origin == origin:
                return keys
        raise UntrustedError(
            f"The log {origin!r} is not among the keys that you trust. "
            "Get its keys from who runs it, by a way that you trust, and add them."
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint whose signatures hold: when the log signed it, and which witnesses saw it when.

    Times are UTC. ``strangers`` counts the signatures of keys that are not among the trusted ones.
    """

    checkpoint: Checkpoint
    signed_at: datetime
    witnesses: tuple[tuple[str, datetime], ...]
    strangers: int = 0

    def first_seen_at(self, required: int) -> datetime:
        """Return by when as many witnesses as are required had seen it; else the log's own time."""
        times = sorted(at for _, at in self.witnesses)
        return times[required - 1] if 0 < required <= len(times) else self.signed_at


def open_checkpoint(note: Note, policy: Policy) -> Seen:
    """Verify a checkpoint against a policy.

    Raises:
        TamperedError: a signature of a known key does not hold, or one of the log's is missing.
        UntrustedError: the log is unknown, or too few witnesses have signed.
    """
    checkpoint = Checkpoint.parse(note.text)
    log = policy.log(checkpoint.origin)
    _verified(note, log.ed25519, checkpoint)
    signed_at = _verified(note, log.ml_dsa_44, checkpoint)
    known = [key for key in policy.witnesses if any(each.is_by(key) for each in note.signatures)]
    times: dict[str, datetime] = {}
    for key in known:
        at = _verified(note, key, checkpoint)
        times[key.name] = min(at, times.get(key.name, at))
    if len(times) < policy.required:
        raise UntrustedError(
            f"{len(times)} of the witnesses that you trust have seen this state of the log; "
            f"{policy.required} are required. Ask who runs the log for a witnessed checkpoint."
        )
    strangers = len(note.signatures) - 2 - len(known)
    return Seen(checkpoint, signed_at, tuple(sorted(times.items())), strangers)


def open_log_signatures(note: Note, log: LogKeys) -> Checkpoint:
    """Verify both signatures of the log alone, as a witness does.

    Raises:
        TamperedError: one is missing or does not hold, or the checkpoint is another log's.
    """
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.origin:
        raise TamperedError("The checkpoint is another log's. Send it to a witness of that log.")
    for key in (log.ed25519, log.ml_dsa_44):
        _verified(note, key, checkpoint)
    return checkpoint


def with_signatures(note: Note, more: Iterable[NoteSignature]) -> Note:
    """Return the note with ``more`` signature lines below those it has."""
    return Note(note.text, (*note.signatures, *more))


def _verified(note: Note, key: NoteKey, checkpoint: Checkpoint) -> datetime:
    """Check the one signature of ``key`` and return its time; the epoch where it tells none."""
    found = [each for each in note.signatures if each.is_by(key)]
    if len(found) != 1:
        raise TamperedError(
            f"{key.name} must have signed the checkpoint once with its "
            f"{key.public.algorithm.value} key; {len(found)} such signatures were found. "
            "Do not rely on it; ask who runs the log."
        )
    blob, time = found[0].blob, 0
    if key.kind is not NoteKind.ED25519:
        time, blob = int.from_bytes(blob[:8], "big"), blob[8:]
    if not 0 <= time <= _LATEST:
        raise TamperedError(f"{key.name} signed at a time that cannot be. Do not rely on it.")
    key.public.verify(blob, _message(key, checkpoint, time))
    return datetime.fromtimestamp(time, UTC)


def _message(key: NoteKey, checkpoint: Checkpoint, time: int) -> bytes:
    """Return what a key of notes signs; ``time`` in seconds since the epoch."""
    if key.kind is NoteKind.ED25519:
        return checkpoint.text().encode()
    if key.kind is NoteKind.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{checkpoint.text()}".encode()
    names = [text.encode() for text in (key.name, checkpoint.origin)]
    cosigner, origin = (bytes([len(name)]) + name for name in names)
    span = struct.pack(">QQ", 0, checkpoint.size)
    return b"subtree/v1\n\0" + cosigner + struct.pack(">Q", time) + origin + span + checkpoint.root


def _broken() -> TamperedError:
    return TamperedError(
        "A checkpoint of three lines was expected: name of the log, size, root in base64. "
        "Something else came; fetch it again from who runs the log."
    )
