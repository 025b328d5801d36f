"""Region features of painted faces: paint, assess, keep what was measured beside what was painted.

The table is a folder of Parquet blocks. A block appears when it is whole, so a run that was stopped
goes on where it was. Items come in a fixed, mixed order: the first hundred are a fair sample.
"""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import InputError, StoreError
from cutis.core.vocabulary import Region
from cutis.datasets.bank import FaceFacts, survey
from cutis.datasets.faces import load_face
from cutis.datasets.splits import split_of
from cutis.pipeline import Tools, describe_regions, examine
from cutis.steps.grading import FACE_NAMES, NAMES
from cutis.synth.graded import Purpose, draw_graded, truth_of
from cutis.synth.render import render

BLOCK = 8
KEPT_FOR_EVALUATION = "variability_age"
"""Photos of known age are left out: the wrinkle grade is checked on them."""
COARSEST_MM_PER_PX = 0.95
SHARP_MM_PER_PX = 0.36
"""A face as sharp as this is painted four times as often: only on such are pores seen."""

_PAINTED = {"train": 3, "val": 6}
_CLEAN = {"train": 1, "val": 1}
_UNUSUAL = {"train": 0, "val": 1}


@dataclass(frozen=True, slots=True)
class Item:
    """One picture to be: which face, what for, and the seed of its drawing."""

    fact: FaceFacts
    purpose: Purpose
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class RegionTable:
    """Faces as rows.

    ``regions`` is faces × regions × `NAMES`, ``face`` faces × `FACE_NAMES`; NaN is not measured.
    ``columns`` holds what else is known of each: person, split, ita_deg, purpose, what was painted.
    """

    regions: Float32[np.ndarray, "faces regions features"]
    face: Float32[np.ndarray, "faces face_features"]
    columns: dict[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.regions)

    def where(self, mask: np.ndarray) -> RegionTable:
        """Return some of the rows."""
        kept = {name: values[mask] for name, values in self.columns.items()}
        return RegionTable(self.regions[mask], self.face[mask], kept)


def plan_items(facts: Sequence[FaceFacts], *, seed: int = 0) -> list[Item]:
    """Return the pictures to make of a bank, in a mixed order that depends on the names only."""
    items = []
    for fact in facts:
        if KEPT_FOR_EVALUATION in fact.file or fact.mm_per_px > COARSEST_MM_PER_PX:
            continue
        split = split_of(fact.person)
        often = 4 if fact.mm_per_px <= SHARP_MM_PER_PX else 1
        purposes = (
            [Purpose.GRADED] * _PAINTED[split] * often
            + [Purpose.CLEAN] * _CLEAN[split]
            + [Purpose.UNUSUAL] * _UNUSUAL[split]
        )
        for number, purpose in enumerate(purposes):
            digest = hashlib.blake2b(f"{seed}:{fact.file}:{number}".encode(), digest_size=6)
            items.append(Item(fact, purpose, int.from_bytes(digest.digest(), "big")))
    return sorted(items, key=lambda item: item.seed)


def measure_faces(
    bank: Path,
    folder: Path,
    make_tools: Callable[[], Tools],
    *,
    count: int,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> int:
    """Paint and measure the first ``count`` items of a bank; return how many are there then.

    Args:
        bank: prepared faces.
        folder: of the table; what is there is kept.
        make_tools: builds the tools of the pipeline, in every process anew; must be importable.
        count: how many items.
        workers: processes.
        progress: told how many items are there, and of how many.

    Raises:
        InputError: the bank has no fitting face, or a number is below 1.
    """
    if count < 1 or workers < 1:
        raise InputError(f"One item and one worker or more were expected; {count}, {workers} came.")
    items = plan_items(survey(bank))[:count]
    if not items:
        raise InputError("No face of the bank fits. Prepare faces with `cutis synth faces`.")
    folder.mkdir(parents=True, exist_ok=True)
    blocks = [(i, items[i : i + BLOCK]) for i in range(0, len(items), BLOCK)]
    waiting = [b for b in blocks if not _block_path(folder, b[0]).exists()]
    done = len(items) - sum(len(block) for _, block in waiting)
    progress(done, len(items))
    context = get_context("spawn")
    with ProcessPoolExecutor(
        workers, context, initializer=_start, initargs=(bank, make_tools)
    ) as pool:
        running = [pool.submit(_make_block, folder, at, block) for at, block in waiting]
        for finished in as_completed(running):
            done += finished.result()
            progress(done, len(items))
    return done


def read_table(folder: Path) -> RegionTable:
    """Read a table.

    Raises:
        StoreError: there is none, or it was measured with other features.
    """
    files = sorted(folder.glob("block-*.parquet"))
    if not files:
        raise StoreError(
            "A folder of region features was expected; none are here. Make them with "
            "`cutis train features`."
        )
    table = pa.concat_tables([pq.read_table(file) for file in files])
    regions = np.array(table["regions"].to_pylist(), np.float32)
    face = np.array(table["face"].to_pylist(), np.float32)
    if regions.shape[1] != len(Region) * len(NAMES) or face.shape[1] != len(FACE_NAMES):
        raise StoreError("The features were measured by another version. Measure them anew.")
    others = [name for name in table.column_names if name not in {"regions", "face"}]
    columns = {name: np.array(table[name].to_pylist()) for name in others}
    return RegionTable(regions.reshape(-1, len(Region), len(NAMES)), face, columns)


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows whole or not at all."""
    part = path.with_suffix(".part")
    pq.write_table(pa.Table.from_pylist(list(rows)), part)
    part.replace(path)


def _block_path(folder: Path, at: int) -> Path:
    return folder / f"block-{at:06d}.parquet"


_IN_PROCESS: dict[str, Any] = {}


def _start(bank: Path, make_tools: Callable[[], Tools]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    _IN_PROCESS.update(bank=bank, tools=make_tools())


def _make_block(folder: Path, at: int, items: Sequence[Item]) -> int:
    rows = [row for item in items for row in _rows(item)]
    write_rows(_block_path(folder, at), rows)
    return len(items)


def _rows(item: Item) -> Iterator[dict[str, Any]]:
    """Yield the row of an item; none where the painted face is not found again."""
    face = load_face(_IN_PROCESS["bank"] / item.fact.file)
    scene = draw_graded(face, item.seed, item.purpose)
    image = render(face, scene).image
    found = examine(_as_photo(image), _IN_PROCESS["tools"])
    if found.crop is None:
        return
    features = describe_regions(found)
    truth = truth_of(face, scene)
    yield {
        "face_file": item.fact.file,
        "person": item.fact.person,
        "split": split_of(item.fact.person),
        "ita_deg": item.fact.ita_deg,
        "purpose": item.purpose.value,
        "seed": item.seed,
        "lesions": truth.lesions,
        "flush": truth.flush,
        "pigment": truth.pigment.value,
        "wrinkle_depth": truth.wrinkle_depth,
        "pores_per_cm2": truth.pores_per_cm2,
        **{f"class_{name}": value for name, value in truth.classes().items()},
        "regions": features.values.ravel().tolist(),
        "face": features.face.tolist(),
    }


def _as_photo(image: np.ndarray) -> Photo:
    height, width = image.shape[:2]
    info = CaptureInfo("PNG", width, height, 8, "sRGB", "0" * 64, size_bytes=1, lossy=False)
    return Photo(image, info)
