"""How the redness map of a network is joined with the classical one: scales, weight, offset.

    python benchmarks/fit_redness.py --cache DIR

A network alone may tell rosacea from healthy skin in every photo and still miss an even flush,
which looks like make-up. So two things are looked at: rosacea against normal on the ``look`` half,
and clean faces whose cheeks and nose are reddened by a known haemoglobin density, against
themselves before. The offset lets ``CLEAN_SHARE`` of the skin of clean faces count as red. Of the
combinations that keep the area under the curve of rosacea at ``LEAST_AUC`` or more, the one that
tells the reddened faces best is taken. Prints all of them, and the lines for the card.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
from acne_rows import half_of
from conditions import Bench, add_choices
from joined import measured_logit, network_logit
from photo_sets import photos_of
from prepared import PreparedPhoto, lenient_tools, prepare

from cutis.core.capture import Photo
from cutis.core.vocabulary import Condition, Region
from cutis.evaluation.ranking import auc
from cutis.imaging.chromophores import separation_matrix
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.steps.intake import open_photo

SCALES = ((0.5,), (0.8,), (0.5, 0.8))
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
FLUSH = 0.2
"""Density of haemoglobin painted onto cheeks and nose; it is plain to see on every tone."""
CLEAN_SHARE, LEAST_AUC = 0.05, 0.99
REDDENED = (Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK, Region.NOSE)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Logits of redness of one photo where it was sought, by scale, and those of the measure."""

    by_scale: dict[float, np.ndarray]
    classical: np.ndarray

    def joined(self, scales: Sequence[float], weight: float) -> np.ndarray:
        """Return the logits of a combination, before the offset."""
        network = np.mean([self.by_scale[s] for s in scales], axis=0)
        return network + np.float32(weight) * self.classical


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """All that combinations are judged by."""

    clean: list[Seen]
    reddened: list[Seen]
    rosacea: list[Seen]
    normal: list[Seen]


def main() -> None:
    """Try every combination and print the best one's lines for a card."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_choices(parser)
    options = parser.parse_args()
    bench = Bench(lenient_tools(), options.cache, None)
    segmenter = next(s for s in bench.tools.conditions if isinstance(s, LearnedConditionSegmenter))
    material = gathered(bench, segmenter)
    fits = {}
    for scales, weight in product(SCALES, WEIGHTS):
        offset, flush, rosacea = judged(material, scales, weight)
        fits[scales, weight] = (offset, flush if rosacea >= LEAST_AUC else -1.0)
        print(f"{scales!s:<12} {weight:<5} flush {flush:.3f}  rosacea {rosacea:.3f}")
    scales, weight = max(fits, key=lambda key: fits[key][1])
    first, *more = scales
    print(f"mm_per_px = {first}\nmore_mm_per_px = {more}")
    print(f"classical_weight = {weight}\noffset = {fits[scales, weight][0]:.2f}")


def gathered(bench: Bench, segmenter: LearnedConditionSegmenter) -> Material:
    """Look at the rosacea photos of the look half, and at clean faces before and after painting."""
    material = Material([], [], [], [])
    labelled = [p for p in photos_of("dev/redness") if half_of(p.name) == "look"]
    for photo in bench.prepared(labelled):
        group = material.rosacea if photo.name.startswith("rosacea") else material.normal
        group.append(seen(segmenter, photo))
    for before, after in painted_pairs(bench):
        material.clean.append(seen(segmenter, before))
        material.reddened.append(seen(segmenter, after))
    return material


def painted_pairs(bench: Bench) -> Iterator[tuple[PreparedPhoto, PreparedPhoto]]:
    """Yield clean faces as they are and with an even flush on cheeks and nose."""
    coarsest = 1.2
    for path in photos_of("clean/interfaces")[::4] + photos_of("clean/sfhq_t2i")[::60]:
        photo = open_photo(path)
        before = prepare(path.name, photo, bench.tools)
        if before is None or before.crop.mm_per_px > coarsest:
            continue
        after = prepare(path.name, Photo(flushed(photo.rgb, before), photo.info), bench.tools)
        if after is not None:
            yield before, after


def flushed(rgb: np.ndarray, face: PreparedPhoto) -> np.ndarray:
    """Return the photo with haemoglobin added to cheeks and nose, softly at the edges."""
    crop = face.crop
    x0, y0, x1, y1 = crop.box
    where = np.isin(crop.regions.labels, [region.label for region in REDDENED])
    soft = cv2.GaussianBlur(where.astype(np.float32), (0, 0), 2.5 / crop.mm_per_px)
    top, left = max(0, y0), max(0, x0)
    bottom, right = min(rgb.shape[0], y1), min(rgb.shape[1], x1)
    amount = np.zeros(rgb.shape[:2], np.float32)
    fitted = cv2.resize(soft, (x1 - x0, y1 - y0))
    amount[top:bottom, left:right] = fitted[top - y0 : bottom - y0, left - x0 : right - x0]
    pigments = np.zeros(rgb.shape, np.float32)
    pigments[..., 1] = FLUSH * amount
    density = cv2.transform(pigments, np.linalg.inv(separation_matrix()))
    return linear_to_rgb(np.clip(rgb_to_linear(rgb) * 10**-density, 0, 1).astype(np.float32))


def seen(segmenter: LearnedConditionSegmenter, photo: PreparedPhoto) -> Seen:
    """Return the logits of one photo where redness is sought."""
    classical, sought = measured_logit(segmenter, photo, Condition.REDNESS)
    wanted = sorted({scale for scales in SCALES for scale in scales})
    by_scale = {s: network_logit(segmenter, photo, Condition.REDNESS, s)[sought] for s in wanted}
    return Seen(by_scale, classical[sought])


def judged(
    material: Material, scales: Sequence[float], weight: float
) -> tuple[float, float, float]:
    """Return the offset, and the areas under the curve of reddened faces and of rosacea."""
    skin = np.concatenate([one.joined(scales, weight)[::20] for one in material.clean])
    limit = float(np.quantile(skin, 1 - CLEAN_SHARE))

    def red(group: list[Seen]) -> list[float]:
        return [float((one.joined(scales, weight) > limit).mean()) for one in group]

    flush = auc(red(material.reddened), red(material.clean))
    return -limit, flush, auc(red(material.rosacea), red(material.normal))


if __name__ == "__main__":
    main()
