"""A real service on this machine for load tests, and clients that ask it; loopback only."""

from __future__ import annotations

import base64
import hashlib
import http.client
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RESULTS = Path(__file__).resolve().parents[1] / "results"
PATIENCE_S = 180.0


@dataclass
class Served:
    """A running service of one person: its address, its process, that person's id."""

    address: str
    pid: int
    person_id: str = ""

    def line(self) -> Line:
        """Return a connection of one client."""
        return Line(self.address)


class Line:
    """One client's connection, kept open between requests."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self._connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE_S)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, JSON (or bytes) and headers of an answer; 0 where none came."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for last in (False, True):
            try:
                self._connection.request(method, path, body=body, headers=named)
                answer = self._connection.getresponse()
                content = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self._connection.close()
                if last:
                    return 0, b"", {}
        kind = answer.headers.get("content-type", "")
        found = json.loads(content) if "json" in kind and content else content
        return answer.status, found, {k.lower(): v for k, v in answer.headers.items()}

    def upload(
        self, person_id: str, photo: bytes, *, analyse: bool = True, **headers: str
    ) -> tuple[int, Any, Any]:
        """Send a photo, and have it analysed."""
        digest = base64.b64encode(hashlib.sha256(photo).digest()).decode()
        named = {"Repr_Digest": f"sha-256=:{digest}:", "Content_Type": "image/jpeg", **headers}
        path = f"/v1/people/{person_id}/photos?analyse={str(analyse).lower()}"
        return self.ask("POST", path, photo, **named)

    def result_of(self, job_id: str) -> str:
        """Wait until a job has ended; return its state."""
        until_s = time.monotonic() + PATIENCE_S
        state = "unknown"
        while time.monotonic() < until_s:
            status, job, _ = self.ask("GET", f"/v1/jobs/{job_id}?wait_s=20")
            state = job["state"] if status == 200 else state
            if status == 200 and state not in {"queued", "running"}:
                break
            if status != 200:
                time.sleep(0.2)
        return state


@contextmanager
def serving(**settings: object) -> Iterator[Served]:
    """Run ``cutis serve`` for one person in a folder that is removed after."""
    with tempfile.TemporaryDirectory(prefix="cutis-soak-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "cutis", "serve", "--port", "0"],
            env=_environment(Path(folder), settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            served = Served(next(word for word in words if word.startswith("http")), process.pid)
            _wait_until_ready(served)
            yield served
        finally:
            process.terminate()
            process.wait(60)


def astronaut() -> bytes:
    """Return the public-domain photo of `cutis demo` as JPEG of usual size."""
    import cv2  # noqa: PLC0415 - most of the soak needs no pixels

    package = importlib.util.find_spec("skimage")
    folders = (package.submodule_search_locations if package else None) or ()
    path = next(Path(folder) / "data" / "astronaut.png" for folder in folders)
    done, data = cv2.imencode(".jpg", cv2.imread(str(path)), [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert done
    return bytes(data)


def share(values: Sequence[float], q: float) -> float:
    """Return the ``q``-quantile of values, the next greater one where it falls between two."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(q * len(ordered)) - 1)]


@dataclass
class Probe:
    """Asks one path over and over in a thread of its own, and keeps how long each answer took."""

    served: Served
    path: str = "/healthz"
    every_s: float = 0.02
    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    @contextmanager
    def running(self) -> Iterator[Probe]:
        """Ask while the block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            over.set()
            thread.join(30)

    def _run(self, over: threading.Event) -> None:
        line = self.served.line()
        while not over.wait(self.every_s):
            started_s = time.perf_counter()
            status, _, _ = line.ask("GET", self.path)
            self.seconds.append(time.perf_counter() - started_s)
            self.failed += status != 200


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run ``work`` in so many threads and wait for all of them."""
    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _environment(folder: Path, settings: Mapping[str, object]) -> dict[str, str]:
    ours = {
        "CUTIS_STORE_DIR": str(folder / "records"),
        "CUTIS_STORE_KEYS_DIR": str(folder / "keys"),
        "CUTIS_STORE_ROOT_KEY_FILE": str(folder / "root.key"),
        "CUTIS_STORE_MIN_FREE_MIB": "1",
        "CUTIS_SERVICE_REQUESTS_PER_MINUTE": "1000000",
        **{f"CUTIS_SERVICE_{name.upper()}": str(value) for name, value in settings.items()},
    }
    return {**os.environ, **ours}


def _wait_until_ready(served: Served) -> None:
    line, until_s = served.line(), time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        if line.ask("GET", "/readyz")[0] == 200:
            break
        time.sleep(0.1)
    served.person_id = line.ask("GET", "/v1/people")[1]["items"][0]["id"]
