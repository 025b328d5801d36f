"""How the acne map of a new network is joined: scales, weight of the classical map, offset.

    python benchmarks/fit_card.py NETWORK.xml --cache DIR

Chosen on the ``look`` half of the labelled acne photos, which no figure is reported of: the scales
and the weight with the highest sum of pixel average precision and recall at 10 false positives per
face, then the offset at which findings, which begin at one half, have ``FALSE_FINDINGS`` false
ones per face. Prints every combination, and the lines for the card.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import add
from pathlib import Path

import numpy as np
from acne_rows import half_of, read_ellipses, to_crop, to_photo
from conditions import Bench, add_choices, uncarded
from joined import measured_logit, network_logit
from photo_sets import photos_of, shared_dir
from prepared import PreparedPhoto, lenient_tools

from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.detection import Ellipses, FrocTally
from cutis.evaluation.peaks import map_peaks
from cutis.evaluation.score_histogram import ScoreHistogram
from cutis.models.condition_network import LearnedConditionSegmenter

SCALES = ((0.2,), (0.25,), (0.2, 0.3), (0.2, 0.5), (0.2, 0.3, 0.5))
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
FALSE_FINDINGS = 7.0


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the network and the measure say of one photo, as logits of acne at the crop's scale."""

    photo: PreparedPhoto
    lesions: Ellipses
    by_scale: dict[float, np.ndarray]
    classical: np.ndarray
    looked_at: np.ndarray

    def joined(self, scales: tuple[float, ...], weight: float) -> np.ndarray:
        """Return the probability of a combination, before the offset."""
        logit = sum(self.by_scale[s].astype(np.float32) for s in scales) / len(scales)
        logit = logit + np.float32(weight) * self.classical.astype(np.float32)
        return np.where(self.looked_at, 1 / (1 + np.exp(-np.clip(logit, -30, 30))), np.float32(0))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One combination and what it reaches."""

    scales: tuple[float, ...]
    weight: float
    precision: float
    recall: float
    offset: float


def main() -> None:
    """Try every combination on the look half and print the best one's lines for a card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("graph", type=Path)
    add_choices(parser)
    options = parser.parse_args()
    bench = Bench(lenient_tools(), options.cache, None)
    _, segmenter = uncarded(options.graph)
    assert isinstance(segmenter, LearnedConditionSegmenter)
    seen = list(looked(bench, segmenter))
    fits = [tried(seen, scales, weight) for scales, weight in product(SCALES, WEIGHTS)]
    for fit in fits:
        print(f"{fit.scales!s:<18} {fit.weight:<5} AP {fit.precision:.4f} recall {fit.recall:.4f}")
    best = max(fits, key=lambda fit: fit.precision + fit.recall)
    first, *more = best.scales
    print(f"mm_per_px = {first}\nmore_mm_per_px = {more}")
    print(f"classical_weight = {best.weight}\noffset = {best.offset:.2f}")


def looked(bench: Bench, segmenter: LearnedConditionSegmenter) -> Iterator[Seen]:
    """Yield what is needed of every photo of the look half."""
    labels = read_ellipses(shared_dir() / "dev/acne/lesions.csv")
    none = Ellipses(np.zeros((0, 5)))
    paths = [p for p in photos_of("dev/acne") if half_of(p.name) == "look"]
    wanted = sorted({scale for scales in SCALES for scale in scales})
    for photo in bench.prepared(paths):
        classical, sought = measured_logit(segmenter, photo, Condition.ACNE)
        by_scale = {
            s: network_logit(segmenter, photo, Condition.ACNE, s).astype(np.float16) for s in wanted
        }
        lesions = labels.get(photo.name, none)
        yield Seen(photo, lesions, by_scale, classical.astype(np.float16), sought)


def tried(seen: list[Seen], scales: tuple[float, ...], weight: float) -> Fit:
    """Measure one combination."""
    pixels, froc = ScoreHistogram.empty(), []
    for one in seen:
        crop = one.photo.crop
        probability = one.joined(scales, weight).astype(np.float32)
        skin = one.photo.skin.skin & ~crop.excluded
        truth = to_crop(one.lesions, crop).mask(crop.shape)
        pixels = pixels.update(probability[skin], truth[skin])
        found = ConditionMap(Condition.ACNE, probability, one.looked_at, "tried")
        points, sure = map_peaks(found, crop.mm_per_px)
        froc.append(FrocTally.empty().update(to_photo(points, crop), sure, one.lesions))
    tally = reduce(add, froc)
    at = float(np.clip(tally.threshold_at(FALSE_FINDINGS), 1e-4, 1 - 1e-4))
    offset = -float(np.log(at / (1 - at)))
    return Fit(scales, weight, pixels.average_precision(), tally.recall_at(10.0), offset)


if __name__ == "__main__":
    main()
