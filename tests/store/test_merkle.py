"""The Merkle tree: published vectors, the definition word for word, laws on tampering."""

from __future__ import annotations

import base64
import io
import json
import tarfile
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.errors import InputError, TamperedError
from cutis.store.merkle import (
    EMPTY_ROOT,
    Frontier,
    TreeSource,
    check_subtree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_root,
    root,
    verify_consistency,
    verify_inclusion,
    verify_subtree,
)
from cutis.store.trees import LeafList, TiledTree

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
INPUTS = [*INPUTS, "606162636465666768696a6b6c6d6e6f"]
ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
"""Roots of the first 1 … 8 inputs, as the Certificate Transparency project publishes them."""

LEAVES = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]


few = settings(max_examples=40, deadline=None)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(index.to_bytes(4, "big")) for index in range(count)]


def by_definition(items: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word, over leaf hashes."""
    if not items:
        return EMPTY_ROOT
    if len(items) == 1:
        return items[0]
    k = 1
    while 2 * k < len(items):
        k *= 2
    return node_hash(by_definition(items[:k]), by_definition(items[k:]))


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("count", range(1, 9))
def test_published_roots(count: int):
    assert root(LEAVES[:count]).hex() == ROOTS[count - 1]


@pytest.mark.parametrize("count", range(70))
def test_roots_are_those_of_the_definition(count: int):
    items = leaves(count)
    assert root(items) == by_definition(items) == range_root(LeafList(items), 0, count)


def refused(vector: dict[str, Any]) -> bool:
    """Tell whether we refuse a published vector."""

    def read(name: str) -> bytes:
        return base64.b64decode(vector[name] or "")

    proof = [base64.b64decode(text) for text in vector["proof"] or []]
    start = vector.get("start", 0)
    try:
        if "leafIdx" in vector:
            end = vector.get("end", vector.get("treeSize"))
            check_subtree(start, end)
            index = vector["leafIdx"] - start
            verify_inclusion(
                read("leafHash"), index, end - start, proof=proof, expected=read("root")
            )
        elif "start" in vector:
            roots = {"subtree_root": read("root1"), "tree_root": read("root2")}
            verify_subtree((start, vector["end"]), vector["size"], proof=proof, **roots)
        else:
            roots = {"old_root": read("root1"), "new_root": read("root2")}
            verify_consistency(vector["size1"], vector["size2"], proof=proof, **roots)
    except TamperedError:
        return True
    return False


@pytest.mark.shared
def test_published_vectors(vectors: dict[str, bytes]):
    found = merkle_vectors(vectors["./vectors/merkle.tar"])
    wrong = [name for name, vector in found.items() if refused(vector) != vector["wantErr"]]
    assert len(found) == 518
    assert not wrong


def merkle_vectors(packed: bytes) -> dict[str, dict[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = [name for name in archive.getnames() if name.endswith(".json")]
        streams = {name: archive.extractfile(name) for name in names}
        return {name: json.loads(stream.read()) for name, stream in streams.items() if stream}


@few
@given(st.integers(1, 100), st.data())
def test_every_leaf_is_shown_to_be_in_every_tree(size: int, data: st.DataObject):
    source = LeafList(leaves(size))
    tree = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, tree - 1))
    proof = inclusion_proof(source, index, tree)
    expected = root(leaves(tree))
    verify_inclusion(source.leaf(index), index, tree, proof=proof, expected=expected)


@few
@given(st.integers(1, 100), st.data())
def test_every_growth_is_shown(new: int, data: st.DataObject):
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(LeafList(leaves(new)), old)
    verify_consistency(
        old, new, proof=proof, old_root=root(leaves(old)), new_root=root(leaves(new))
    )


@few
@given(st.integers(2, 60), st.data())
def test_any_flipped_bit_of_a_proof_is_seen(size: int, data: st.DataObject):
    source = LeafList(leaves(size))
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(source, index))
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    proof[at] = (int.from_bytes(proof[at], "big") ^ (1 << bit)).to_bytes(32, "big")
    with pytest.raises(TamperedError):
        verify_inclusion(
            source.leaf(index), index, size, proof=proof, expected=source.frontier.root()
        )


@few
@given(st.integers(2, 60), st.data())
def test_a_wrong_place_or_length_is_seen(size: int, data: st.DataObject):
    source = LeafList(leaves(size))
    index = data.draw(st.integers(0, size - 1))
    leaf, proof, expected = source.leaf(index), inclusion_proof(source, index), root(leaves(size))
    other = data.draw(st.integers(-1, size + 1).filter(lambda i: i != index))
    tries = [(other, proof), (index, proof[:-1]), (index, proof[1:]), (index, (*proof, leaf))]
    for place, shown in tries:
        with pytest.raises(TamperedError):
            verify_inclusion(leaf, place, size, proof=shown, expected=expected)


@few
@given(st.integers(2, 60), st.data())
def test_a_changed_past_is_seen(new: int, data: st.DataObject):
    """A fork, a reordered or dropped leaf: no proof from the new history leads to the old root."""
    old = data.draw(st.integers(1, new))
    history = leaves(new)
    forged = data.draw(
        st.sampled_from(
            [
                [leaf_hash(b"forged"), *history[1:]],
                [*history[: old - 1], leaf_hash(b"forged"), *history[old:]],
                [*history[1 : old + 1], *history[:1], *history[old + 1 :]],
                [*history[: old - 1], *history[old:], leaf_hash(b"later")],
            ]
        ).filter(lambda forgery: forgery[:old] != history[:old])
    )
    proof = consistency_proof(LeafList(forged), old)
    with pytest.raises(TamperedError):
        verify_consistency(
            old, new, proof=proof, old_root=root(history[:old]), new_root=root(forged)
        )


@few
@given(st.integers(1, 60), st.integers(1, 60))
def test_a_rollback_has_no_proof(one: int, more: int):
    source = LeafList(leaves(one + more))
    with pytest.raises(InputError):
        consistency_proof(source, one + more, one)
    with pytest.raises(TamperedError):
        verify_consistency(
            one + more, one, proof=(), old_root=root(leaves(one + more)), new_root=root(leaves(one))
        )


class BareLeaves:
    """A source that keeps no node above its leaves."""

    def __init__(self, items: list[bytes]) -> None:
        self._items = items

    @property
    def size(self) -> int:
        return len(self._items)

    def leaf(self, index: int) -> bytes:
        return self._items[index]

    def node(self, level: int, index: int) -> bytes | None:
        return None


@few
@given(st.integers(1, 80), st.data())
def test_kept_nodes_change_nothing(size: int, data: st.DataObject):
    kept, bare = LeafList(leaves(size)), BareLeaves(leaves(size))
    assert isinstance(bare, TreeSource)
    index = data.draw(st.integers(0, size - 1))
    assert inclusion_proof(kept, index) == inclusion_proof(bare, index)
    assert consistency_proof(kept, index) == consistency_proof(bare, index)


def test_growing_takes_few_hashes():
    """A leaf completes as many nodes as its number has zeros at the end, plus itself."""
    frontier = Frontier.of(leaves(1023))
    assert len(frontier.peaks) == 10
    assert [(node.level, node.index) for node in frontier.completed(LEAVES[0])] == [
        (level, 1023 >> level) for level in range(11)
    ]
    assert len(frontier.append(LEAVES[0]).peaks) == 1


def test_a_frontier_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="3 leaves has 2 peaks, not 1"):
        Frontier(3, (LEAVES[0],))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 4), (0, 0)])
def test_what_is_not_there_cannot_be_proven(index: int, size: int):
    with pytest.raises(InputError, match="leaf < size"):
        inclusion_proof(LeafList(leaves(3)), index, size)


def tiled(items: list[bytes]) -> tuple[TiledTree, list[int]]:
    """Return a tree over a list, and the widths of its reads."""
    reads: list[int] = []

    def read(start: int, end: int) -> Sequence[bytes]:
        reads.append(end - start)
        return items[start:end]

    return TiledTree(len(items), read), reads


def test_a_tree_over_kept_hashes_reads_little():
    items = leaves(3000)
    tree, reads = tiled(items)
    whole = LeafList(items)
    assert range_root(tree, 0, 3000) == whole.frontier.root()
    assert max(reads) == 256
    reads.clear()
    assert inclusion_proof(tree, 1234) == inclusion_proof(whole, 1234)
    assert consistency_proof(tree, 777) == consistency_proof(whole, 777)
    assert sum(reads) < 1200


def test_a_log_that_shrinks_is_seen():
    tree, _ = tiled(leaves(5))
    tree.grow(5)
    with pytest.raises(TamperedError, match="has 4 entries; it had 5"):
        tree.grow(4)
    tree.grow(9)
    with pytest.raises(TamperedError, match="0 to 7 of the log were expected, 5 came"):
        range_root(tree, 0, 9)
