"""A run: thousands of items by several processes, into a folder or straight into a pack.

Items are made in blocks. A block is stored when it is whole, so a run that was stopped goes on
where it was; which processes make which blocks changes nothing in the pictures.
"""

from __future__ import annotations

import signal
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

import cv2

from cutis.core.errors import InputError
from cutis.datasets.bank import FaceFacts, bank_sha256, survey
from cutis.datasets.faces import PreparedFace, load_face
from cutis.datasets.on_disk import StoredItem
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.balance import FaceChoice, choose_faces, count_balance, count_persons
from cutis.synth.item import ItemOrder, Painter, make_item
from cutis.synth.parameters import VERSION
from cutis.synth.quality import near_duplicates

BLOCK = 32
"""Items made and stored together."""

_KEPT_FACES_BYTES = 600 << 20
_COUNTED = "item split person tone light age severity phash".split()


class Sink(Protocol):
    """Where the items go."""

    def begin(self, manifest: dict[str, Any]) -> None:
        """Make ready; raises InputError if another set is there."""
        ...

    def missing(self, indices: Sequence[int]) -> list[int]:
        """Return which of the items are still to be made."""
        ...

    def add(self, items: Sequence[StoredItem]) -> None:
        """Store the items of a block."""
        ...

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the records of all that is stored."""
        ...

    def finish(self, manifest: dict[str, Any]) -> None:
        """Close the set."""
        ...


@dataclass(frozen=True, slots=True)
class MakeOrder:
    """A run: how many items, from which faces, how, by how many processes."""

    count: int
    faces: Path
    items: ItemOrder
    crops_per_face: int = 1
    workers: int = 1


@dataclass(frozen=True, slots=True)
class _Job:
    """What a process needs to make items."""

    folder: Path
    facts: tuple[FaceFacts, ...]
    choice: FaceChoice
    order: ItemOrder
    painter: Painter


def make_set(
    order: MakeOrder,
    painter: Painter,
    sink: Sink,
    *,
    notes: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Make what is missing of a set and return its manifest.

    Ctrl-C stops after the blocks at hand are stored; the same call then goes on.

    Args:
        order: what to make.
        painter: how; its functions must be importable where there are several workers.
        sink: a folder or a pack.
        notes: what else the manifest should say.
        progress: told how many items are there, and of how many.

    Raises:
        InputError: no item is asked for, the bank is empty, or the sink holds another set.
        StoreError: the disk refused.
    """
    if order.count < 1 or order.workers < 1 or order.crops_per_face < 1:
        raise InputError(
            "At least one item, one worker and one crop a face were expected; "
            f"{order.count}, {order.workers} and {order.crops_per_face} came."
        )
    facts = survey(order.faces)
    choice = choose_faces(facts, seed=order.items.seed, crops_per_face=order.crops_per_face)
    manifest = _manifest(order, facts) | dict(notes or {})
    sink.begin(manifest)
    indices = sink.missing(range(order.count))
    job = _Job(order.faces, facts, choice, order.items, painter)
    done = order.count - len(indices)
    progress(done, order.count)
    for items in _made(job, _blocks(indices), order.workers):
        sink.add(items)
        done += len(items)
        progress(done, order.count)
    manifest |= summarise(sink.records())
    sink.finish(manifest)
    return manifest


def summarise(records: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Count a set: items, those left out, persons, balance, near-duplicates, rejects by reason."""
    kept: list[dict[str, Any]] = []
    rejects: Counter[str] = Counter()
    left_out = 0
    for record in records:
        rejects.update(record["rejects"])
        left_out += bool(record.get("left_out"))
        if not record.get("left_out"):
            kept.append({name: record[name] for name in _COUNTED})
    twins = near_duplicates([int(record["phash"], 16) for record in kept])
    duplicates = [kept[number]["item"] for number in twins]
    kept = [record for number, record in enumerate(kept) if number not in set(twins)]
    return {
        "complete": True,
        "count": len(kept),
        "left_out": left_out,
        "near_duplicates": duplicates,
        "items_by_split": dict(Counter(record["split"] for record in kept)),
        "persons_by_split": count_persons(kept),
        "balance": count_balance(kept),
        "rejects": dict(rejects.most_common()),
    }


def _manifest(order: MakeOrder, facts: tuple[FaceFacts, ...]) -> dict[str, Any]:
    return {
        "complete": False,
        "asked_for": order.count,
        "seed": order.items.seed,
        "style": order.items.style.value,
        "severities": list(order.items.severities),
        "size_px": order.items.size_px,
        "crops_per_face": order.crops_per_face,
        "renderer_version": VERSION,
        "targets": [target.value for target in TARGETS],
        "faces": {"count": len(facts), "sha256": bank_sha256(facts)},
        "split_rule": "by person, never by photo: hash of the person, 80/20, alike in every set",
    }


def _blocks(indices: Sequence[int]) -> list[list[int]]:
    """Group items whose numbers share a block."""
    blocks: OrderedDict[int, list[int]] = OrderedDict()
    for index in indices:
        blocks.setdefault(index // BLOCK, []).append(index)
    return list(blocks.values())


def _made(job: _Job, blocks: list[list[int]], workers: int) -> Iterator[list[StoredItem]]:
    if workers == 1:
        faces = _FaceShelf(job.folder)
        yield from (_make_block(job, faces, block) for block in blocks)
        return
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(job,))
    waiting = iter(blocks)
    running: set[Future[list[StoredItem]]] = set()
    try:
        while True:
            for block in waiting:
                running.add(pool.submit(_make_in_process, block))
                if len(running) >= 2 * workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _make_block(job: _Job, faces: _FaceShelf, block: Sequence[int]) -> list[StoredItem]:
    make = partial(
        make_item,
        order=job.order,
        painter=job.painter,
        facts=job.facts,
        choice=job.choice,
        face_of=faces.get,
    )
    return [make(index) for index in block]


class _FaceShelf:
    """The faces used last, up to a bound of memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._faces: OrderedDict[str, PreparedFace] = OrderedDict()
        self._bytes = 0

    def get(self, fact: FaceFacts) -> PreparedFace:
        """Return a face, read from the bank unless it is still here."""
        face = self._faces.pop(fact.file, None)
        if face is None:
            face = load_face(self._folder / fact.file)
            self._bytes += _size_bytes(face)
        self._faces[fact.file] = face
        while self._bytes > _KEPT_FACES_BYTES and len(self._faces) > 1:
            self._bytes -= _size_bytes(self._faces.popitem(last=False)[1])
        return face


def _size_bytes(face: PreparedFace) -> int:
    arrays = (face.rgb, face.skin, face.regions, face.excluded, face.creases)
    return sum(array.nbytes for array in arrays)


_IN_PROCESS: dict[str, Any] = {}


def _start(job: _Job) -> None:
    """Make a process ready; Ctrl-C is left to the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _IN_PROCESS.update(job=job, faces=_FaceShelf(job.folder))


def _make_in_process(block: Sequence[int]) -> list[StoredItem]:
    return _make_block(_IN_PROCESS["job"], _IN_PROCESS["faces"], block)
