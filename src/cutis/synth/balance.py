"""Which face comes next, so that a set is even over tone, light and age; and the table of it.

Every face gets a weight so that the drawn tones, the drawn lights and the known ages come about
equally often (raking, Deming & Stephan 1940, doi:10.1214/aoms/1177731829). Raking starts from how
sharp each face is, since most photos are coarser than the spots that are painted on them. A weight
is bounded, so that a rare kind is not the same face over and over. The face of item ``i`` depends
on the seed and on ``i`` only, so a set can be made in any order, in parts, by many processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from cutis.core.vocabulary import ItaGroup
from cutis.datasets.bank import LIGHTS, FaceFacts
from cutis.datasets.clean_sets import AGES
from cutis.datasets.splits import SPLITS
from cutis.imaging.colour import ita_to_group

AXES: Mapping[str, tuple[str, ...]] = {
    "tone": tuple(ItaGroup),
    "light": LIGHTS,
    "age": AGES,
    "severity": (),
}
"""What a set is balanced over; severities are those that the drawing of parameters knows."""

SHARP_MM_PER_PX = 0.25
"""A face this fine shows every lesion; a coarser one is drawn less often, by the square."""

_ROUNDS = 40
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class FaceChoice:
    """The faces with their weights, summed up for drawing."""

    cumulative: Float64[np.ndarray, "faces"]
    seed: int
    crops_per_face: int = 1

    def at(self, index: int, attempt: int = 0) -> int:
        """Return the number of the face of item ``index``; each failed attempt takes another."""
        rng = np.random.default_rng((self.seed, index // self.crops_per_face, attempt, 0xFACE))
        return int(np.searchsorted(self.cumulative, rng.random(), side="right"))


def choose_faces(
    facts: Sequence[FaceFacts], *, seed: int, crops_per_face: int = 1, most: float = 8.0
) -> FaceChoice:
    """Return how faces are drawn.

    Args:
        facts: the faces of the bank.
        seed: that of the set.
        crops_per_face: how many items in a row are made of one face; loading a face takes time.
        most: how many times as often as the average a single face may come.
    """
    weights = face_weights(facts, most=most)
    cumulative = np.cumsum(weights)
    cumulative[-1] = np.inf  # no rounding lets a draw fall past the end
    return FaceChoice(cumulative, seed, crops_per_face)


def face_weights(facts: Sequence[FaceFacts], *, most: float = 8.0) -> Float64[np.ndarray, "faces"]:
    """Return how often each face should come; the weights add up to 1."""
    axes = [
        np.array([ita_to_group(face.ita_deg).value for face in facts]),
        np.array([face.light for face in facts]),
        np.array([face.age for face in facts]),
    ]
    scales = np.array([face.mm_per_px for face in facts])
    weights = np.minimum(1.0, SHARP_MM_PER_PX / scales) ** 2
    weights /= weights.sum()
    for _ in range(_ROUNDS):
        for values in axes:
            weights = _even(weights, values)
        weights = _bounded(weights, most / len(facts))
    return weights


def _bounded(weights: Float64[np.ndarray, "faces"], most: float) -> Float64[np.ndarray, "faces"]:
    """Cut weights at ``most`` and give what was cut off to the others, so that the sum stays 1."""
    for _ in range(_ROUNDS):
        weights = np.minimum(weights / weights.sum(), most)
    return weights / weights.sum()


def _even(
    weights: Float64[np.ndarray, "faces"], values: np.ndarray[Any, Any]
) -> Float64[np.ndarray, "faces"]:
    """Give every known value the same sum of weights; the unknown keeps its own."""
    known = [value for value in np.unique(values) if value != _UNKNOWN]
    if not known:
        return weights
    share = weights[values != _UNKNOWN].sum() / len(known)
    scaled = weights.copy()
    for value in known:
        members = values == value
        scaled[members] *= share / weights[members].sum()
    return scaled


def wanted_severity(severities: Sequence[str], *, seed: int, index: int) -> str:
    """Return the severity that item ``index`` should show; each comes equally often."""
    turn = np.random.default_rng((seed, index // len(severities), 0x5E7)).permutation(
        len(severities)
    )
    return severities[int(turn[index % len(severities)])]


def count_balance(records: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """Count the records of a set: axis → value → split → how many."""
    counts = {axis: {value: dict.fromkeys(SPLITS, 0) for value in AXES[axis]} for axis in AXES}
    for record in records:
        for axis, values in counts.items():
            row = values.setdefault(str(record[axis]), dict.fromkeys(SPLITS, 0))
            row[record["split"]] += 1
    return counts


def format_balance(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> str:
    """Write the balance as a table for a terminal, one line a value."""
    lines = [f"{'':<26}{'train':>8}{'val':>8}{'share':>8}"]
    for axis, values in counts.items():
        total = sum(sum(row.values()) for row in values.values())
        for value, row in values.items():
            share = sum(row.values()) / max(total, 1)
            lines.append(f"{axis + ' ' + value:<26}{row['train']:>8}{row['val']:>8}{share:>8.1%}")
    return "\n".join(lines)


def count_persons(records: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Count the persons of each split."""
    persons = {(record["split"], record["person"]) for record in records}
    counts = Counter(split for split, _ in persons)
    return {split: counts[split] for split in SPLITS}
