"""The driver: each photo exactly once, whatever is killed and whenever."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.batch import drive
from cutis.batch.assessor import Task
from cutis.batch.drive import Batch, run_batch
from cutis.batch.journal import Journal
from cutis.batch.plan import Item, Outcome, Result, Shard
from cutis.batch.results import FINDINGS, PHOTOS, finding_kinds, photo_kinds, put, write_parts
from cutis.core.errors import InputError, StoreError
from cutis.reports.table import finding_row, photo_row
from cutis.settings import BatchSettings, Settings
from cutis.testing import sample_assessment

SETTINGS = Settings(batch=BatchSettings(rows_per_part=3))


class PowerCutError(BaseException):
    """The driver is killed here."""


class FakeEngine:
    """Does as the photo's name says, and stops dead after so many results."""

    def __init__(self, stops_after: int | None = None) -> None:
        self.stops_after = stops_after
        self.asked: list[str] = []

    def __call__(self, items: Iterable[Item], task: Task, workers: int) -> Iterator[Result]:
        for number, item in enumerate(items):
            if number == self.stops_after:
                raise PowerCutError
            self.asked.append(item.key)
            yield result_of(item)


def result_of(item: Item) -> Result:
    name = Path(item.address).stem
    if name.startswith("broken"):
        return Result(item, Outcome.QUARANTINED, code="photo.unreadable", reason="Broken, alas.")
    if name.startswith("away"):
        return Result(item, Outcome.UNREACHED)
    row = {"key": item.key, "photo": item.address, "usable": True, "acne": 12.5}
    finding = {"key": item.key, "photo": item.address, "condition": "acne", "x0_px": 3}
    files = {f"json/{item.key}.json": b"{}"}
    return Result(item, Outcome.ASSESSED, row, [finding], files)


def batch_of(tmp_path: Path, *names: str, resume: bool = False) -> Batch:
    folder = tmp_path / "in"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.jpg").write_bytes(b"photo")
    return Batch((str(folder),), tmp_path / "out", SETTINGS, resume=resume)


def run(batch: Batch, engine: FakeEngine) -> dict[Outcome | None, int]:
    return run_batch(batch, engine, lambda *_: None)


def stems(out: Path, table: str = PHOTOS) -> list[str]:
    return sorted(Path(a).stem for a in pq.read_table(out / table)["photo"].to_pylist())


def test_results_are_written_in_parts(tmp_path: Path):
    names = [f"p{i}" for i in range(7)]
    counts = run(batch_of(tmp_path, *names, "broken"), FakeEngine())
    assert counts == {Outcome.ASSESSED: 7, Outcome.QUARANTINED: 1}
    assert stems(tmp_path / "out") == names == stems(tmp_path / "out", FINDINGS)
    assert len(list((tmp_path / "out" / PHOTOS).iterdir())) == 3
    assert "Broken, alas." in (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8")


@settings(max_examples=25, deadline=None)
@given(stops=st.lists(st.integers(0, 9), max_size=4))
def test_a_killed_driver_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int]
):
    tmp_path = tmp_path_factory.mktemp("batch")
    names = [f"p{i}" for i in range(8)]
    asked: list[str] = []
    for number, stop in enumerate([*stops, None]):
        engine = FakeEngine(stop)
        with contextlib.suppress(PowerCutError):
            run(batch_of(tmp_path, *names, "broken", resume=number > 0), engine)
        asked += engine.asked
    assert stems(tmp_path / "out") == names
    assert len(asked) == len(set(asked)) == 9


def test_a_kill_between_a_part_and_its_note_writes_the_part_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def cut(*_: object) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "note_part", cut)
        with pytest.raises(PowerCutError):
            run(batch_of(tmp_path, "a", "b", "c", "d"), FakeEngine())
    assert (tmp_path / "out" / PHOTOS).is_dir()
    run(batch_of(tmp_path, resume=True), FakeEngine())
    assert stems(tmp_path / "out") == ["a", "b", "c", "d"]


def test_what_was_not_reached_is_tried_again(tmp_path: Path):
    assert run(batch_of(tmp_path, "a", "away"), FakeEngine()) == {None: 1, Outcome.ASSESSED: 1}
    engine = FakeEngine()
    run(batch_of(tmp_path, resume=True), engine)
    assert len(engine.asked) == 1


def test_photos_that_came_later_are_done_on_resume(tmp_path: Path):
    run(batch_of(tmp_path, "a"), FakeEngine())
    run(batch_of(tmp_path, "b", resume=True), FakeEngine())
    assert stems(tmp_path / "out") == ["a", "b"]


def test_an_earlier_batch_is_not_written_over(tmp_path: Path):
    run(batch_of(tmp_path, "a"), FakeEngine())
    with pytest.raises(InputError, match="--resume"):
        run(batch_of(tmp_path), FakeEngine())


def test_a_batch_made_otherwise_is_not_resumed(tmp_path: Path):
    run(batch_of(tmp_path, "a"), FakeEngine())
    with pytest.raises(InputError, match="another form"):
        run(replace(batch_of(tmp_path, resume=True), maps=True), FakeEngine())


def test_two_drivers_do_not_share_a_folder(tmp_path: Path):
    batch = batch_of(tmp_path, "a")
    with Journal(batch.out), pytest.raises(StoreError, match="no other batch"):
        run(batch, FakeEngine())


def test_a_full_disk_is_told_and_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(drive, "put", full)
        with pytest.raises(StoreError, match="No space left"):
            run(batch_of(tmp_path, "a"), FakeEngine())
    run(batch_of(tmp_path, resume=True), FakeEngine())
    assert stems(tmp_path / "out") == ["a"]


def test_an_empty_folder_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="No photo"):
        run(batch_of(tmp_path), FakeEngine())


def test_an_item_is_finished_once(tmp_path: Path):
    with Journal(tmp_path) as journal:
        item = Item("ab", "a.jpg")
        journal.add([item, item])
        assert journal.finish(result_of(item))
        assert not journal.finish(result_of(item))
        assert journal.counts() == {Outcome.ASSESSED: 1}


def test_the_tables_have_a_kind_for_every_cell(tmp_path: Path):
    """A real assessment fits: no cell has another kind than its column, none lacks a column."""
    assessment = sample_assessment()
    row = photo_row("p", assessment)
    findings = [finding_row("p", finding) for finding in assessment.findings]
    for cells, kinds in [(row, photo_kinds()), *((f, finding_kinds()) for f in findings)]:
        assert set(cells) <= set(kinds)
        wrong = {
            name: value
            for name, value in cells.items()
            if value is not None and type(value) not in (kinds[name], *_as_number(kinds[name]))
        }
        assert not wrong
    with Journal(tmp_path) as journal:
        item = Item("ab", "p")
        journal.add([item])
        keyed = [{"key": "ab", **cells} for cells in findings]
        journal.finish(Result(item, Outcome.ASSESSED, {"key": "ab", **row}, keyed))
        write_parts(journal, tmp_path, Shard(), size=5, last=True)
    table = pq.read_table(tmp_path / PHOTOS).to_pylist()[0]
    assert {k: table[k] for k in row} == dict(row)
    assert pq.read_table(tmp_path / FINDINGS).num_rows == len(findings)


def _as_number(kind: type) -> tuple[type, ...]:
    return (int,) if kind is float else ()


def test_files_are_put_in_one_move(tmp_path: Path):
    put(tmp_path, {"a/b.json": b"1"})
    put(tmp_path, {"a/b.json": b"2"})
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b.json"]
    assert (tmp_path / "a/b.json").read_bytes() == b"2"
