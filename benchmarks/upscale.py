"""What enhancement is worth: benchmark sets, held-out faces, small faces, scores, time.

    cutis synth upscale-patches ../shared/data/clean --out PATCHES.npz
    python benchmarks/upscale.py --pack PATCHES.npz [--only sets faces widths audit time] [--write]

Pictures are reduced bicubically as MATLAB does and enlarged again. *fidelity* and *texture* are
enlarged as `cutis enhance` does, guard included; *network* rows on the sets are the bare output;
*assessed* is what an assessment finds, which enlarges a small face by its policy.
Faces are those of people held out of the windows that were learned from (``--pack``); small faces
are filled up with frontal ones of FASSEG, which no weight has seen. The model
of NIQE is fitted on sharp windows of the clean photos, so its figures compare rows and not papers.
LPIPS is not measured: its weights cannot be had offline.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from photo_sets import photos_of, shared_dir
from PIL import Image
from upscale_rows import (
    Restore,
    Seen,
    as_photo,
    bicubic,
    drawn_by,
    face_scores,
    lanczos,
    look,
    look_as_assessed,
    mean_of,
    naturalness,
    pixel_scores,
    pristine_of,
    tools,
)

from cutis.core.arrays import RGB
from cutis.core.enhancement import Enlarged
from cutis.datasets.upscale_patches import load_patches
from cutis.evaluation.enhancement_audit import audit_enhancement, beyond_share, hold_back
from cutis.evaluation.naturalness import Pristine
from cutis.imaging.resample import resize_rgb, to_bytes
from cutis.pipeline import examine
from cutis.settings import Settings
from cutis.steps.upscale import UpscaleLimits, enhance
from cutis.wiring import build_upscaler

RESULTS = Path(__file__).parent / "results" / "upscale.json"
PUBLISHED = {
    "source": "Ledig et al. 2017, arXiv:1609.04802, tables 1 and 2",
    "set5": {
        "SRResNet": {"psnr_y": 32.05, "ssim_y": 0.9019},
        "SRGAN": {"psnr_y": 29.40, "ssim_y": 0.8472},
        "bicubic": {"psnr_y": 28.43, "ssim_y": 0.8211},
    },
    "set14": {
        "SRResNet": {"psnr_y": 28.49, "ssim_y": 0.8184},
        "SRGAN": {"psnr_y": 26.02, "ssim_y": 0.7397},
        "bicubic": {"psnr_y": 25.99, "ssim_y": 0.7486},
    },
}
WIDTHS_PX = (60, 90, 130)
TILES_PX = (64, 96, 128, 192)


class Bench:
    """What the sections share: options, the ways of enlarging, and where what was found is kept.

    ``keep`` is told what a section has so far, each time that a part of it is whole; ``known`` is
    what the section had before.
    """

    keep: Callable[[dict[str, Any]], None]
    known: dict[str, Any]

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.keep = lambda _found: None
        self.patches = load_patches(options.pack)
        self.upscalers: dict[str, Any] = {
            "fidelity": build_upscaler(Settings(), fidelity=1.0),
            "texture": build_upscaler(Settings(), fidelity=0.0),
        }
        self.ways: dict[str, Restore] = {"bicubic": bicubic, "lanczos": lanczos}
        self.ways |= {name: drawn_by(one) for name, one in self.upscalers.items()}

    @cached_property
    def pristine(self) -> Pristine:
        """The model of NIQE."""
        return pristine_of(self.patches)

    def portraits(self, most: int) -> Iterator[RGB]:
        """Yield portraits of people held out, filled up with frontal faces of FASSEG."""
        lacking = most
        for _, picture in self.held_out(most):
            lacking -= 1
            yield picture
        yield from _frontal(lacking)

    def held_out(self, most: int) -> Iterator[tuple[str, RGB]]:
        """Yield portraits of people of whom no window was learned from, spread over the sets."""
        patches = self.patches
        names = sorted(set(patches.source[patches.indices("val")]))
        found = [n for n in names if (shared_dir() / "clean" / str(n)).parent.is_dir()]
        count = min(most, len(found))
        for name in (str(found[i * len(found) // count]) for i in range(count)):
            yield name, _read(_file_of(name))


def sets(bench: Bench) -> dict[str, Any]:
    """PSNR, SSIM and NIQE on Set5 and Set14."""
    found: dict[str, Any] = {"published": PUBLISHED}
    bare = {f"network, {n}": _bare(one) for n, one in bench.upscalers.items()}
    for name in ("set5", "set14"):
        paths = photos_of(f"dev/sr/{name}")[: bench.options.pictures]
        pictures = [_even(_read(path), 4) for path in paths]
        found[name] = {
            way: mean_of([_restored(p, 4, restore, bench) for p in pictures])
            for way, restore in (bench.ways | bare).items()
        }
    return found


def faces(bench: Bench) -> dict[str, Any]:
    """Held-out portraits reduced by 4 and by 8: pixels, landmarks, skin."""
    found: dict[str, Any] = {}
    portraits = [(p, look(p)) for _, p in bench.held_out(bench.options.faces)]
    for by in (4, 8):
        found[f"x{by}"] = {}
        for way, restore in bench.ways.items():
            rows = []
            for portrait, true in portraits:
                if true is not None:
                    rows.append(_restored(portrait, by, restore, bench, seen=true))
            found[f"x{by}"][way] = mean_of(rows)
            bench.keep(found)
    return found


def widths(bench: Bench) -> dict[str, Any]:
    """Portraits whose face is 60, 90 and 130 px wide, with and without enhancement."""
    pictures = ((p, look(p)) for p in bench.portraits(4 * bench.options.portraits))
    wide = ((p, true) for p, true in pictures if true is not None and _width(true) > WIDTHS_PX[-1])
    seen = list(islice(wide, bench.options.portraits))
    found: dict[str, Any] = {**bench.known, "portraits": len(seen)}
    for width in bench.options.widths:
        rows: dict[str, list[dict[str, float]]] = {"without": [], "fidelity": [], "assessed": []}
        for number, (picture, true) in enumerate(seen):
            _tell(f"{width} px", number, len(seen))
            by = width / _width(true)
            small = resize_rgb(
                picture, (round(picture.shape[0] * by), round(picture.shape[1] * by))
            )
            drawn = look(enhance(small, bench.upscalers["fidelity"], 4).rgb)
            rows["without"].append(face_scores(look(small), true))
            rows["fidelity"].append(face_scores(drawn, true))
            rows["assessed"].append(face_scores(look_as_assessed(small), true))
        found[f"{width} px"] = {name: mean_of(part) for name, part in rows.items()}
        bench.keep(found)
    return found


def audit(bench: Bench) -> dict[str, Any]:
    """Scores of full-resolution portraits, enhancement off and forced on by 2."""
    found: dict[str, Any] = {}
    plain = replace(tools(), enlarging=None)
    pictures = [p for _, p in bench.held_out(bench.options.audited)]
    before = [examine(as_photo(p), plain).assessment for p in pictures]
    for name, one in bench.upscalers.items():
        shares, after_guard, by_score = [], [], {}
        for number, (picture, original) in enumerate(zip(pictures, before, strict=True)):
            _tell(name, number, len(pictures))
            large = enhance(picture, one, 2).rgb
            enhanced = examine(as_photo(large), plain).assessment
            rows = audit_enhancement(original, enhanced, texture=one.texture)
            held = hold_back(enhanced, rows, one.uses())
            again = audit_enhancement(original, held, texture=one.texture)
            shares.append(beyond_share(rows))
            after_guard.append(beyond_share(again))
            for row in rows:
                by_score.setdefault(row.condition.value, []).append(row)
        found[name] = {
            "portraits": len(pictures),
            "moved_beyond_repeatability": round(float(np.mean(shares)), 4),
            "after_guard": round(float(np.mean(after_guard)), 4),
            "by_score": {c: _moved(rows) for c, rows in by_score.items()},
        }
        bench.keep(found)
    return found


def _tell(part: str, done: int, of: int) -> None:
    print(f"\r{part}: {done} of {of} ", end="", file=sys.stderr, flush=True)


def timing(bench: Bench) -> dict[str, Any]:
    """512² to 2048²: wall time and peak memory, each in a process of its own; and other tiles."""
    ways = ("cutis", "eager", *(f"tile {side}" for side in TILES_PX))
    return {way: _measured_apart(way, bench.options) for way in ways}


SECTIONS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "sets": sets,
    "faces": faces,
    "widths": widths,
    "audit": audit,
    "time": timing,
}


def main() -> None:
    """Run the sections that are named and print or write what they find."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--pictures", type=int, help="of each set; all where left out")
    parser.add_argument("--faces", type=int, default=38)
    parser.add_argument("--portraits", type=int, default=60)
    parser.add_argument("--widths", type=int, nargs="+", choices=WIDTHS_PX, default=WIDTHS_PX)
    parser.add_argument("--audited", type=int, default=12)
    parser.add_argument("--time-px", type=int, default=512, help="side of the picture timed")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(_measure(options.measure, options.time_px)))
        return
    bench = Bench(options)
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in options.only:
        started_s = time.perf_counter()
        bench.known = known.get(name, {})
        bench.keep = lambda found, name=name: _keep(known, name, found, write=options.write)
        bench.keep(SECTIONS[name](bench))
        print(name, f"{time.perf_counter() - started_s:.0f} s", json.dumps(known[name]), flush=True)


def _keep(known: dict[str, Any], name: str, found: dict[str, Any], *, write: bool) -> None:
    known[name] = found
    if write:
        RESULTS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def _restored(
    true: RGB, by: int, restore: Restore, bench: Bench, *, seen: Any = None
) -> dict[str, float]:
    true = _even(true, by)
    small = resize_rgb(true, (true.shape[0] // by, true.shape[1] // by))
    restored = restore(small, (true.shape[0], true.shape[1]))
    row = pixel_scores(restored, true) | naturalness(restored, bench.pristine)
    return row if seen is None else row | face_scores(look(restored), seen)


def _width(seen: Seen) -> float:
    """Return the width of a face, in pixels."""
    x0, _, x1, _ = seen.landmarks.box
    return x1 - x0


def _bare(one: Any) -> Restore:
    def restore(small: RGB, shape: tuple[int, int]) -> RGB:
        drawn: Enlarged = one.enlarge(small)
        del shape
        return to_bytes(drawn)

    return restore


def _frontal(most: int) -> Iterator[RGB]:
    """Yield frontal faces of FASSEG, one photo in the name's order."""
    names = [p for p in photos_of("dev/fasseg") if p.suffix == ".jpg"]
    for path in names[:: max(1, len(names) // max(most, 1))][:most]:
        yield _read(path)


def _moved(rows: list[Any]) -> dict[str, float | int]:
    both = [row for row in rows if row.shift is not None]
    shifts = [abs(row.shift) for row in both]
    return {
        "measured_on_both": len(both),
        "beyond": sum(row.beyond for row in both),
        "mean_shift": round(float(np.mean(shifts)), 2) if shifts else 0.0,
    }


def _file_of(source: str) -> Path:
    folder, _, stem = source.rpartition("/")
    return next(p for p in photos_of(f"clean/{folder}") if p.stem == stem)


def _read(path: Path) -> RGB:
    return np.asarray(Image.open(path).convert("RGB"))


def _even(rgb: RGB, by: int = 8) -> RGB:
    rows, cols = (side // by * by for side in rgb.shape[:2])
    return rgb[:rows, :cols]


def _measured_apart(way: str, options: argparse.Namespace) -> dict[str, float]:
    command = [sys.executable, __file__, "--pack", "none", "--measure", way]
    command += ["--time-px", str(options.time_px)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _measure(way: str, side: int) -> dict[str, float]:
    """Enlarge a square by 4 once after a small warm-up; peak memory of the process."""
    rgb = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype(np.uint8)
    usual = UpscaleLimits()
    tile_px = int(way.split()[1]) if way.startswith("tile") else usual.tile_px
    run = _eager_run() if way == "eager" else _cutis_run(replace(usual, tile_px=tile_px))
    run(rgb[:64, :64])
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started_s, processor_s = time.perf_counter(), time.process_time()
    run(rgb)
    elapsed_s = time.perf_counter() - started_s
    processor_s = time.process_time() - processor_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"elapsed_s": elapsed_s, "processor_s": processor_s, "peak_mib": peak_mib}
    found |= {"before_mib": before_mib, "side_px": side}
    return {name: round(value, 2) for name, value in found.items()}


def _cutis_run(limits: UpscaleLimits) -> Callable[[RGB], Any]:
    one = build_upscaler(Settings())
    return lambda rgb: enhance(rgb, one, 4, limits).rgb


def _eager_run() -> Callable[[RGB], Any]:
    import torch  # noqa: PLC0415

    from cutis.networks.srresnet import GeneratorSpec, build_generator  # noqa: PLC0415
    from cutis.training.upscale_batches import as_inputs  # noqa: PLC0415

    torch.set_num_threads(2)
    network = build_generator(GeneratorSpec()).eval()

    def run(rgb: RGB) -> Any:
        with torch.inference_mode():
            return network(as_inputs([rgb]))

    return run


if __name__ == "__main__":
    main()
