"""A tiny pack of discs on skin-coloured squares, and one that a colour threshold solves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cutis.core.vocabulary import Condition
from cutis.datasets.pack import PackedSet, PackEntry, encode_labels, encode_picture, write_pack
from cutis.imaging.skin_channels import TARGETS

COLOURS = {
    Condition.ACNE: (200, 60, 60),
    Condition.REDNESS: (230, 120, 160),
    Condition.PIGMENTATION: (90, 50, 30),
    Condition.TEXTURE: (250, 240, 230),
}


def tiny_pack(folder: Path, *, items: int = 20, size_px: int = 64) -> PackedSet:
    path = folder / "tiny.pack.npz"
    rng = np.random.default_rng(0)
    write_pack((_entry(rng, i, size_px) for i in range(items)), path, style="patches")
    return PackedSet.load(path)


def _entry(rng: np.random.Generator, number: int, size_px: int) -> PackEntry:
    kind = list(COLOURS)[number % len(COLOURS)]
    image = np.full((size_px, size_px, 3), (200, 150, 120), np.uint8)
    labels, ignore = np.zeros((2, size_px, size_px), np.uint8)
    centre = tuple(int(v) for v in rng.integers(16, size_px - 16, 2))
    radius_px = int(rng.integers(8, 14))
    bit = 1 << TARGETS.index(kind)
    cv2.circle(image, centre, radius_px, COLOURS[kind], -1)
    cv2.circle(labels, centre, radius_px, bit, -1)
    cv2.circle(ignore, centre, radius_px, bit, 1)
    return PackEntry(
        encode_picture(image),
        encode_labels(labels),
        encode_labels(ignore),
        baseline=np.array([0.2, 0.45, 0.65], np.float32),
        mm_per_px=0.25,
        person=f"person {number}",
        tone=number % 6,
        split="val" if number >= 12 else "train",
        source=f"set/{number}",
    )
