"""Backbones of the skin network in one table: equal minutes, equal faces, equal recipe.

    python benchmarks/skin_backbones.py PACK --work DIR [--minutes 4] [--version 1.1=WEIGHTS]

Each is trained from where it can start: EfficientNet-Lite0 from ImageNet weights, the others from
random ones, as theirs are not to be had without internet. Measured on the held-out people of the
pack; times are of the exported graphs on one face. A folder of ``--work`` that holds a finished
training is taken as it is, and a training that was stopped goes on. Each ``--version`` adds the
exported network of a release, measured on the same faces.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.skin_pack import SkinPack, load_skin_pack
from cutis.models.instances import find_instances
from cutis.models.runtime import NetworkFiles, Runtime, RuntimeOptions
from cutis.models.skin_network import GRAPHS, OpenVinoStages
from cutis.networks.mask_rcnn import Backbone, MaskRcnn, build_mask_rcnn
from cutis.training import checkpoint
from cutis.training.skin import METRICS, finish, load_skin_network, skin_recipe, train_skin
from cutis.training.skin_import import import_skin
from cutis.training.skin_scores import held_out, skin_scores

RESULT = Path("benchmarks/results/skin_backbones.json")
THREADS, REPEATS = 2, 15
TOLD = ("mask_ap", "skin_iou", "skin_iou_light", "skin_iou_medium", "skin_iou_dark")


def main() -> None:
    """Train, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--work", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--version", action="append", default=[], metavar="NAME=DIR")
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
    for name, folder in (given.split("=", 1) for given in options.version):
        rows.append(_version(name, pack, Path(folder)))
        print(json.dumps(rows[-1], indent=1), flush=True)
    faces = {split: len(pack.indices(split)) for split in ("train", "val")}
    result = {"minutes": options.minutes, "threads": THREADS, "faces": faces, "backbones": rows}
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _train(backbone: Backbone, pack: SkinPack, folder: Path, minutes: float) -> None:
    recipe = skin_recipe(minutes=minutes, backbone=backbone)
    resume = (folder / checkpoint.PROGRESS).exists()
    if not train_skin(recipe, pack, folder, resume=resume).complete:
        raise SystemExit(f"Stopped while {backbone} was trained; call again to go on.")
    finish(pack, folder)


def _row(backbone: Backbone, pack: SkinPack, folder: Path) -> dict[str, Any]:
    metrics = checkpoint.load_json(folder / METRICS)
    network, description = load_skin_network(folder)
    return {
        "backbone": backbone.value,
        "start": network.spec.weights.value,
        "steps": int(checkpoint.load_json(folder / checkpoint.PROGRESS)["step"]),
        **_told(network, metrics["validation"]),
        "milliseconds": _milliseconds(network, pack, folder, int(description["side_px"])),
    }


def _version(name: str, pack: SkinPack, folder: Path) -> dict[str, Any]:
    """Return the row of the exported network of a release."""
    recipe = skin_recipe()
    network = build_mask_rcnn(recipe.network, pretrained=False)
    pictures = [_picture(pack, int(index), recipe.side_px) for index in pack.indices("val")[:16]]
    import_skin(network, folder, np.stack(pictures), side_px=recipe.side_px)
    scores = skin_scores(network, pack, side_px=recipe.side_px, most=len(pack))
    return {
        "backbone": recipe.network.backbone.value,
        "start": f"version {name}",
        "steps": None,
        **_told(network, scores),
        "milliseconds": _milliseconds(network, pack, folder, recipe.side_px),
    }


def _told(network: MaskRcnn, scores: Mapping[str, float]) -> dict[str, Any]:
    parameters = sum(p.numel() for p in network.parameters()) / 1e6
    parts = {key: value for key, value in scores.items() if key.startswith("ap_")}
    return {"million_parameters": parameters, **{name: scores[name] for name in TOLD}, **parts}


def _picture(pack: SkinPack, index: int, side_px: int) -> np.ndarray:
    face = held_out(pack, index, covered=False, side_px=side_px)
    return np.ascontiguousarray(face.picture.transpose(2, 0, 1))


def _milliseconds(network: MaskRcnn, pack: SkinPack, folder: Path, side_px: int) -> float:
    """Return the median time in which the exported graphs find the parts of one face."""
    files = [
        NetworkFiles(*((folder / f"skin-{name}.{kind}").read_bytes() for kind in ("xml", "bin")))
        for name in GRAPHS
    ]
    stages = OpenVinoStages(files, Runtime(RuntimeOptions(threads=THREADS)))
    picture = _picture(pack, int(pack.indices("val")[0]), side_px)
    parts = [FacePart(name) for name in network.spec.classes]
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        find_instances(stages, picture, parts, network.spec.geometry)
        taken.append(1000 * (time.perf_counter() - started))
    return float(np.median(taken[2:]))


if __name__ == "__main__":
    main()
