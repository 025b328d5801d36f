"""A run: the same pictures however it is cut up, and nothing lost when it is stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.datasets.on_disk import FOLDERS, RECORDS, open_set
from cutis.datasets.pack import PackedSet
from cutis.synth import make
from cutis.synth.item import ATTEMPTS, ItemOrder, Painter
from cutis.synth.make import MakeOrder, make_set
from cutis.synth.parameters import Style
from cutis.synth.sinks import FolderSink, PackSink


def an_order(bank: Path, count: int = 12, **changes: object) -> MakeOrder:
    return replace(MakeOrder(count, bank, ItemOrder(7, Style.FIELD)), **changes)


def pictures(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.png"))}


def records(folder: Path) -> list[dict[str, object]]:
    lines = (folder / RECORDS).read_text(encoding="utf-8").splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda r: r["item"])


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make, "BLOCK", 4)


def test_a_folder_holds_every_picture_and_record(bank: Path, painter: Painter, tmp_path: Path):
    told: list[tuple[int, int]] = []
    manifest = make_set(
        an_order(bank), painter, FolderSink(tmp_path / "a"), progress=lambda *t: told.append(t)
    )
    assert told == [(0, 12), (4, 12), (8, 12), (12, 12)]
    assert len(pictures(tmp_path / "a")) == 12 * len(FOLDERS)
    opened = open_set(tmp_path / "a")
    assert opened.manifest["complete"]
    assert opened.manifest["balance"] == manifest["balance"]
    item = opened.item(5)
    assert (item.image != item.clean).any(axis=2).sum() == 49
    assert np.array_equal(item.labels > 0, (item.image != item.clean).any(axis=2))


def test_a_stopped_run_goes_on_and_ends_the_same(bank: Path, painter: Painter, tmp_path: Path):
    make_set(an_order(bank), painter, FolderSink(tmp_path / "whole"))

    def stop(done: int, _all: int) -> None:
        if done == 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_set(an_order(bank), painter, FolderSink(tmp_path / "cut"), progress=stop)
    assert not open_set(tmp_path / "cut").manifest["complete"]
    assert len(records(tmp_path / "cut")) == 8
    with (tmp_path / "cut" / RECORDS).open("a") as stream:
        stream.write('{"item": 9, "torn')
    (tmp_path / "cut" / "masks" / "000002.png").unlink()
    made: list[int] = []
    counting = replace(
        painter,
        check=lambda *a: made.append(1) or painter.check(*a),  # type: ignore[func-returns-value]
    )
    make_set(an_order(bank), counting, FolderSink(tmp_path / "cut"))
    assert len(made) == 4 + 1
    assert pictures(tmp_path / "cut") == pictures(tmp_path / "whole")
    assert {r["item"]: r for r in records(tmp_path / "cut")} == {
        r["item"]: r for r in records(tmp_path / "whole")
    }
    assert open_set(tmp_path / "cut").manifest == open_set(tmp_path / "whole").manifest


def test_a_pack_holds_what_the_folder_holds(bank: Path, painter: Painter, tmp_path: Path):
    make_set(an_order(bank), painter, FolderSink(tmp_path / "a"))
    sink = PackSink(tmp_path / "a.pack.npz")
    make_set(an_order(bank), painter, sink)
    pack, folder = PackedSet.load(sink.file), open_set(tmp_path / "a")
    assert len(pack) == 12
    assert pack.style == "field"
    for number in range(12):
        one, other = pack.item(number), folder.item(number)
        assert np.array_equal(one.image, other.image)
        assert np.array_equal(one.labels, other.labels)
        assert pack.person[number] == other.record["person"]
    assert not sink.parts.exists()
    assert json.loads(sink.manifest.read_text())["packed"] == 12


def test_a_stopped_pack_goes_on(bank: Path, painter: Painter, tmp_path: Path):
    def stop(done: int, _all: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    sink = PackSink(tmp_path / "a.pack.npz")
    with pytest.raises(KeyboardInterrupt):
        make_set(an_order(bank), painter, sink, progress=stop)
    assert not sink.file.exists()
    told: list[int] = []
    make_set(an_order(bank), painter, sink, progress=lambda done, _all: told.append(done))
    assert told == [4, 8, 12]
    whole = PackSink(tmp_path / "b.pack.npz")
    make_set(an_order(bank), painter, whole)
    assert sink.file.read_bytes() == whole.file.read_bytes()


def test_several_processes_make_the_same(bank: Path, tmp_path: Path):
    """The painter's functions must be importable by name, so this one is the package's own."""
    from cutis.synth.draw import draw  # noqa: PLC0415 - types are checked from here on
    from cutis.synth.quality import check_item  # noqa: PLC0415
    from cutis.synth.render import render  # noqa: PLC0415

    real = Painter(draw, render, check_item)
    make_set(an_order(bank, 8), real, FolderSink(tmp_path / "one"))
    make_set(an_order(bank, 8, workers=2), real, FolderSink(tmp_path / "two"))
    assert pictures(tmp_path / "one") == pictures(tmp_path / "two")


def test_rejects_are_counted_and_another_face_is_tried(
    bank: Path, painter: Painter, tmp_path: Path
):
    def picky(_face: object, parameters: object, _rendering: object) -> tuple[str, ...]:
        return ("faint", "clipped") if parameters.severity == "mild" else ()  # type: ignore[attr-defined]

    manifest = make_set(an_order(bank), replace(painter, check=picky), FolderSink(tmp_path / "a"))
    found = records(tmp_path / "a")
    assert manifest["rejects"]["faint"] == manifest["rejects"]["clipped"] > 0
    assert sum(r["attempt"] for r in found if "attempt" in r) <= manifest["rejects"]["faint"]
    assert "mild" not in {r["severity"] for r in found if "severity" in r}


def test_an_item_that_never_passes_is_left_out_and_not_tried_again(
    bank: Path, painter: Painter, tmp_path: Path
):
    strict = replace(painter, check=lambda *_: ("faint",))
    manifest = make_set(an_order(bank), strict, FolderSink(tmp_path / "a"))
    assert (manifest["count"], manifest["left_out"]) == (0, 12)
    assert manifest["rejects"] == {"faint": 12 * ATTEMPTS}
    assert not pictures(tmp_path / "a")
    told: list[int] = []
    make_set(
        an_order(bank), strict, FolderSink(tmp_path / "a"), progress=lambda n, _: told.append(n)
    )
    assert told == [12]


def test_another_set_is_not_mixed_in(bank: Path, painter: Painter, tmp_path: Path):
    make_set(an_order(bank), painter, FolderSink(tmp_path / "a"))
    other = an_order(bank, items=ItemOrder(8, Style.FIELD))
    with pytest.raises(InputError, match="its seed differ"):
        make_set(other, painter, FolderSink(tmp_path / "a"))


def test_severities_come_equally_often(bank: Path, painter: Painter, tmp_path: Path):
    items = ItemOrder(7, Style.FIELD, severities=("none", "mild", "severe"))
    manifest = make_set(an_order(bank, 30, items=items), painter, FolderSink(tmp_path / "a"))
    counts = {v: sum(row.values()) for v, row in manifest["balance"]["severity"].items()}
    assert all(abs(count - 10) <= 2 for count in counts.values()), counts


def test_a_run_of_nothing_is_refused(bank: Path, painter: Painter, tmp_path: Path):
    with pytest.raises(InputError, match="At least one item"):
        make_set(an_order(bank, 0), painter, FolderSink(tmp_path / "a"))


def test_a_person_is_in_one_split_whatever_the_seed(bank: Path, painter: Painter, tmp_path: Path):
    splits: dict[str, set[str]] = {}
    for seed in (1, 2):
        order = an_order(bank, 30, items=ItemOrder(seed, Style.FIELD))
        make_set(order, painter, FolderSink(tmp_path / str(seed)))
        for record in open_set(tmp_path / str(seed)).records.values():
            splits.setdefault(record["person"], set()).add(record["split"])
    assert len(splits) > 3
    assert all(len(found) == 1 for found in splits.values())
