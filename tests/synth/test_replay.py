"""A stored record gives the stored pixels again; a changed one is found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cutis.core.errors import InputError, SettingsError
from cutis.datasets.on_disk import RECORDS, DiskSet, open_set
from cutis.synth.draw import draw
from cutis.synth.item import ItemOrder, Painter
from cutis.synth.make import MakeOrder, make_set
from cutis.synth.parameters import Style
from cutis.synth.render import render
from cutis.synth.replay import replay
from cutis.synth.sinks import FolderSink


@pytest.fixture
def opened(bank: Path, tmp_path: Path) -> DiskSet:
    real = Painter(draw, render, lambda *_: ())
    order = MakeOrder(3, bank, ItemOrder(5, Style.FIELD, ("severe",), size_px=64))
    make_set(order, real, FolderSink(tmp_path / "a"))
    return open_set(tmp_path / "a")


def altered(opened: DiskSet, **changes: object) -> DiskSet:
    path = opened.folder / RECORDS
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        record["parameters"] |= changes
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return open_set(opened.folder)


def test_every_item_replays_to_the_pixel(opened: DiskSet, bank: Path):
    assert all(replay(opened, number, bank) for number in opened.records)


def test_other_parameters_give_other_pixels(opened: DiskSet, bank: Path):
    camera = opened.records[0]["parameters"]["camera"] | {"exposure": 1.7}
    assert not replay(altered(opened, camera=camera), 0, bank)


def test_a_record_of_another_renderer_is_refused(opened: DiskSet, bank: Path):
    with pytest.raises(SettingsError, match="renderer version"):
        replay(altered(opened, version=-1), 0, bank)


def test_the_faces_must_be_there(opened: DiskSet, tmp_path: Path):
    with pytest.raises(InputError, match="face of item 0"):
        replay(opened, 0, tmp_path)
