"""Trees to make proofs from: one in memory, one over leaf hashes that a database keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from cutis.core.errors import TamperedError
from cutis.store.merkle import Frontier, root

TILE_LEVEL = 8
"""Subtrees of ``2 ** 8`` leaves and more are kept in memory, about 64 bytes per 256 leaves."""


class LeafList:
    """A `TreeSource` in memory, with every complete subtree kept."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self.frontier = Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self.frontier.size

    def append(self, leaf: bytes) -> None:
        """Add a leaf (a hash)."""
        completed = self.frontier.completed(leaf)
        self._nodes.update({(node.level, node.index): node.hash for node in completed})
        self.frontier = self.frontier.append(leaf)

    def leaf(self, index: int) -> bytes:
        """Return the hash of leaf ``index``."""
        return self._nodes[0, index]

    def node(self, level: int, index: int) -> bytes | None:
        """Return the root of a complete subtree."""
        return self._nodes.get((level, index))


class TiledTree:
    """A `TreeSource` over kept leaf hashes: reads at most 256 at once, and remembers what is above.

    What is remembered never changes, for a log only grows; make one and keep it. ``hashes`` returns
    the kept hashes of a half-open range, 32 bytes each.
    """

    def __init__(self, size: int, hashes: Callable[[int, int], Sequence[bytes]]) -> None:
        self._size = size
        self._hashes = hashes
        self._nodes: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        """The number of leaves that the tree is made of."""
        return self._size

    def grow(self, size: int) -> None:
        """Tell that the log has ``size`` leaves by now.

        Raises:
            TamperedError: it has fewer than before.
        """
        if size < self._size:
            raise TamperedError(
                f"The log has {size} entries; it had {self._size} before. Entries were taken away: "
                "stop the service and compare the database with its backup."
            )
        self._size = size

    def leaf(self, index: int) -> bytes:
        """Return the hash of leaf ``index``."""
        return self._read(index, index + 1)[0]

    def node(self, level: int, index: int) -> bytes | None:
        """Return the root of a complete subtree; of one above a tile, if it was asked before."""
        if (level, index) in self._nodes:
            return self._nodes[level, index]
        if level > TILE_LEVEL:
            return self._joined(level, index)
        found = root(self._read(index << level, (index + 1) << level))
        if level == TILE_LEVEL:
            self._nodes[level, index] = found
        return found

    def _joined(self, level: int, index: int) -> bytes:
        children = (self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))
        found = self._nodes[level, index] = root(child for child in children if child is not None)
        return found

    def _read(self, start: int, end: int) -> Sequence[bytes]:
        found = self._hashes(start, end)
        if len(found) != end - start:
            raise TamperedError(
                f"Entries {start} to {end - 1} of the log were expected, {len(found)} came. "
                "Stop the service and compare the database with its backup."
            )
        return found
