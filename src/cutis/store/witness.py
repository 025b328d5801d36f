"""Witnesses: each signs a log's checkpoint only if the log has grown from what it saw last.

After c2sp.org/tlog-witness, without its HTTP. A log that shows different histories to different
people would need every one of its witnesses to lie with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from cutis.core.errors import (
    ForkError,
    InputError,
    RollbackError,
    TamperedError,
    UntrustedError,
)
from cutis.store.checkpoint import (
    Checkpoint,
    LogKeys,
    LogSigner,
    NoteSigner,
    Policy,
    open_checkpoint,
    open_log_signatures,
    with_signatures,
)
from cutis.store.merkle import (
    EMPTY_ROOT,
    TreeSource,
    consistency_proof,
    range_root,
    verify_consistency,
)
from cutis.store.notes import Note, NoteSignature


@runtime_checkable
class WitnessMemory(Protocol):
    """Where a witness keeps the last checkpoint that it signed, per log; must outlive a crash."""

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log, None before the first."""

    def replace(self, old: Checkpoint | None, new: Checkpoint) -> bool:
        """Put ``new`` in place of ``old`` in one step; False where ``old`` is not the last."""


class MemoryInProcess:
    """A `WitnessMemory` that is gone when the process ends: for tests and drills."""

    def __init__(self) -> None:
        self._last: dict[str, Checkpoint] = {}

    def last(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint of a log."""
        return self._last.get(origin)

    def replace(self, old: Checkpoint | None, new: Checkpoint) -> bool:
        """Put ``new`` in place of ``old``."""
        if self._last.get(new.origin) != old:
            return False
        self._last[new.origin] = new
        return True


@runtime_checkable
class Cosigner(Protocol):
    """A witness as a log sees it: in this process, or at the other end of a line."""

    def last_size(self, origin: str) -> int:
        """Return the size of the last checkpoint signed for a log, 0 before the first."""

    def cosign(self, note: Note, old_size: int, proof: Sequence[bytes]) -> NoteSignature:
        """Return the signature over a checkpoint that grew from ``old_size``, or refuse."""


def check_growth(
    last: Checkpoint | None, new: Checkpoint, old_size: int, *, proof: Sequence[bytes]
) -> None:
    """Check that ``new`` continues ``last``.

    Raises:
        RollbackError: it has fewer entries.
        ForkError: it has another history.
        InputError: the proof starts at another size than that of ``last``.
    """
    size = last.size if last else 0
    if new.size < size:
        raise RollbackError(
            f"The log shows {new.size} entries; this witness has seen {size}. Entries were taken "
            "away. Do not rely on the log; ask who runs it."
        )
    if old_size != size:
        raise InputError(
            f"The proof starts at {old_size} entries; this witness has seen {size}. "
            f"Make a proof from {size}."
        )
    if not last or not size:
        return _check_start(new, proof)
    try:
        verify_consistency(size, new.size, proof=proof, old_root=last.root, new_root=new.root)
    except TamperedError as error:
        raise ForkError(
            f"The log's {new.size} entries do not begin with the {size} that this witness has "
            "seen: it shows different histories. Do not rely on the log; keep both checkpoints "
            "as evidence."
        ) from error
    return None


class Witness:
    """A witness of some logs.

    Attributes:
        signer: its key, of kind 0x04 or 0x06.
    """

    def __init__(
        self,
        signer: NoteSigner,
        logs: Iterable[LogKeys],
        *,
        memory: WitnessMemory,
        clock: Callable[[], datetime],
    ) -> None:
        self.signer = signer
        self._logs = {keys.origin: keys for keys in logs}
        self._memory = memory
        self._clock = clock

    def last_size(self, origin: str) -> int:
        """Return the size of the last checkpoint signed for a log, 0 before the first."""
        last = self._memory.last(origin)
        return last.size if last else 0

    def cosign(self, note: Note, old_size: int, proof: Sequence[bytes]) -> NoteSignature:
        """Return the signature over a checkpoint of a known log, kept before it is given.

        Raises:
            UntrustedError: the log is unknown to this witness.
            TamperedError: the log's signatures do not hold, or it rolled back or forked.
            InputError: the proof starts at another size than the last one seen.
        """
        origin = note.text.partition("\n")[0]
        if origin not in self._logs:
            raise UntrustedError(
                f"The witness {self.signer.name!r} does not watch the log {origin!r}. "
                "Give it the log's keys."
            )
        checkpoint = open_log_signatures(note, self._logs[origin])
        last = self._memory.last(origin)
        check_growth(last, checkpoint, old_size, proof=proof)
        if not self._memory.replace(last, checkpoint):
            raise InputError("Another checkpoint was signed meanwhile. Make a new proof.")
        return self.signer.sign(checkpoint, self._clock())


def publish(
    tree: TreeSource,
    signer: LogSigner,
    witnesses: Iterable[Cosigner],
    *,
    at: datetime,
    policy: Policy,
) -> Note:
    """Return a checkpoint of ``tree`` as it stands, signed by the log and by all ``witnesses``.

    Raises:
        StoreError: a witness refuses, or fewer have signed than the policy requires.
    """
    origin = signer.ed25519.name
    checkpoint = Checkpoint(origin, tree.size, range_root(tree, 0, tree.size))
    note = signer.sign(checkpoint, at)
    lines = []
    for witness in witnesses:
        old = min(witness.last_size(origin), tree.size)
        lines.append(witness.cosign(note, old, consistency_proof(tree, old)))
    whole = with_signatures(note, lines)
    open_checkpoint(whole, policy)
    return whole


def _check_start(new: Checkpoint, proof: Sequence[bytes]) -> None:
    """A log that was never seen may have any history; an empty one has the empty root."""
    if proof or (new.size == 0 and new.root != EMPTY_ROOT):
        raise ForkError(
            "A log that is seen for the first time needs no proof, and an empty one has the "
            "empty root. Something else came; ask who runs the log."
        )
