"""A Merkle tree over an append-only list: hashes, growth, proofs and their checks; no I/O.

After RFC 6962, section 2.1 (= RFC 9162, section 2.1). A leaf is hashed as ``SHA-256(0x00 ‖ data)``,
a node as ``SHA-256(0x01 ‖ left ‖ right)``, so that neither can pass for the other. All functions
take leaf *hashes*. Indices count from 0; ranges are half open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol, Self, runtime_checkable

from cutis.core.errors import InputError, TamperedError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node over its two children, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes; `EMPTY_ROOT` where there are none."""
    return Frontier.of(leaves).root()


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: ``2 ** level`` leaves, the ``index``-th of its level."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to grow a tree: its size and the roots of its largest complete subtrees.

    Attributes:
        size: the number of leaves.
        peaks: one hash for each bit that is set in ``size``, largest subtree first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise InputError(
                f"A tree of {self.size} leaves has {max(self.size, 0).bit_count()} peaks, "
                f"not {len(self.peaks)}. Read size and peaks from the same record."
            )

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> Self:
        """Return the frontier after all of ``leaves`` (hashes)."""
        return reduce(lambda frontier, leaf: frontier.append(leaf), leaves, cls())

    def completed(self, leaf: bytes) -> tuple[Node, ...]:
        """Return the nodes that appending ``leaf`` (a hash) completes, from the leaf upward."""
        nodes = [Node(0, self.size, leaf)]
        for level in range(1, _merges(self.size) + 1):
            joined = node_hash(self.peaks[-level], nodes[-1].hash)
            nodes.append(Node(level, self.size >> level, joined))
        return tuple(nodes)

    def append(self, leaf: bytes) -> Self:
        """Return the frontier with one more leaf (a hash); O(log n) hashes."""
        kept = self.peaks[: len(self.peaks) - _merges(self.size)]
        return type(self)(self.size + 1, (*kept, self.completed(leaf)[-1].hash))

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        if not self.peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


@runtime_checkable
class TreeSource(Protocol):
    """Where a log keeps its tree. The leaves must be there; nodes above them may be."""

    @property
    def size(self) -> int:
        """The number of leaves."""

    def leaf(self, index: int) -> bytes:
        """Return the hash of leaf ``index``, 0 ≤ index < size."""

    def node(self, level: int, index: int) -> bytes | None:
        """Return the root of a complete subtree, or None where it is not kept."""


def range_root(source: TreeSource, start: int, end: int) -> bytes:
    """Return the root over leaves ``start`` … ``end - 1``, where ``start`` is aligned to the range.

    O(log n) nodes are read where they are kept; else the leaves below them are.
    """
    if end <= start:
        return EMPTY_ROOT
    level, rest = (end - start).bit_length() - 1, (end - start) & (end - start - 1)
    if not rest and start % (end - start) == 0:
        kept = source.leaf(start) if level == 0 else source.node(level, start >> level)
        if kept is not None:
            return kept
    split = _split(start, end)
    return node_hash(range_root(source, start, split), range_root(source, split, end))


def inclusion_proof(source: TreeSource, index: int, size: int | None = None) -> tuple[bytes, ...]:
    """Return the proof that leaf ``index`` is in the tree of the first ``size`` leaves.

    PATH(m, D_n) of RFC 6962, section 2.1.1; sibling hashes from the leaf upward.

    Raises:
        InputError: there is no such leaf in a tree of that size, or no tree of that size.
    """
    size = source.size if size is None else size
    if not 0 <= index < size <= source.size:
        raise InputError(
            f"Leaf {index} in a tree of {size} was asked for; the log has {source.size} leaves. "
            "Ask for 0 ≤ leaf < size ≤ leaves."
        )
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = _split(start, end)
        siblings = (split, end) if index < split else (start, split)
        start, end = (start, split) if index < split else (split, end)
        proof.append(range_root(source, *siblings))
    return tuple(reversed(proof))


def consistency_proof(source: TreeSource, old: int, new: int | None = None) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``new`` leaves begins with the tree of ``old`` leaves.

    PROOF(m, D_n) of RFC 6962, section 2.1.2. Empty where ``old`` is 0 or ``new``.

    Raises:
        InputError: the sizes are not 0 ≤ old ≤ new ≤ leaves.
    """
    new = source.size if new is None else new
    if not 0 <= old <= new <= source.size:
        raise InputError(
            f"Growth from {old} to {new} leaves was asked for; the log has {source.size}. "
            "Ask for 0 ≤ old ≤ new ≤ leaves."
        )
    proof: list[bytes] = []
    start, end = 0, new if old else 0
    while end != old:
        split = _split(start, end)
        siblings = (split, end) if old <= split else (start, split)
        start, end = (start, split) if old <= split else (split, end)
        proof.append(range_root(source, *siblings))
    if start:  # the old tree is no peak of the new one: its last part comes first in the proof
        proof.append(range_root(source, start, end))
    return tuple(reversed(proof))


def verify_inclusion(
    leaf: bytes, index: int, size: int, *, proof: Sequence[bytes], expected: bytes
) -> None:
    """Check that ``leaf`` (a hash) is the ``index``-th of ``size`` leaves under root ``expected``.

    RFC 9162, section 2.1.3.2.

    Raises:
        TamperedError: it is not, or the proof does not show it.
    """
    if not 0 <= index < size:
        raise _broken(f"leaf {index} cannot be in a tree of {size}")
    _check_hashes(leaf, *proof)
    if len(proof) != _path_length(index, size):
        raise _broken(f"the proof has {len(proof)} hashes, not {_path_length(index, size)}")
    fn, sn, found = index, size - 1, leaf
    for sibling in proof:
        if fn & 1 or fn == sn:
            found = node_hash(sibling, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, sibling)
        fn, sn = fn >> 1, sn >> 1
    if found != expected:
        raise _broken("the leaf and its proof lead to another root")


def verify_consistency(
    old: int, new: int, *, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that a tree of ``new`` leaves begins with the tree of ``old`` leaves; ``old`` > 0.

    RFC 9162, section 2.1.4.2. Every tree grows from the empty one, so that 0 would prove nothing.

    Raises:
        TamperedError: it does not, or the proof does not show it.
    """
    if old <= 0:
        raise _broken("growth from an empty tree proves nothing")
    verify_subtree((0, old), new, proof=proof, subtree_root=old_root, tree_root=new_root)


def verify_subtree(
    leaves: tuple[int, int],
    size: int,
    *,
    proof: Sequence[bytes],
    subtree_root: bytes,
    tree_root: bytes,
) -> None:
    """Check that the subtree over ``leaves`` (half open) is part of the tree of ``size`` leaves.

    The draft *Merkle Tree Certificates* (draft-ietf-plants-merkle-tree-certs), section 4.4.3; the
    consistency of RFC 9162 is the case that starts at 0.

    Raises:
        TamperedError: it is not, or the proof does not show it.
    """
    start, end = leaves
    check_subtree(start, end)
    _check_hashes(*proof)
    if end > size:
        raise _broken(f"a tree of {size} leaves has no leaf {end - 1}")
    if start == end:
        return _check_empty(proof, subtree_root)
    fn, sn, tn = _skip(start, end - 1, size - 1)
    found_part = found_tree = subtree_root
    rest = list(proof)
    if fn != sn:
        if not rest:
            raise _broken("the proof is too short")
        found_part = found_tree = rest.pop(0)
    for sibling in rest:
        if not tn:
            raise _broken("the proof is too long")
        if sn & 1 or sn == tn:
            found_part = node_hash(sibling, found_part) if fn < sn else found_part
            found_tree = node_hash(sibling, found_tree)
            while not sn & 1:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            found_tree = node_hash(found_tree, sibling)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn or found_part != subtree_root or found_tree != tree_root:
        raise _broken("the proof leads to other roots")
    return None


def check_subtree(start: int, end: int) -> None:
    """Check that a range is a subtree: its start is a multiple of its width rounded up to 2ⁿ.

    Raises:
        TamperedError: it is none.
    """
    if not 0 <= start <= end or (end > start and start % (1 << (end - start - 1).bit_length())):
        raise _broken(f"leaves {start} to {end} are no subtree")


def _check_empty(proof: Sequence[bytes], subtree_root: bytes) -> None:
    if proof or subtree_root != EMPTY_ROOT:
        raise _broken("a subtree without leaves has the empty root and no proof")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise _broken(f"a hash in it is not {HASH_BYTES} bytes long")


def _skip(fn: int, sn: int, tn: int) -> tuple[int, int, int]:
    """Go up from the last leaf while both trees share the node (step 3 or 4 of the draft)."""
    last = sn == tn
    while fn != sn and (last or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    return fn, sn, tn


def _merges(size: int) -> int:
    """Return how many peaks the next leaf joins: the ones at the end of ``size`` in binary."""
    return (~size & (size + 1)).bit_length() - 1


def _split(start: int, end: int) -> int:
    """Return where a range is cut: after the largest power of two below its width."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _path_length(index: int, size: int) -> int:
    """Return the length of a proof: levels shared with the last leaf, then turns to the left."""
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def _broken(what: str) -> TamperedError:
    return TamperedError(
        f"A proof that the log is whole does not hold: {what}. "
        "Do not rely on it; fetch the proof again and, if it still fails, ask who runs the log."
    )
