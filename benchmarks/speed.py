"""Speed of the whole assessment: stages, threads, batches, eager torch, roofline, equality.

    python benchmarks/speed.py [--out FILE] [--parts LIST] [--runs 8] [--equal 100] [--size]

Each part runs in a process of its own, so that peak memory and threads are its own; the parts of
an earlier result that are not run again are kept. No photo of 12 megapixels may be published, so a
portrait of clean/features (1024 px) enlarged to 12 megapixels stands in, for time only. About eight
minutes on two quiet processors; a busy machine is told by ``load``. ``--size`` also installs the
package without extras into an empty environment and weighs it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from photo_sets import photos_of, shared_dir
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PARTS = "start profile stages_1 stages_2 eager batch equality bf16 roofline".split()
BATCHES = (1, 8, 64)
INSTALL = ("base install, MiB", "base install, packages")


def main() -> None:
    """Measure, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/speed.json"))
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--part", choices=PARTS, help="run this one here and print it")
    parser.add_argument("--size", action="store_true")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--equal", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cutis-speed-") as folder:
        photo = Path(folder) / "portrait.jpg"
        write_portrait(photo)
        if options.part:
            print(json.dumps(part_of(options.part, photo, options)))
            return
        before = read_earlier(options.out)
        result = {**before, "processors": os.cpu_count()}
        for name in options.parts.split(","):
            result[name] = in_own_process(name, options)
            print(name, json.dumps(result[name], indent=1), flush=True)
            keep(result, before, options.out)
    if options.size:
        keep(result | base_install(), before, options.out)


def read_earlier(out: Path) -> dict[str, Any]:
    """Return the parts of an earlier result that still have a meaning; figures of old forms go."""
    known = {*PARTS, *INSTALL, "speedup_vs_eager_torch"}
    found = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {}
    return {name: value for name, value in found.items() if name in known}


def keep(result: dict[str, Any], before: dict[str, Any], out: Path) -> None:
    """Write what is known so far, with the ratios that stand for the whole."""
    result["speedup_vs_eager_torch"] = result.get("eager", {}).get("speedup_vs_eager_torch")
    result["against_last"] = against(before, result)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def in_own_process(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run one part and return its figures, with the load of the machine before it."""
    load = round(os.getloadavg()[0], 1)
    command = [sys.executable, __file__, "--part", name]
    command += ["--runs", str(options.runs), "--equal", str(options.equal)]
    started_s = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"The part {name} failed:\n{run.stderr}")
    figures: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return {**figures, "load": load, "took_s": round(time.perf_counter() - started_s, 1)}


def part_of(name: str, photo: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one part."""
    import eager  # noqa: PLC0415
    import roofline  # noqa: PLC0415
    import stages  # noqa: PLC0415

    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "start": lambda: {
            "import_cutis_s": import_time_s(),
            "analyze_12_mpx_s": cold_s(photo),
            "analyze_1_mpx_s": cold_s(shared_dir() / "clean/features/001.jpg"),
        },
        "profile": lambda: stages.profile(photo),
        "stages_1": lambda: stages.measure(photo, options.runs, 1),
        "stages_2": lambda: stages.measure(photo, options.runs, 2),
        "eager": lambda: eager.compare_speed(photo, max(3, options.runs // 2), 2),
        "batch": lambda: batches(photo),
        "equality": lambda: eager.compare_results(
            photos_of("clean/sfhq_t2i", options.equal), os.cpu_count() or 1
        ),
        "bf16": lambda: eager.compare_precision(
            photos_of("clean/sfhq_t2i", max(1, options.equal // 5)), os.cpu_count() or 1
        ),
        "roofline": lambda: roofline.measure(2, network_shapes(photo)),
    }
    return parts[name]()


def network_shapes(photo: Path) -> list[tuple[int, ...]]:
    """Return the shapes at which the condition network is run for a photo."""
    import stages  # noqa: PLC0415

    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    tools, settings = stages.make_tools(2)
    shapes: list[tuple[int, ...]] = []
    for segmenter in (s for s in tools.conditions if hasattr(s, "_network")):
        network = segmenter._network  # noqa: SLF001 - nothing public tells it

        def noting(inputs: np.ndarray, run: Any = network) -> Any:
            shapes.append(inputs.shape)
            return run(inputs)

        segmenter._network = noting  # noqa: SLF001
    examine(open_photo(photo, settings.intake), tools)
    return shapes


def batches(photo: Path) -> dict[str, Any]:
    """Return how long 1, 8 and 64 photos take by the local engine with two workers.

    ``photos_per_s`` counts from the first result to the last, so it leaves out the start.
    """
    result = {}
    with tempfile.TemporaryDirectory(prefix="cutis-speed-") as place:
        for count in BATCHES:
            folder = Path(place) / f"{count}"
            folder.mkdir()
            for number in range(count):
                shutil.copy(photo, folder / f"{number}.jpg")
            started_s = time.perf_counter()
            done_s = list(finishes(folder, workers=2))
            result[str(count)] = {
                "whole_s": time.perf_counter() - started_s,
                "photos_per_s": rate(done_s),
            }
    return result


def finishes(folder: Path, workers: int) -> Iterator[float]:
    """Yield when each photo of a folder is done."""
    from cutis.batch.assessor import Task  # noqa: PLC0415
    from cutis.batch.local import run  # noqa: PLC0415
    from cutis.batch.photos import find_addresses  # noqa: PLC0415
    from cutis.batch.plan import item_of  # noqa: PLC0415

    items = map(item_of, find_addresses([str(folder)]))
    for _ in run(items, Task(), workers):
        yield time.perf_counter()


def rate(done_s: list[float]) -> float | None:
    """Return photos a second after the first two; None of fewer than four."""
    return (len(done_s) - 2) / (done_s[-1] - done_s[1]) if len(done_s) > 3 else None


def against(before: dict[str, Any], now: dict[str, Any]) -> dict[str, float]:
    """Return new figures over old ones, for figures that do not depend on the machine's speed.

    Times are told in work of the machine's own: seconds times its measured GEMM rate.
    """
    told = {}
    for name, old, new in (
        ("speedup_vs_eager_torch", *(r.get("speedup_vs_eager_torch") for r in (before, now))),
        ("whole, in GFLOP of GEMM", *(in_gemm(r) for r in (before, now))),
    ):
        if old and new:
            told[name] = round(new / old, 3)
    return told


def in_gemm(result: dict[str, Any]) -> float | None:
    """Return the whole warm time in units of the machine's arithmetic."""
    try:
        seconds = result["stages_2"]["warm_s"]["whole"]["p50"]
        return float(seconds * result["roofline"]["gemm_gflops"])
    except (KeyError, TypeError):
        return None


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


def cold_s(photo: Path) -> float:
    """Return the best of three whole runs of the command line, process start included.

    Compiled modules are kept, as those of an installed package are.
    """
    compiled = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="cutis-speed-") as folder:
        command = [sys.executable, "-m", "cutis", "analyze", str(photo), "--out", folder]
        return min(
            _timed(lambda: subprocess.run(command, env=compiled, check=True, capture_output=True))
            for _ in range(3)
        )


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
        figures = _size_mib(Path(folder)) - before, len(json.loads(listed.stdout)) - 2
        return dict(zip(INSTALL, figures, strict=True))


def _size_mib(folder: Path) -> float:
    return sum(f.lstat().st_size for f in folder.rglob("*") if f.is_file()) / 2**20


if __name__ == "__main__":
    main()
