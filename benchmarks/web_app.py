"""The web app in figures: first paint, size, long tasks, guidance on a processor slowed four times.

Chromium's traces tell them of the real service; Node, `npm ci` in ``app/`` and Chromium must be
there. ``python benchmarks/web_app.py [--watched-s 12] [--out FILE]``
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "app.json"


def main() -> None:
    """Serve, look, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--watched-s", type=int, default=12, help="Seconds that guidance is watched."
    )
    parser.add_argument("--out", type=Path, default=RESULTS, help="Where the figures are kept.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film = ROOT / "tests" / "e2e" / "film.py"
        subprocess.run([sys.executable, str(film), name], check=True)
        ours = {
            "CUTIS_STORE_DIR": str(folder / "records"),
            "CUTIS_STORE_KEYS_DIR": str(folder / "keys"),
            "CUTIS_STORE_ROOT_KEY_FILE": str(folder / "root.key"),
            "CUTIS_SERVICE_PORT": "0",
            "CUTIS_SERVICE_WORKERS": "1",
        }
        service = subprocess.Popen(
            [sys.executable, "-u", "-m", "cutis", "serve"],
            env={**os.environ, **ours},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert service.stdout is not None
            words = service.stdout.readline().split()
            url = next(word for word in words if word.startswith("http"))
            look(url, folder / "face.y4m", chosen)
        finally:
            service.terminate()
            service.wait(60)


def look(url: str, film: Path, chosen: argparse.Namespace) -> None:
    """Have Chromium look at the app under ``url``, with ``film`` before its camera."""
    subprocess.run(
        ["node", "scripts/figures.mjs", url, str(chosen.out.resolve()), str(chosen.watched_s)],  # noqa: S607 - this machine's own
        cwd=ROOT / "app",
        env={**os.environ, "CUTIS_FAKE_CAMERA": str(film)},
        check=True,
    )


if __name__ == "__main__":
    main()
