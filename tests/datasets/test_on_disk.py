"""The folder format: written whole, repaired when torn, refused when it is something else."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cutis.core.errors import InputError, StoreError
from cutis.datasets.on_disk import (
    FOLDERS,
    INDEX,
    MANIFEST,
    RECORDS,
    StoredItem,
    done_items,
    open_set,
    repair_records,
    write_index,
    write_items,
    write_manifest,
)
from cutis.datasets.pack import encode_labels, encode_picture


def an_item(number: int, size: int = 16) -> StoredItem:
    image = np.full((size, size, 3), number, np.uint8)
    labels = np.full((size, size), number, np.uint8)
    record = {
        "item": number,
        "person": f"set/{number}",
        "source": f"set/{number}",
        "split": "train",
        "tone": "tan",
        "tone_index": 3,
        "baseline": [0.1, 0.2, 0.3],
        "mm_per_px": 0.25,
        "rejects": {},
    }
    pictures = {
        "image": encode_picture(image),
        "labels": encode_labels(labels),
        "ignore": encode_labels(labels // 2),
        "clean": encode_picture(255 - image),
    }
    return StoredItem(record, pictures)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_manifest(tmp_path, {"style": "field"})
    write_items(tmp_path, [an_item(i) for i in range(4)])
    return tmp_path


def test_what_is_written_is_read(folder: Path):
    opened = open_set(folder)
    assert list(opened.records) == [0, 1, 2, 3]
    item = opened.item(3)
    assert (item.image == 3).all()
    assert (item.labels == 3).all()
    assert (item.ignore == 1).all()
    assert (item.clean == 252).all()
    entry = opened.entry(2)
    assert (entry.person, entry.tone, entry.split) == ("set/2", 3, "train")
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("tail", ['{"item": 4, "per', '{"item": 4}', "\x00\x00"])
def test_a_torn_last_record_is_cut_off(folder: Path, tail: str):
    before = (folder / RECORDS).read_bytes()
    with (folder / RECORDS).open("ab") as stream:
        stream.write(tail.encode())
    assert sorted(done_items(folder)) == [0, 1, 2, 3]
    assert (folder / RECORDS).read_bytes() == before
    assert not repair_records(folder)


def test_an_item_without_all_its_pictures_is_not_done(folder: Path):
    (folder / FOLDERS["ignore"] / "000001.png").unlink()
    assert sorted(done_items(folder)) == [0, 2, 3]


def test_a_given_up_item_is_done_and_not_read(folder: Path):
    write_items(folder, [StoredItem({"item": 4, "left_out": True, "rejects": {"faint": 6}}, {})])
    assert 4 in done_items(folder)
    assert 4 not in open_set(folder).records


def test_near_duplicates_are_not_read(folder: Path):
    write_manifest(folder, {"style": "field", "near_duplicates": [2]})
    assert list(open_set(folder).records) == [0, 1, 3]


def test_an_item_made_again_counts_once(folder: Path):
    write_items(folder, [an_item(1)])
    assert list(open_set(folder).records) == [0, 1, 2, 3]


def test_a_record_torn_in_the_middle_is_told(folder: Path):
    lines = (folder / RECORDS).read_text().splitlines()
    (folder / RECORDS).write_text("\n".join([lines[0], lines[1][:9], *lines[2:]]) + "\n")
    with pytest.raises(StoreError, match="Line 2"):
        open_set(folder)


def test_broken_and_missing_pictures_are_told(folder: Path):
    (folder / FOLDERS["image"] / "000001.png").write_bytes(b"none")
    with pytest.raises(StoreError, match="PNG or JPEG"):
        open_set(folder).item(1)
    (folder / FOLDERS["image"] / "000001.png").unlink()
    with pytest.raises(StoreError, match="cannot be read"):
        open_set(folder).item(1)


def test_pictures_of_two_sizes_are_told(folder: Path):
    cv2.imwrite(str(folder / FOLDERS["labels"] / "000001.png"), np.zeros((8, 8), np.uint8))
    with pytest.raises(StoreError, match="one size"):
        open_set(folder).item(1)


def test_an_unknown_item_is_refused(folder: Path):
    with pytest.raises(InputError, match="holds 4 items; 9"):
        open_set(folder).item(9)


def test_other_folders_are_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="A data set was expected"):
        open_set(tmp_path)
    (tmp_path / MANIFEST).write_text(json.dumps({"format": 99}))
    with pytest.raises(StoreError, match="of 99"):
        open_set(tmp_path)
    (tmp_path / MANIFEST).write_text("[1]")
    with pytest.raises(StoreError, match="must hold an object"):
        open_set(tmp_path)


def test_the_index_has_a_row_an_item(folder: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_index(folder) == 4
    table = parquet.read_table(folder / INDEX)
    assert table["person"].to_pylist() == ["set/0", "set/1", "set/2", "set/3"]
    assert table["mm_per_px"].to_pylist() == [0.25] * 4
