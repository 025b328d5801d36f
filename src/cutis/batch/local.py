"""The engine of one machine: a few worker processes, fed by threads that fetch ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue

from cutis.batch.assessor import Assessor, Task, fetch
from cutis.batch.plan import Item, Result

_AHEAD = 4
"""Items at hand per worker, fetched or being fetched; the next waits until one is done."""


def run(items: Iterable[Item], task: Task, workers: int) -> Iterator[Result]:
    """Yield the result of every item, as they are done.

    At most ``workers * 4`` items are in memory; nothing more is fetched while results are not
    taken. Closing the generator ends the workers.

    Raises:
        ModelError: no worker can be started.
    """
    idle: SimpleQueue[Assessor] = SimpleQueue()
    assessors = [Assessor(task) for _ in range(workers)]
    for assessor in assessors:
        idle.put(assessor)

    def work(item: Item, fetched: Future[bytes | Result]) -> Result:
        data, assessor = fetched.result(), idle.get()
        try:
            return assessor.assess(item, data)
        finally:
            idle.put(assessor)

    most = workers * _AHEAD
    flying: set[Future[Result]] = set()
    readers, pool = ThreadPoolExecutor(most), ThreadPoolExecutor(workers)
    try:
        for item in items:
            flying.add(pool.submit(work, item, readers.submit(fetch, item, task.max_bytes)))
            if len(flying) >= most:
                done, flying = wait(flying, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while flying:
            done, flying = wait(flying, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        for assessor in assessors:
            assessor.kill()
        readers.shutdown(cancel_futures=True)
        pool.shutdown(cancel_futures=True)
        for assessor in assessors:
            assessor.close()
