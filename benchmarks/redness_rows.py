"""Redness: rosacea against normal photos (dev/redness), by several summaries of a map.

The two kinds come from other cameras, so an area under the curve flatters every method. Photos are
halved by a digest of their names, as for acne.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from acne_rows import MapsOf, half_of
from prepared import PreparedPhoto

from cutis.core.masks import ConditionMap
from cutis.core.vocabulary import Condition
from cutis.evaluation.ranking import auc, bootstrap_interval
from cutis.steps.lesions import find_lesions
from cutis.steps.scoring import score_face

ABOVE_BASELINE = 0.2


@dataclass(frozen=True, slots=True)
class RednessRecord:
    """Summaries of one photo's map; ``product`` is the raw value of the product's score."""

    name: str
    rosacea: bool
    summaries: dict[str, float]
    product: float | None


def redness_records(photos: Iterable[PreparedPhoto], maps_of: MapsOf) -> list[RednessRecord]:
    """Return the record of every photo whose redness map could be made."""
    records = []
    for photo in photos:
        found = maps_of(photo).get(Condition.REDNESS)
        if found is not None and found.looked_at.any():
            records.append(
                RednessRecord(
                    photo.name,
                    photo.name.startswith("rosacea"),
                    map_summaries(found),
                    product_raw(photo, found),
                )
            )
    return records


def map_summaries(found: ConditionMap) -> dict[str, float]:
    """Return ways of summing up a map over the skin that was looked at."""
    values = found.probability[found.looked_at]
    median, high = (float(v) for v in np.quantile(values, [0.5, 0.9]))
    return {
        "mean": float(values.mean()),
        "area above one half": float((values >= 0.5).mean()),
        "standard deviation": float(values.std()),
        "90th less 50th percentile": high - median,
        "area above own median + 0.2": float((values > median + ABOVE_BASELINE).mean()),
    }


def product_raw(photo: PreparedPhoto, found: ConditionMap) -> float | None:
    """Return the raw value of the product's score made of one map, or None where not measured."""
    maps = {found.condition: found}
    findings = find_lesions(photo.crop, maps)
    score = score_face(photo.crop, photo.skin, maps, findings, quality=photo.quality).scores[
        found.condition
    ]
    return None if score.value is None else score.raw.value


def redness_table(records: list[RednessRecord]) -> dict[str, dict[str, object]]:
    """Return the rows of both halves and of all."""
    parts = {h: [r for r in records if half_of(r.name) == h] for h in ("look", "report")}
    return {h: redness_rows(p) for h, p in (parts | {"all": records}).items() if p}


def redness_rows(records: list[RednessRecord]) -> dict[str, object]:
    """Return the area under the curve, rosacea above normal, of every summary."""
    rows: dict[str, object] = {
        "rosacea photos": sum(r.rosacea for r in records),
        "normal photos": sum(not r.rosacea for r in records),
        "AUC, product score": _auc([(r.rosacea, r.product) for r in records]),
    }
    for name in records[0].summaries:
        pairs = [(r.rosacea, r.summaries[name]) for r in records]
        rows[f"AUC, {name}"] = _auc(pairs)
        rows[f"AUC, {name}: interval"] = bootstrap_interval(
            auc, _split(pairs), np.random.default_rng(0), paired=False, resamples=500
        )
    return rows


def _auc(pairs: list[tuple[bool, float | None]]) -> float:
    return auc(*_split(pairs))


def _split(pairs: list[tuple[bool, float | None]]) -> tuple[list[float], list[float]]:
    seen = [(yes, v) for yes, v in pairs if v is not None]
    return [v for yes, v in seen if yes], [v for yes, v in seen if not yes]
