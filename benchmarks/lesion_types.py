"""What the lesion classifier is worth: on painted people held out, and on real photos.

    cutis train lesions CROPS... --out RUN
    python benchmarks/lesion_types.py --run RUN [--cache DIR] [--most N] [--out FILE]

Evaluation only; DIR holds prepared photos and lies outside the repository. No real photo here has
lesions with a type, so a type itself is judged on painted people alone. What real photos tell is
whether the classifier knows a lesion from what is none: dev/acne has marks of acne, and the faces
of the natural negatives have none. The ways compared differ in what is done with its answers:

- *maps*: findings of the maps alone;
- *dropped*: without those that are likelier no lesion at all;
- *moved*: those whose type belongs to another condition leave acne;
- *both*.

The same peaks are also ranked anew by the classifier for the recall at equal false positives.
Photos are halved as in `acne_rows`.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
from acne_rows import FALSE_PER_FACE, half_of, meets, read_ellipses, to_photo
from conditions import Bench, add_cache, blank_card, plain
from negative_rows import FACES
from photo_sets import photos_of, shared_dir
from prepared import PreparedPhoto, classical_maps, lenient_tools

from cutis.core.arrays import Box
from cutis.core.assessment import Finding
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition, LesionType
from cutis.datasets.clean_sets import person_of
from cutis.evaluation.detection import Ellipses, FrocTally
from cutis.evaluation.fairness import GroupTally, tone_thirds
from cutis.evaluation.peaks import map_peaks
from cutis.evaluation.ranking import auc, bootstrap_interval, spearman
from cutis.models.descriptor import LesionCrops
from cutis.models.lesion_network import LesionNetwork
from cutis.models.runtime import Runtime
from cutis.pipeline import map_conditions
from cutis.steps.lesions import (
    TypingLimits,
    crop_boxes,
    find_lesions,
    spots_of,
    type_spots,
)
from cutis.steps.scoring.colour import is_colourless, sample_colour, tone_of
from cutis.steps.scoring.gags import SURE

WAYS = ("maps", "dropped", "moved", "both")
RANKINGS = ("map", "map x lesion", "map x acne", "map x root of acne")
RESULT = Path("benchmarks/results/lesion_types.json")
_SPOTTY = (Condition.ACNE, Condition.PIGMENTATION, Condition.SCARRING)
_PEAK_MM, _PEAKS = 1.2, 150
_NAMING = {
    "freely": TypingLimits(other_at_most=1.0),
    "only": TypingLimits(names_only=frozenset({Condition.ACNE})),
}
_DROPPED = TypingLimits().other_at_most
_UNTOLD = {"export", "lesions", "found_on"}
_NO_LESIONS = Ellipses(np.zeros((0, 5)))

Answer = Mapping[LesionType, float]


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """The acne findings of a face by each way, and what the classifier said of all its spots.

    ``named`` are all spots after typing, by the way they are named: *freely*, none dropped, or
    *only*, acne alone, where none is moved and what is likelier none keeps its plain word.
    ``met`` tells which acne findings of the maps lie on a mark, ``lesion`` the probability of each
    of them to be one.
    """

    name: str
    ita_deg: float | None
    marks: int
    acne: Mapping[str, tuple[Finding, ...]]
    marks_met: Mapping[str, int]
    false: Mapping[str, int]
    met: Sequence[bool]
    lesion: Sequence[float]
    named: Mapping[str, tuple[Finding, ...]]
    froc: Mapping[str, FrocTally]


def main() -> None:
    """Run, print and write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path, required=True, help="the folder of the training")
    add_cache(parser)
    parser.add_argument("--most", type=int, help="photos of each set, for a quick look")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    trained = json.loads((options.run / "metrics.json").read_text(encoding="utf-8"))
    bench = Bench(lenient_tools(), options.cache, options.most)
    network = classifier_of(options.run, trained)
    acne = [one_face(p, "acne", bench, network) for p in bench.prepared(photos_of("dev/acne"))]
    parts = clean_photos(frozenset(trained["found_on"]))
    clean = [
        one_face(photo, paths[0].parent.name, bench, network)
        for paths in parts
        for photo in bench.prepared(paths)
    ]
    halves = {half: [f for f in acne if half_of(f.name) == half] for half in ("look", "report")}
    result = {
        "training": {k: v for k, v in trained.items() if k not in _UNTOLD}
        | {"negatives from real faces": len(trained["found_on"])},
        "marked photos": {half: marked_rows(faces) for half, faces in halves.items() if faces},
        "clean faces": clean_rows([f for f in clean if f.ita_deg is not None]),
    }
    text = json.dumps(plain(result), indent=1, allow_nan=False)
    print(text)
    options.out.write_text(text + "\n", encoding="utf-8")


def clean_photos(found_on: frozenset[str]) -> tuple[list[Path], list[Path]]:
    """Return photos of clean faces, real and generated, of nobody whose spots were learned from."""
    real, drawn = (
        [p for p in photos_of(f"clean/{name}") if person_of(p) not in found_on]
        for name in ("interfaces", "sfhq_t2i")
    )
    rng = random.Random(0)  # noqa: S311  not a secret
    return real, sorted(rng.sample(drawn, min(len(drawn), FACES - len(real))))


def classifier_of(run: Path, trained: Mapping[str, Any]) -> LesionNetwork:
    """Return the classifier of a training, which has no card yet."""
    model, files = blank_card(run / "lesion-types.xml")
    model = replace(
        model, classes=tuple(trained["classes"]), lesions=LesionCrops(**trained["lesions"])
    )
    return LesionNetwork(model, files, Runtime())


def one_face(photo: PreparedPhoto, of: str, bench: Bench, network: LesionNetwork) -> Spots:
    """Find the spots of a face, as the product does, and hear what the classifier says."""
    classical, *learned = bench.tools.conditions
    maps = dict(classical_maps(photo, of, classical, bench.cache))
    maps |= map_conditions(learned, photo.crop, photo.skin)
    spots = spots_of(find_lesions(photo.crop, {c: maps[c] for c in _SPOTTY if c in maps}))
    answers = network.classify(photo.crop, crop_boxes(spots, photo.crop))
    told = [(f, a) for f, a in zip(spots, answers, strict=True) if f.condition is Condition.ACNE]
    acne = {way: tuple(f for f, answer in told if _stays(f, answer, way)) for way in WAYS}
    marks = _marks(of).get(photo.name, _NO_LESIONS)
    sample = sample_colour(photo.crop, photo.skin)
    tone = None if is_colourless(sample.lab) else tone_of(sample)
    return Spots(
        name=photo.name,
        ita_deg=tone.colour.ita_deg if tone is not None and hasattr(tone, "colour") else None,
        marks=len(marks.rows),
        acne=acne,
        marks_met={way: sum(meets(m, found) for m in marks.rows) for way, found in acne.items()},
        false={
            way: sum(not any(meets(m, [f]) for m in marks.rows) for f in found)
            for way, found in acne.items()
        },
        met=[any(meets(m, [f]) for m in marks.rows) for f, _ in told],
        lesion=[1 - answer[LesionType.OTHER] for _, answer in told],
        named={way: _named(spots, answers, limits) for way, limits in _NAMING.items()},
        froc=rankings(photo.crop, maps.get(Condition.ACNE), network, marks),
    )


def _named(
    spots: Sequence[Finding], answers: Sequence[Answer], limits: TypingLimits
) -> tuple[Finding, ...]:
    """Return spots as they are named with the answers to those that are looked at."""
    asked = [a for f, a in zip(spots, answers, strict=True) if f.condition in limits.looked_at]
    return type_spots(spots, asked, limits)


def rankings(
    crop: FaceCrop, found: ConditionMap | None, network: LesionNetwork, marks: Ellipses
) -> dict[str, FrocTally]:
    """Rank the surest peaks of a map by itself, and with what the classifier says of them."""
    if found is None:
        return {name: FrocTally.empty() for name in RANKINGS}
    points, confidence = map_peaks(found, crop.mm_per_px)
    points, confidence = points[:_PEAKS], confidence[:_PEAKS]
    answers = network.classify(crop, [_around(p, crop) for p in points])
    lesion = np.array([1 - a[LesionType.OTHER] for a in answers])
    acne = np.array([_share_of(a, Condition.ACNE) for a in answers])
    ranked = dict(
        zip(
            RANKINGS,
            (confidence, confidence * lesion, confidence * acne, confidence * np.sqrt(acne)),
            strict=True,
        )
    )
    at = to_photo(points, crop)
    return {n: FrocTally.empty().update(at, sure, marks) for n, sure in ranked.items()}


def marked_rows(faces: Sequence[Spots]) -> dict[str, Any]:
    """Return how the ways do on photos with marks."""
    marks = [f.marks for f in faces]
    met = [sure for f in faces for sure, hit in zip(f.lesion, f.met, strict=True) if hit]
    missed = [sure for f in faces for sure, hit in zip(f.lesion, f.met, strict=True) if not hit]
    told: dict[str, Any] = {
        "photos": len(faces),
        "marks": sum(marks),
        "AUC, findings on a mark against others": auc(met, missed),
    }
    for way in WAYS:
        counts = [len(f.acne[way]) for f in faces]
        told[way] = {
            "marks met": sum(f.marks_met[way] for f in faces) / sum(marks),
            "false per face": float(np.mean([f.false[way] for f in faces])),
            "Spearman of count": spearman(counts, marks),
            "interval": bootstrap_interval(
                spearman, (counts, marks), np.random.default_rng(0), paired=True, resamples=500
            ),
        }
    for name in RANKINGS:
        froc = reduce(add, (f.froc[name] for f in faces), FrocTally.empty())
        told[f"recall by {name}"] = {
            f"at {level:g} false per face": froc.recall_at(level) for level in FALSE_PER_FACE
        }
    return told | {f"named {way}": named([f.named[way] for f in faces]) for way in _NAMING}


def clean_rows(faces: Sequence[Spots]) -> dict[str, Any]:
    """Return spots a face on faces without acne, by thirds of tone, and what they are named."""
    thirds = tone_thirds([f.ita_deg for f in faces if f.ita_deg is not None])
    told: dict[str, Any] = {"faces": len(faces)}
    for way in WAYS:
        tally: GroupTally[str] = GroupTally()
        for third, face in zip(thirds, faces, strict=True):
            tally = tally.update(third, len(face.acne[way]))
        told[way] = {
            "acne spots per face": float(np.mean([len(f.acne[way]) for f in faces])),
            **{f"acne spots per face, {third}": rate for third, rate in tally.rates().items()},
            "highest third over lowest": tally.highest_over_lowest(),
        }
    return told | {f"named {way}": named([f.named[way] for f in faces]) for way in _NAMING}


def named(faces: Sequence[Sequence[Finding]]) -> dict[str, Any]:
    """Return how many spots a face has by name, and the share that is named by a sure type."""
    counts = Counter(f.type.value for face in faces for f in face)
    plain = {LesionType.INFLAMED_SPOT, LesionType.DARK_SPOT, LesionType.UNSPECIFIED}
    every = sum(counts.values())
    sure = sum(n for kind, n in counts.items() if LesionType(kind) not in plain)
    nodules = sum(any(_is_sure_nodule(f) for f in face) for face in faces)
    return {
        "spots per face": {kind: n / len(faces) for kind, n in counts.most_common()},
        "share with a sure type": sure / every if every else None,
        "faces with a sure nodule": nodules / len(faces),
    }


def _is_sure_nodule(finding: Finding) -> bool:
    sure = min(finding.probability, finding.type_probability or 0.0) >= SURE
    return finding.type is LesionType.NODULE and sure


def _stays(finding: Finding, answer: Answer, way: str) -> bool:
    """Tell whether a finding of acne stays one."""
    dropped = answer[LesionType.OTHER] > _DROPPED
    (typed,) = type_spots((finding,), [answer], TypingLimits(other_at_most=1.0))
    moved = typed.condition is not Condition.ACNE
    return not ((dropped and way in {"dropped", "both"}) or (moved and way in {"moved", "both"}))


def _share_of(answer: Answer, condition: Condition) -> float:
    return sum(p for kind, p in answer.items() if kind.condition is condition)


def _around(point: np.ndarray, crop: FaceCrop) -> Box:
    reach = max(1.0, _PEAK_MM / crop.mm_per_px)
    x0, y0 = (max(0, int(np.floor(v - reach))) for v in point)
    height, width = crop.shape
    x1, y1 = (int(np.ceil(v + reach)) for v in point)
    return x0, y0, min(width, x1), min(height, y1)


@cache
def _marks(of: str) -> Mapping[str, Ellipses]:
    return read_ellipses(shared_dir() / "dev/acne/lesions.csv") if of == "acne" else {}


if __name__ == "__main__":
    main()
