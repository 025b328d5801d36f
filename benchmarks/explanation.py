"""Explanations put to the test: do they point at what made the score, and do they tell the truth?

    python benchmarks/explanation.py [--faces FOLDER] [--rows FILE] [--spots 3] [--count 24]

One inflamed spot of 2 to 5 mm is painted at a drawn place on the face of a person outside of
training. What is explained is the acne of a square of 20 mm of skin that holds the spot anywhere
but at its rim; natural spots are not excluded. A map hits where its highest point lies within 1 mm
of the painted label. Deletion and insertion hide pixels of that square in the map's order. The
randomised weights are those of the last convolutions, in a growing share. Times are processor
seconds, since the machine is shared; the square's map itself is made before.
Rows are kept in a file, so that a run that was cut off goes on; keep it out of the repository.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from painted_spots import TONES, CleanFace, PaintedSpot, clean_faces, paint_spot
from prepared import lenient_tools

from cutis.core.attribution import AttributionMethod, AttributionTarget
from cutis.core.vocabulary import Condition
from cutis.evaluation.attribution import (
    area_under,
    chance_of_pointing,
    deletion_curve,
    insertion_curve,
    points_at,
    random_map,
    rank_correlation,
)
from cutis.models.attribution import OcclusionAttributor, occlude
from cutis.models.attribution_scene import Scene, SceneLimits, by_network
from cutis.models.builtin import builtin_models
from cutis.models.cache import read_files
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.models.lime import LimeAttributor, LimeLimits
from cutis.models.runtime import NetworkFiles
from cutis.training.attribution import GradientAttributor, as_network
from cutis.training.exported_network import ExportedNetwork, randomise

HALF_MM, OFF_MM, TOLERANCE_MM = 10.0, 6.0, 1.0
STEPS = 10
SCENES = SceneLimits(reach_mm=2.0, margin_mm=5.0)
SHARES = (0.1, 0.5, 1.0)
FEW = ("occlusion", "grad_cam")
ALL_EVERY, CURVES_EVERY, RANDOMISED_EVERY = 2, 4, 8
"""Every so many spots the slower tests join; curves and random weights of spots that are seen."""
SEEN = 0.5
"""A spot is seen by the network if its probability reaches one half."""


def main() -> None:
    """Run, write the figures, print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/explanation.json"))
    parser.add_argument("--faces", type=Path, help="a bank of prepared faces, to choose from")
    parser.add_argument("--rows", type=Path, default=Path(".cache/explanation.jsonl"))
    parser.add_argument("--count", type=int, default=21, help="faces; 0 only sums up the rows")
    parser.add_argument("--spots", type=int, default=3, help="spots on each")
    parser.add_argument("--part", default="0/1", help="which part of the spots, such as 1/2")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.count:
        run(options)
    result = summarise([json.loads(line) for line in _lines(options.rows)])
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def run(options: argparse.Namespace) -> None:
    """Make the rows that are missing, and keep them."""
    done = {(row["face"], row["spot"]) for row in map(json.loads, _lines(options.rows))}
    first, step = (int(number) for number in options.part.split("/"))
    tools = lenient_tools()
    judge = Judge(tools.conditions[-1])
    faces = clean_faces(tools, options.count, options.faces)
    order = list(enumerate((face, spot) for spot in range(options.spots) for face in faces))
    for number, (face, spot) in order[first::step]:
        row = None if (face.name, spot) in done else judge.row(face, spot, number)
        if row is not None:
            with options.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        print(f"\r{number + 1} of {len(order)} ", end="", file=sys.stderr, flush=True)


class Judge:
    """Every method on one spot after another."""

    def __init__(self, segmenter: LearnedConditionSegmenter) -> None:
        self.segmenter = segmenter
        model = builtin_models().get("conditions")
        self.network = ExportedNetwork(NetworkFiles(*read_files(model)))
        cam, gradients = (
            GradientAttributor(segmenter, self.network, method, scenes=SCENES)
            for method in (AttributionMethod.GRAD_CAM, AttributionMethod.INTEGRATED_GRADIENTS)
        )
        self.gradients = {"grad_cam": cam, "integrated_gradients": gradients}
        self.occlusion = OcclusionAttributor(segmenter, scenes=SCENES)
        self.lime = LimeAttributor(segmenter, LimeLimits(samples=80), SCENES)
        self.card = segmenter.served[Condition.ACNE]

    def maps(
        self, scene: Scene, only: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, np.ndarray, float]]:
        """Yield each method's map of a scene and the processor seconds it took."""
        from cutis.models import lime  # noqa: PLC0415

        makers = {
            "occlusion": lambda: occlude(scene, self.occlusion.limits),
            "lime": lambda: lime.explain_scene(scene, self.lime.limits),
        } | {
            name: (lambda g=g: g.explain_scene(scene, self.card))
            for name, g in self.gradients.items()
        }
        for name in only or makers:
            started = time.process_time()
            values = makers[name]()
            yield name, values, time.process_time() - started

    def row(self, face: CleanFace, spot: int, number: int) -> dict | None:
        """Return the figures of one spot; None where there is no place for it."""
        painted = paint_spot(face, rng := np.random.default_rng((number, spot)))
        if painted is None:
            return None
        where = square_around(painted, rng)
        target = AttributionTarget(Condition.ACNE, where, "20 mm of skin")
        scene = self.occlusion.scenes.scene(painted.crop, painted.skin, target)
        truth, tolerance = painted.truth[scene.window], TOLERANCE_MM / scene.mm_per_px
        game = {"within": where[scene.window], "tolerance_px": tolerance}
        names = () if number % ALL_EVERY == 0 else FEW
        maps = {name: (values, cpu_s) for name, values, cpu_s in self.maps(scene, names)}
        noise = random_map(truth.shape, tolerance, rng)
        row = {
            "face": face.name,
            "spot": spot,
            "third": face.third,
            "radius_mm": painted.radius_mm,
            "mm_per_px": scene.mm_per_px,
            "amount": scene.amount,
            "seen": bool(scene.before[truth].max() >= SEEN),
            "brightest_is_the_spot": points_at(scene.before, truth, **game),
            "chance": chance_of_pointing(truth, **game),
            "hit": {n: points_at(v, truth, **game) for n, (v, _) in maps.items()}
            | {"random": points_at(noise, truth, **game)},
            "cpu_s": {n: cpu_s for n, (_, cpu_s) in maps.items()},
            "agreement": {
                n: rank_correlation(v, maps["occlusion"][0], within=game["within"])
                for n, (v, _) in maps.items()
            },
        }
        if row["seen"] and number % CURVES_EVERY == 0:
            every = {n: v for n, (v, _) in maps.items()} | {"random": noise}
            row["curves"] = curves(scene, every, where[scene.window])
        if row["seen"] and number % RANDOMISED_EVERY == 0:
            row["randomised"] = self.randomised(scene, maps, where[scene.window])
        return row

    def randomised(self, scene: Scene, maps: dict, within: np.ndarray) -> dict:
        """Return the rank correlation of each map with that of ever more randomised weights."""
        found: dict[str, dict[str, float]] = {}
        names = ("occlusion", "grad_cam", "integrated_gradients")
        for share in SHARES:
            network = randomise(copy.deepcopy(self.network), share, seed=1)
            segmenter = copy.copy(self.segmenter)
            segmenter._network = as_network(network)  # noqa: SLF001 - the same with other weights
            other = by_network(scene, segmenter, Condition.ACNE)
            gradients = self.gradients
            self.gradients = {n: copy.copy(g) for n, g in gradients.items()}
            for g in self.gradients.values():
                g.network = network
            for name, values, _ in self.maps(other, names):
                rho = rank_correlation(maps[name][0], values, within=within)
                found.setdefault(name, {})[f"{share:g}"] = rho
            self.gradients = gradients
        return found


def square_around(painted: PaintedSpot, rng: np.random.Generator) -> np.ndarray:
    """Return 20 mm of the crop around a place up to 6 mm off the spot."""
    mm = painted.crop.mm_per_px
    row, col = np.array(painted.at) + rng.uniform(-OFF_MM, OFF_MM, 2) / mm
    rows, cols = np.ogrid[: painted.crop.shape[0], : painted.crop.shape[1]]
    half = HALF_MM / mm
    return (np.abs(rows - row) <= half) & (np.abs(cols - col) <= half)


def curves(scene: Scene, maps: dict[str, np.ndarray], within: np.ndarray) -> dict:
    """Return the areas under deletion and insertion of each map."""
    return {
        name: {
            kind: area_under(curve(values, scene.left, within=within, steps=STEPS), scene.amount)
            for kind, curve in (("deletion", deletion_curve), ("insertion", insertion_curve))
        }
        for name, values in maps.items()
    }


def summarise(rows: list[dict]) -> dict:
    """Return the figures of all rows."""
    seen = [row for row in rows if row["seen"]]
    methods = [*(method.value for method in AttributionMethod), "random"]
    timed = methods[:-1]
    return {
        "spots": len(rows),
        "spots_seen": len(seen),
        "faces": len({row["face"] for row in rows}),
        "pointing": {
            "all": _pointing(rows, methods),
            "seen": _pointing(seen, methods),
            **{third: _pointing(_of(rows, third), methods) for third in TONES},
            **{f"{third}, seen": _pointing(_of(seen, third), methods) for third in TONES},
        },
        "curves": _curves([row["curves"] for row in rows if "curves" in row], methods),
        "randomised": _randomised([row["randomised"] for row in rows if "randomised" in row]),
        "agreement_with_occlusion": {
            m: _median([row["agreement"][m] for row in rows if m in row["hit"]]) for m in timed
        },
        "cpu_s": {
            m: {"spots": len(times), "median": _median(times), "p90": _p90(times)}
            for m in timed
            if (times := [row["cpu_s"][m] for row in rows if m in row["hit"]])
        },
    }


def _of(rows: list[dict], third: str) -> list[dict]:
    return [row for row in rows if row["third"] == third]


def _pointing(rows: list[dict], methods: list[str]) -> dict:
    """Return the share of hits with its 95 % interval (Wilson 1927), by method."""
    found: dict = {"spots": len(rows), "chance": float(np.mean([r["chance"] for r in rows] or [0]))}
    found["brightest of the map"] = _share([row["brightest_is_the_spot"] for row in rows])
    return found | {m: _share([r["hit"][m] for r in rows if m in r["hit"]]) for m in methods}


def _share(hits: list[bool]) -> list[float]:
    """Return the share of hits, the ends of its interval, and of how many."""
    n = len(hits)
    if n == 0:
        return []
    p, z = float(np.mean(hits)), 1.96
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return [
        round(v, 4) for v in (p, max(0.0, float(middle - half)), min(1.0, float(middle + half)))
    ] + [n]


def _curves(rows: list[dict], methods: list[str]) -> dict:
    return {"spots": len(rows)} | {
        m: {
            kind: float(np.mean([row[m][kind] for row in rows]))
            for kind in ("deletion", "insertion")
        }
        | {
            "better_than_random": float(
                np.mean([row[m]["deletion"] < row["random"]["deletion"] for row in rows])
            )
        }
        for m in methods
        if rows
    }


def _randomised(rows: list[dict]) -> dict:
    if not rows:
        return {}
    return {"spots": len(rows)} | {
        m: {share: _median([row[m][share] for row in rows]) for share in rows[0][m]}
        for m in rows[0]
    }


def _p90(values: list[float]) -> float:
    return float(np.quantile(values, 0.9))


def _median(values: list[float]) -> float | None:
    known = [v for v in values if np.isfinite(v)]
    return float(np.median(known)) if known else None


def _lines(file: Path | None) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file and file.exists() else []


if __name__ == "__main__":
    main()
