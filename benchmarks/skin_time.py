"""Time of the skin network on a photo of 1024 pixels: the product's runtime against eager torch.

    python benchmarks/skin_time.py [--repeats 15] [--out benchmarks/results/skin_time.json]

A clean portrait, brought to 1024 pixels, is cut out as always; timed is from the crop to the parts
found. The eager network has the shipped shape and random weights, which take the same time; the
trained network's answers, kept from a first run, are put in the place of its own, so that both look
at as many boxes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from photo_sets import photos_of

from cutis.core.assessment import ModelUse
from cutis.core.face import FaceCrop
from cutis.models.builtin import builtin_models
from cutis.models.cache import read_files
from cutis.models.instances import Stages
from cutis.models.runtime import NetworkFiles, Runtime, RuntimeOptions
from cutis.models.skin_network import LearnedSkinSegmenter, OpenVinoStages
from cutis.networks.mask_rcnn import MaskRcnnSpec, build_mask_rcnn
from cutis.pipeline import Tools
from cutis.settings import Settings
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.wiring import build_tools

THREADS, SIDE_PX = 2, 1024
CARD = builtin_models().get("skin")


class EagerStages:
    """Eager torch in one precision; it computes, and gives the answers of a trained network."""

    def __init__(self, network: Any, trained: Stages, *, half: bool) -> None:
        self.network, self.trained, self.half = network, trained, half
        self.kept: dict[str, Any] = {}

    def trunk(self, picture: np.ndarray) -> Any:
        """Run features and proposals."""
        return self._run("trunk", picture[None], lambda x: self.network.proposals(self.network(x)))

    def boxes(self, cut: np.ndarray) -> Any:
        """Run the box head."""
        return self._run("boxes", cut, self.network.boxes)

    def masks(self, cut: np.ndarray) -> Any:
        """Run the mask head."""
        return self._run("masks", cut, self.network.masks)

    def _run(self, name: str, given: np.ndarray, compute: Callable[[Any], Any]) -> Any:
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            compute(torch.from_numpy(given))
        if name not in self.kept:
            self.kept[name] = getattr(self.trained, name)(given[0] if name == "trunk" else given)
        return self.kept[name]


def main() -> None:
    """Time, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/skin_time.json"))
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    crop = _crop(build_tools(Settings()))
    stages: dict[str, Stages] = {f"OpenVINO, {p}": _compiled(p) for p in ("f32", "bf16")}
    network = build_mask_rcnn(MaskRcnnSpec(CARD.classes), pretrained=False).eval()
    for name, half in (("float32", False), ("bfloat16", True)):
        stages[f"eager torch, {name}"] = EagerStages(network, stages["OpenVINO, f32"], half=half)
    use = ModelUse("skin", CARD.version, CARD.sha256, "benchmark", "")
    ways = {name: LearnedSkinSegmenter(CARD, way, use) for name, way in sorted(stages.items())}
    result = {
        "photo": f"a photo of {SIDE_PX} x {SIDE_PX} pixels, its crop {crop.shape[1]} x "
        f"{crop.shape[0]}",
        "threads": THREADS,
        "repeats": options.repeats,
        "milliseconds": _times(ways, crop, options.repeats),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _times(ways: dict[str, LearnedSkinSegmenter], crop: FaceCrop, repeats: int) -> dict[str, float]:
    """Return the median of each; the ways take turns, so that a busy moment meets all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeats + 2):
        for name, way in ways.items():
            started = time.perf_counter()
            way.find_parts(crop)
            if turn >= 2:
                taken[name].append(1000 * (time.perf_counter() - started))
    return {name: float(np.median(values)) for name, values in taken.items()}


def _compiled(precision: str) -> OpenVinoStages:
    contents = read_files(CARD)
    pairs = zip(contents[::2], contents[1::2], strict=True)
    runtime = Runtime(RuntimeOptions(precision=precision, threads=THREADS))
    return OpenVinoStages([NetworkFiles(*pair) for pair in pairs], runtime)


def _crop(tools: Tools) -> FaceCrop:
    photo = open_photo(photos_of("clean/features")[0])
    height, width = photo.rgb.shape[:2]
    side = min(height, width)
    square = photo.rgb[:side, (width - side) // 2 : (width + side) // 2]
    method = cv2.INTER_AREA if side > SIDE_PX else cv2.INTER_CUBIC
    resized = cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=method)
    photo = replace(photo, rgb=resized)
    face = find_faces(photo, tools.landmarker, tools.limits.landmarks)[0]
    order = full_mirror_order(tools.landmarker.canonical)
    return crop_face(photo, face, order, tools.limits.crop)


if __name__ == "__main__":
    main()
