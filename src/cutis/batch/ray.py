"""The engine of a cluster: Ray Data streams photos through a pool of actors.

An actor holds an `Assessor`, so a photo that breaks a worker cannot break the actor; an actor that
is killed is started again by Ray, and its photos with it. Without an address of a cluster, one is
started on this machine's loopback address with a token of its own and without a dashboard.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from typing import Any

from cutis.batch.assessor import Assessor, Task, fetch
from cutis.batch.plan import Item, Outcome, Result, waves
from cutis.core.errors import MissingExtraError

_WAVE = 5000
"""Items that Ray is given at a time: what its plan of the work grows with."""

_BLOCK = 4
"""Items of one task: what is done again when an actor is killed."""

_READ_CPUS = 0.1
_STORE_BYTES = 512 << 20
_LOOPBACK = "127.0.0.1"


def run(items: Iterable[Item], task: Task, workers: int, address: str = "") -> Iterator[Result]:
    """Yield the result of every item, as they are done; see `cutis.batch.local.run`.

    Args:
        items: what is to be done.
        task: what is done with each.
        workers: actors, each with one worker process and one processor.
        address: of a running cluster.

    Raises:
        MissingExtraError: Ray is not installed.
    """
    ray, data = _import_ray(address)
    _start(ray, address, workers)
    pool = data.ActorPoolStrategy(size=workers)
    try:
        for wave in waves(items, _WAVE):
            rows = [{"key": item.key, "address": item.address} for item in wave]
            blocks = -(-len(rows) // _BLOCK)
            found = (
                data.from_items(rows, override_num_blocks=blocks)
                .map(_fetch_row, fn_args=(task.max_bytes,), num_cpus=_READ_CPUS)
                .map(_Actor, fn_constructor_args=(task,), compute=pool, num_cpus=1)
            )
            yield from map(_result, found.iter_rows())
    finally:
        ray.shutdown()


class _Actor:
    """Assesses the rows that Ray hands it."""

    def __init__(self, task: Task) -> None:
        self._assessor = Assessor(task)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        item = Item(row["key"], row["address"])
        fetched = _result(row) if row["outcome"] else row["block"]
        return _row(self._assessor.assess(item, fetched))


def _fetch_row(row: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    item = Item(row["key"], row["address"])
    fetched = fetch(item, max_bytes)
    if isinstance(fetched, Result):
        return _row(fetched)
    return {**row, "outcome": "", "told": "", "block": fetched}


def _row(result: Result) -> dict[str, Any]:
    """Return a result as plain columns, which Arrow holds."""
    sizes = [[name, len(content)] for name, content in result.files.items()]
    told = [result.photo, list(result.findings), sizes, result.code, result.reason]
    return {
        "key": result.item.key,
        "address": result.item.address,
        "outcome": result.outcome.value,
        "told": json.dumps(told),
        "block": b"".join(result.files.values()),
    }


def _result(row: dict[str, Any]) -> Result:
    photo, findings, sizes, code, reason = json.loads(row["told"])
    files, position = {}, 0
    for name, size in sizes:
        files[name] = row["block"][position : position + size]
        position += size
    item = Item(row["key"], row["address"])
    return Result(item, Outcome(row["outcome"]), photo, findings, files, code, reason)


def _import_ray(address: str) -> tuple[Any, Any]:
    """Import Ray with tokens on and reports to its makers off."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    if not address and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    try:
        import ray  # noqa: PLC0415 - an extra
        import ray.data  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("The engine ray", "scale") from error
    return ray, ray.data


def _start(ray: Any, address: str, workers: int) -> None:
    if address:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    else:
        ray.init(
            address="local",
            num_cpus=workers + 1,
            num_gpus=0,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.WARNING,
            object_store_memory=_STORE_BYTES,
            _node_ip_address=_LOOPBACK,
        )
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = False
