"""Natural negatives: acne spots per face on 200 faces without labels, by tone third.

The faces are all of clean/interfaces and a fixed draw of clean/sfhq_t2i. They may carry true spots:
the figures are spots per face, not errors. Thirds are by typology angle of all faces together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from acne_rows import MapsOf
from prepared import PreparedPhoto

from cutis.core.vocabulary import Condition
from cutis.evaluation.fairness import GroupTally, tone_thirds
from cutis.evaluation.peaks import map_peaks
from cutis.steps.lesions import find_lesions
from cutis.steps.scoring.colour import is_colourless, sample_colour, tone_of

FACES = 200


@dataclass(frozen=True, slots=True, eq=False)
class NegativeRecord:
    """Spots of one face: the product's findings, and the confidence of every peak."""

    name: str
    ita_deg: float
    findings: int
    peak_confidence: np.ndarray


def negative_records(photos: Iterable[PreparedPhoto], maps_of: MapsOf) -> list[NegativeRecord]:
    """Return the record of every face with an acne map and a tone."""
    records = []
    for photo in photos:
        found = maps_of(photo).get(Condition.ACNE)
        sample = sample_colour(photo.crop, photo.skin)
        tone = tone_of(sample)
        if found is None or is_colourless(sample.lab) or not hasattr(tone, "colour"):
            continue
        _, confidence = map_peaks(found, photo.crop.mm_per_px)
        findings = find_lesions(photo.crop, {Condition.ACNE: found})
        records.append(NegativeRecord(photo.name, tone.colour.ita_deg, len(findings), confidence))
    return records


def negative_rows(records: list[NegativeRecord], thresholds: dict[str, float]) -> dict[str, object]:
    """Return spots per face and per tone third; ``thresholds`` by name are of peaks."""
    thirds = tone_thirds([r.ita_deg for r in records])
    kinds = {"findings": [r.findings for r in records]}
    for name, threshold in thresholds.items():
        kinds[name] = [int(np.count_nonzero(r.peak_confidence > threshold)) for r in records]
    rows: dict[str, object] = {"faces": len(records)}
    for kind, counts in kinds.items():
        tally: GroupTally[str] = GroupTally()
        for third, count in zip(thirds, counts, strict=True):
            tally = tally.update(third, count)
        rows[f"spots per face, {kind}"] = float(np.mean(counts))
        rows |= {f"spots per face, {kind}, {t}": v for t, v in tally.rates().items()}
        rows[f"highest third over lowest, {kind}"] = tally.highest_over_lowest()
    return rows
