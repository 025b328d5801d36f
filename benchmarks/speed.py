"""Start-up, one 12-megapixel photo cold and warm, and the size of the base install.

    python benchmarks/speed.py [--out benchmarks/results/speed.json] [--size]

The photo is a portrait of clean/features enlarged to 12 megapixels, its face filling half of it.
``--size`` also installs the package without extras into an empty environment and weighs it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from photo_sets import shared_dir
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/speed.json"))
    parser.add_argument("--size", action="store_true")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "portrait.jpg"
        write_portrait(photo)
        result: dict[str, object] = {
            "processors": os.cpu_count(),
            "import cutis, s": import_time_s(),
            "cutis analyze one 12 Mpx photo, s": cold_s(photo, Path(folder)),
            **warm(photo, options.runs),
        }
    if options.size:
        result |= base_install()
    text = json.dumps(result, indent=1)
    options.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def write_portrait(path: Path) -> None:
    """Write a 3000 × 4000 px JPEG with one large face."""
    with Image.open(shared_dir() / "clean/features/001.jpg") as picture:
        large = picture.convert("RGB").resize((3000, 3000), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", (3000, 4000), (120, 120, 120))
    canvas.paste(large, (0, 500))
    canvas.save(path, quality=92)


def import_time_s() -> float:
    """Return the best of three cumulative import times of cutis."""
    return min(_once() for _ in range(3))


def _once() -> float:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import cutis"],
        capture_output=True,
        text=True,
        check=True,
    )
    last = [line for line in run.stderr.splitlines() if re.search(r"\| cutis$", line)][-1]
    return int(last.split("|")[1]) / 1e6


def cold_s(photo: Path, folder: Path) -> float:
    """Return the best of three whole runs of the command line, process start included."""

    def run() -> None:
        command = [
            sys.executable,
            "-m",
            "cutis",
            "analyze",
            str(photo),
            "--out",
            str(folder / "out"),
        ]
        subprocess.run([*command, "--format", "json"], check=True, capture_output=True)

    return min(_timed(run) for _ in range(3))


def warm(photo: Path, runs: int) -> dict[str, float]:
    """Return times through the API, and of its parts, in a process that has assessed before."""
    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.settings import Settings  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415
    from cutis.wiring import build_tools  # noqa: PLC0415

    tools = build_tools(Settings())
    opened = open_photo(photo)
    examine(opened, tools)
    intake = [_timed(lambda: open_photo(photo)) for _ in range(runs)]
    rest = [_timed(lambda: examine(opened, tools)) for _ in range(runs)]
    return {
        "warm intake p50, s": float(np.median(intake)),
        "warm assessment without intake p50, s": float(np.median(rest)),
        "warm whole p50, s": float(np.median(intake) + np.median(rest)),
        "warm whole best, s": float(min(intake) + min(rest)),
    }


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def base_install() -> dict[str, float]:
    """Install without extras into an empty environment; return packages and size."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        before = _size_mib(Path(folder))
        subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT)], check=True)
        listed = subprocess.run(
            [python, "-m", "pip", "list", "--format=json"], capture_output=True, check=True
        )
        return {
            "base install, MiB": _size_mib(Path(folder)) - before,
            "base install, packages": len(json.loads(listed.stdout)) - 2,
        }


def _size_mib(folder: Path) -> float:
    return sum(f.lstat().st_size for f in folder.rglob("*") if f.is_file()) / 2**20


if __name__ == "__main__":
    main()
