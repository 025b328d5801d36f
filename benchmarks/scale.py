"""Where a batch is first held up: both engines reading from a slow object store.

    python benchmarks/scale.py [--photos 48] [--workers 2] [--delays 0,0.2,2] [--out FILE]

A small server on this machine answers as S3 does, each object after a delay. The photos are
portraits of clean/features (1024 px). Photos a second are counted between the results of the third
and of the last photo, so the start is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from photo_sets import photos_of


def main() -> None:
    """Run, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=48)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--delays", default="0,0.2,2")
    parser.add_argument("--engines", default="local,ray" if find_spec("ray") else "local")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/scale.json"))
    given = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    runs = [
        {"engine": engine, "delay_s": float(delay), **one_run(engine, float(delay), given)}
        for engine in given.engines.split(",")
        for delay in given.delays.split(",")
    ]
    result = {"photos": given.photos, "workers": given.workers, "load": load, "runs": runs}
    text = json.dumps(result, indent=1)
    print(text)
    given.out.write_text(text + "\n", encoding="utf-8")


def one_run(engine: str, delay_s: float, given: argparse.Namespace) -> dict[str, Any]:
    """Assess all photos by one engine from a store with one delay."""
    with tempfile.TemporaryDirectory(prefix="cutis-scale-") as place, store(delay_s) as endpoint:
        manifest, out = Path(place) / "list.csv", Path(place) / "out"
        rows = [f"s3://photos/{number:05d}.jpg" for number in range(given.photos)]
        manifest.write_text("\n".join(["photo", *rows]) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "cutis", "batch", str(manifest), "--out", str(out)]
        command += ["--engine", engine, "--workers", str(given.workers)]
        reached = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_SKIP_SIGNATURE": "true",
            "AWS_REGION": "here",
        }
        started_s = time.perf_counter()
        subprocess.run(command, check=True, env={**os.environ, **reached})
        whole_s = time.perf_counter() - started_s
        done = sorted(path.stat().st_mtime for path in (out / "json").glob("*/*.json"))
        assert len(done) == given.photos
        return {"whole_s": whole_s, "photos_per_s": (len(done) - 3) / (done[-1] - done[2])}


@contextmanager
def store(delay_s: float) -> Iterator[str]:
    """Serve portraits as objects, each after a delay; yields the endpoint."""
    known = [path.read_bytes() for path in photos_of("clean/features")]

    class Objects(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(delay_s)
            content = known[int(Path(self.path).stem) % len(known)]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Last-Modified", formatdate(0, usegmt=True))
            self.send_header("ETag", '"1"')
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Objects)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
