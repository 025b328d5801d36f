"""The engine of one machine: falls cost a try, poison is put aside, nothing is fetched ahead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cutis.batch.assessor import Assessor, Task, read_result
from cutis.batch.local import run
from cutis.batch.plan import Item, Outcome, Result, item_of
from cutis.core.errors import ModelError
from cutis.steps.intake.process.channel import ChannelError

TASK = Task(module="unruly_assessor", timeout_s=20.0, attempts=2)


def photo(folder: Path, name: str, order: str) -> Item:
    (folder / name).write_text(order, encoding="utf-8")
    return item_of(str(folder / name))


def outcomes(results: Iterator[Result]) -> dict[str, tuple[str, str]]:
    return {Path(r.item.address).name: (r.outcome.value, r.code) for r in results}


def test_every_photo_has_one_result_whatever_happens_to_workers(tmp_path: Path):
    items = [
        photo(tmp_path, "good", "fine"),
        photo(tmp_path, "poison", "crash"),
        photo(tmp_path, "unlucky", f"once {tmp_path / 'marker'}"),
        photo(tmp_path, "hurried", f"slow {tmp_path / 'hurry'}"),
        photo(tmp_path, "broken", "broken"),
        photo(tmp_path, "liar", "lie"),
        item_of(str(tmp_path / "absent")),
        photo(tmp_path, "last", "fine"),
    ]
    assert outcomes(run(items, TASK, 2)) == {
        "good": ("assessed", ""),
        "poison": ("quarantined", "worker.crashed"),
        "unlucky": ("assessed", ""),
        "hurried": ("assessed", ""),
        "broken": ("quarantined", "photo.unreadable"),
        "liar": ("quarantined", "worker.crashed"),
        "absent": ("quarantined", "photo.unreadable"),
        "last": ("assessed", ""),
    }


def test_a_photo_that_hangs_is_put_aside(tmp_path: Path):
    quick = Task(module="unruly_assessor", timeout_s=0.2, attempts=1)
    found = outcomes(run([photo(tmp_path, "slow", "hang")], quick, 1))
    assert found == {"slow": ("quarantined", "worker.time")}


def test_nothing_is_fetched_while_results_are_not_taken(tmp_path: Path):
    taken: list[int] = []

    def endless() -> Iterator[Item]:
        for number in range(10**9):
            taken.append(number)
            yield photo(tmp_path, f"{number}", "fine")

    results = run(endless(), TASK, 1)
    next(results)
    time.sleep(0.2)
    assert len(taken) <= 4
    results.close()


def test_closing_ends_the_workers(tmp_path: Path):
    results = run([photo(tmp_path, f"{i}", "fine") for i in range(20)], TASK, 1)
    next(results)
    started_s = time.perf_counter()
    results.close()
    assert time.perf_counter() - started_s < 10


def test_a_worn_worker_is_replaced(tmp_path: Path):
    assessor = Assessor(Task(module="unruly_assessor", max_tasks=1))
    ids = set()
    for number in range(2):
        assessor.assess(photo(tmp_path, f"{number}", "fine"), b"fine")
        ids.add(assessor.process_id())
    assessor.close()
    assert len(ids) == 2


def test_a_worker_that_cannot_start_stops_the_batch(tmp_path: Path):
    with pytest.raises(ModelError, match="doctor"):
        list(run([photo(tmp_path, "good", "fine")], Task(module="no_such_module"), 1))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"outcome": "perfect"},
        {"outcome": "assessed", "files": [["rows", 3]]},
        {"outcome": "assessed", "files": 7},
    ],
)
def test_a_reply_that_was_not_agreed_is_not_believed(words: dict):
    with pytest.raises(ChannelError):
        read_result(item_of("a"), words, b"???")


def test_the_outcome_of_what_was_not_fetched_is_kept():
    result = Result(item_of("a"), Outcome.UNREACHED)
    assert Assessor(TASK).assess(result.item, result) is result
