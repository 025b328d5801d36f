"""The transparency log over the table that a database keeps: checkpoints, proofs, and the audit.

Hashing and proofs are pure (`cutis.store.merkle`); what is read comes through `LeafSource`. Entries
are written elsewhere, in the transaction of what they tell of.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from cutis.core.errors import InputError, TamperedError
from cutis.core.record_ports import LeafSource
from cutis.store.checkpoint import LogSigner, Policy, open_checkpoint
from cutis.store.merkle import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)
from cutis.store.notes import Note
from cutis.store.signing import Entry, SignatureFile, enter
from cutis.store.trees import TiledTree
from cutis.store.witness import Cosigner, publish

_CHUNK = 1024


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit went through: all entries, and those that a checkpoint covers."""

    entries: int
    covered: int


class TransparencyLog:
    """A log that signs its own growth and has it witnessed."""

    def __init__(
        self,
        table: LeafSource,
        signer: LogSigner,
        witnesses: Iterable[Cosigner] = (),
        *,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._table = table
        self._signer = signer
        self._witnesses = tuple(witnesses)
        self._policy = policy
        self._clock = clock
        self._tree = TiledTree(0, table.leaf_hashes)
        self._lock = threading.Lock()

    def tree(self) -> TiledTree:
        """Return the tree over all entries that are there now.

        Raises:
            TamperedError: there are fewer than before.
        """
        with self._lock:
            self._tree.grow(self._table.log_size())
            return self._tree

    def checkpoint(self, at_least: int = 0) -> Note:
        """Return a witnessed checkpoint that covers ``at_least`` entries; 0 asks for all.

        Signs and keeps a new one where the kept one is too old.

        Raises:
            InputError: the log has fewer entries.
            TamperedError: it has fewer than before, or a witness saw another history.
            StoreError: too few witnesses have signed.
        """
        with self._lock:
            size = self._table.log_size()
            self._tree.grow(size)
            if at_least > size:
                raise InputError(f"The log has {size} entries, not {at_least}. Ask for fewer.")
            kept = self._table.latest_checkpoint()
            if kept is not None and kept[0] > size:
                raise TamperedError(
                    f"The log has {size} entries, its last checkpoint {kept[0]}: entries were "
                    "taken away. Stop the service and compare the database with its backup."
                )
            if kept is not None and kept[0] >= (at_least or size):
                return Note.parse(kept[1])
            note = publish(
                self._tree, self._signer, self._witnesses, at=self._clock(), policy=self._policy
            )
            self._table.save_checkpoint(size, str(note))
            return note

    def inclusion(self, index: int) -> Entry:
        """Return an entry with the proof that it is in the log, and a checkpoint above it.

        Raises:
            InputError: there is no such entry.
            StoreError: as `checkpoint` does.
        """
        if index < 0:
            raise InputError(f"Entries count from 0; {index} came. Ask for one that is there.")
        note = self.checkpoint(index + 1)
        size = open_checkpoint(note, self._policy).checkpoint.size
        leaf = next(iter(self._table.log_entries(index, index + 1)))
        return Entry(leaf, index, inclusion_proof(self._tree, index, size), str(note))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the log of ``new`` entries begins with that of ``old``.

        Raises:
            InputError: the sizes are not 0 ≤ old ≤ new ≤ entries.
        """
        return consistency_proof(self.tree(), old, new)

    def complete(self, file: SignatureFile, index: int) -> SignatureFile:
        """Return a signature file with its place in this log, the entry at ``index``.

        Raises:
            InputError: the signature names another log, or there is no such entry.
            StoreError: as `checkpoint` does.
        """
        entry = self.inclusion(index)
        note = Note.parse(entry.checkpoint)
        return enter(file, self._tree, leaf=entry.leaf, index=index, checkpoint=note)

    def audit(self) -> Audited:
        """Read the whole log again: each entry against its hash, all hashes against the checkpoint.

        Raises:
            TamperedError: an entry, a hash or the checkpoint is not what it was.
        """
        kept = self._table.latest_checkpoint()
        covered, expected = 0, Frontier().root()
        if kept is not None:
            head = open_checkpoint(Note.parse(kept[1]), self._policy).checkpoint
            covered, expected = head.size, head.root
        size, frontier = self._table.log_size(), Frontier()
        found = frontier.root() if covered == 0 else None
        for leaf in self._checked_leaves(size):
            frontier = frontier.append(leaf)
            found = frontier.root() if frontier.size == covered else found
        if found != expected:
            raise TamperedError(
                f"The first {covered} entries of the log are not those that its checkpoint was "
                "signed over. Stop the service; compare the database with its backup."
            )
        return Audited(frontier.size, covered)

    def _checked_leaves(self, size: int) -> Iterator[bytes]:
        for start in range(0, size, _CHUNK):
            stop = min(start + _CHUNK, size)
            entries = [*islice(self._table.log_entries(start, stop), stop - start)]
            hashes = [leaf_hash(entry) for entry in entries]
            if hashes != list(self._table.leaf_hashes(start, stop)) or len(hashes) < stop - start:
                raise TamperedError(
                    f"An entry of the log between {start} and {stop - 1} is missing, or is not the "
                    "one that was written. Stop the service; compare the database with its backup."
                )
            yield from hashes
