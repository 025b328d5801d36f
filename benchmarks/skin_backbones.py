"""Backbones of the skin network in one table: equal minutes, equal faces, equal recipe.

    python benchmarks/skin_backbones.py PACK --work DIR [--minutes 4]

Each is trained from where it can start: EfficientNet-Lite0 from ImageNet weights, the others from
random ones, as theirs are not to be had without internet. Measured on the held-out people of the
pack; times are of the exported graphs on one face. A folder of ``--work`` that holds a finished
training is taken as it is, so a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.skin_pack import SkinPack, load_skin_pack
from cutis.models.instances import find_instances
from cutis.models.runtime import NetworkFiles, Runtime, RuntimeOptions
from cutis.models.skin_network import GRAPHS, OpenVinoStages
from cutis.networks.mask_rcnn import Backbone
from cutis.training import checkpoint
from cutis.training.skin import METRICS, finish, load_skin_network, skin_recipe, train_skin
from cutis.training.skin_scores import held_out

RESULT = Path("benchmarks/results/skin_backbones.json")
THREADS, REPEATS = 2, 15
TOLD = ("mask_ap", "skin_iou", "skin_iou_light", "skin_iou_medium", "skin_iou_dark")


def main() -> None:
    """Train, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    pack = load_skin_pack(options.pack)
    rows = []
    for backbone in Backbone:
        folder = options.work / backbone.value
        if not (folder / METRICS).exists():
            _train(backbone, pack, folder, options.minutes)
        rows.append(_row(backbone, pack, folder))
        print(json.dumps(rows[-1], indent=1), flush=True)
    faces = {split: len(pack.indices(split)) for split in ("train", "val")}
    result = {"minutes": options.minutes, "threads": THREADS, "faces": faces, "backbones": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _train(backbone: Backbone, pack: SkinPack, folder: Path, minutes: float) -> None:
    recipe = skin_recipe(minutes=minutes, backbone=backbone)
    outcome = train_skin(recipe, pack, folder)
    checkpoint.save_json({"steps": outcome.steps}, folder / "steps.json")
    finish(pack, folder)


def _row(backbone: Backbone, pack: SkinPack, folder: Path) -> dict[str, Any]:
    metrics = checkpoint.load_json(folder / METRICS)
    network, description = load_skin_network(folder)
    side_px = int(description["side_px"])
    return {
        "backbone": backbone.value,
        "start": network.spec.weights.value,
        "million_parameters": sum(p.numel() for p in network.parameters()) / 1e6,
        "steps": int(checkpoint.load_json(folder / "steps.json")["steps"]),
        **{name: metrics["validation"][name] for name in TOLD},
        "milliseconds": _milliseconds(pack, folder, side_px),
    }


def _milliseconds(pack: SkinPack, folder: Path, side_px: int) -> float:
    """Return the median time in which the exported graphs find the parts of one face."""
    files = [
        NetworkFiles(*((folder / f"skin-{name}.{kind}").read_bytes() for kind in ("xml", "bin")))
        for name in GRAPHS
    ]
    stages = OpenVinoStages(files, Runtime(RuntimeOptions(threads=THREADS)))
    network, _ = load_skin_network(folder)
    face = held_out(pack, int(pack.indices("val")[0]), covered=False, side_px=side_px)
    picture = np.ascontiguousarray(face.picture.transpose(2, 0, 1))
    parts = [FacePart(name) for name in network.spec.classes]
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        find_instances(stages, picture, parts, network.spec.geometry)
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken[2:]))


if __name__ == "__main__":
    main()
