"""The folder of a run: a set as `cutis.datasets.on_disk` describes it, and a journal beside it.

``references/000123.png`` is the picture that guided item 123; ``journal.jsonl`` tells, line by
line, what happened to each job. An item is done when its record and its pictures are there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cutis.core.arrays import RGB
from cutis.core.errors import InputError, MissingExtraError, StoreError
from cutis.datasets.on_disk import (
    StoredItem,
    done_items,
    read_manifest,
    write_index,
    write_items,
    write_manifest,
)

_SAME = (
    "backend",
    "seed",
    "size_px",
    "faces",
    "models",
    "references_sha256",
    "prompts_sha256",
    "workflow_sha256",
)
_JOURNAL = "journal.jsonl"


def open_folder(folder: Path, manifest: Mapping[str, Any]) -> set[int]:
    """Make ``folder`` ready for a run; return the numbers of the items that are done.

    Raises:
        InputError: another set is there.
        StoreError: the folder cannot be used.
    """
    old = read_manifest(folder)
    differing = [name for name in _SAME if old is not None and old.get(name) != manifest[name]]
    if differing:
        raise InputError(
            f"Another set is there: its {', '.join(differing)} differ from what was asked for. "
            "Ask for the same to resume, or name another folder."
        )
    try:
        write_manifest(folder, manifest)
        return set(done_items(folder))
    except OSError as error:
        raise _refused(error) from error


def store(folder: Path, item: StoredItem, reference_png: bytes) -> None:
    """Write the reference, the pictures, and last the record.

    Raises:
        StoreError: the disk refuses.
    """
    path = folder / "references" / f"{item.record['item']:06d}.png"
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(reference_png)
    except OSError as error:
        raise _refused(error) from error
    write_items(folder, [item])


def close_folder(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the last manifest, and the index where pyarrow is installed."""
    write_manifest(folder, manifest)
    try:
        write_index(folder)
    except MissingExtraError:
        write_manifest(folder, {**manifest, "index": "not written: pyarrow is missing"})


def note(folder: Path, index: int, happened: str, **details: str) -> None:
    """Add a line to the journal.

    Raises:
        StoreError: the disk refuses.
    """
    line = json.dumps({"item": index, "happened": happened, **details}) + "\n"
    try:
        with (folder / _JOURNAL).open("a", encoding="utf-8") as stream:
            stream.write(line)
    except OSError as error:
        raise _refused(error) from error


def decode_rgb(data: bytes) -> RGB | None:
    """Return the picture in ``data`` as RGB, or None where it is none."""
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _refused(error: OSError) -> StoreError:
    return StoreError(f"The folder of results cannot be written to ({error.strerror}).")
