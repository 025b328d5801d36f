"""Which labels are good enough to learn from: where both ways agree, balanced by set and tone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cutis.datasets.skin_labels.beards import doubtful_beard
from cutis.datasets.skin_labels.corrections import Corrections, shipped_corrections
from cutis.datasets.skin_labels.store import TAUGHT, LabelledView, load_view

TONES = ("light", "medium", "dark")
"""Thirds of the typology angle over all the labelled faces."""


@dataclass(frozen=True, slots=True)
class AcceptLimits:
    """Which labels are taken.

    Attributes:
        agreement: least overlap of both ways to find skin.
        skin_share: least and greatest share of the oval that is skin.
        yaw_deg: greatest turn of the head.
        unsure_glasses: between these it is not told whether there are glasses, so neither is
            learned.
        set_share: greatest share of one set among the chosen.
        own_shares: sets with a share of their own: small faces, enlarged, show soft edges.
    """

    agreement: float = 0.88
    skin_share: tuple[float, float] = (0.35, 0.93)
    yaw_deg: float = 60.0
    unsure_glasses: tuple[float, float] = (0.15, 0.85)
    set_share: float = 0.6
    own_shares: tuple[tuple[str, float], ...] = (("congress", 0.2),)

    def disagrees(self, view: LabelledView) -> bool:
        """Tell whether the two ways to find skin differ too much."""
        return view.agreement < self.agreement

    def unsure_of_glasses(self, view: LabelledView) -> bool:
        """Tell whether there may be glasses or not."""
        low, high = self.unsure_glasses
        return low <= view.glasses < high

    def doubts(self, view: LabelledView) -> bool:
        """Tell whether the rules cannot answer for a face that a network may know."""
        return self.disagrees(view) or self.unsure_of_glasses(view)

    def most_of(self, name: str, most: int) -> float:
        """Return how many faces of a set there may be among ``most``."""
        return max(1.0, dict(self.own_shares).get(name, self.set_share) * most)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Files of the chosen faces, how many were seen, and why others were left out."""

    chosen: tuple[Path, ...]
    seen: int
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Row:
    file: Path
    of: str
    ita_deg: float
    agreement: float


def accept_views(
    folder: Path,
    *,
    most: int,
    limits: AcceptLimits | None = None,
    corrections: Corrections | None = None,
) -> Accepted:
    """Choose the faces of a folder that are learned from, at most ``most``.

    Rejection is harder on some sets and tones than on others, so the chosen are drawn in turn from
    every set and third of tones, those that agree best first. What `teach_views` labelled anew
    stands for what the rules said.
    """
    limits, corrections = limits or AcceptLimits(), corrections or shipped_corrections()
    reasons: Counter[str] = Counter()
    rows = []
    for kept in sorted(folder.glob("*.npz")):
        if not kept.stat().st_size:
            reasons["no usable face"] += 1
            continue
        anew = folder / TAUGHT / kept.name
        file = anew if anew.exists() and anew.stat().st_size else kept
        view = load_view(file)
        reason = _refusal(view, limits, corrections)
        if reason:
            reasons[reason] += 1
        else:
            rows.append(_Row(file, view.source.split("/")[0], view.ita_deg, view.agreement))
    chosen = _balanced(rows, most, limits)
    reasons["enough of this set and tone"] += len(rows) - len(chosen)
    return Accepted(
        chosen,
        len(rows) + sum(reasons.values()) - (len(rows) - len(chosen)),
        {k: v for k, v in reasons.items() if v},
    )


def _refusal(view: LabelledView, limits: AcceptLimits, corrections: Corrections) -> str | None:
    low, high = limits.skin_share
    checks = {
        "rejected by a person": view.source in corrections.rejected,
        "the two ways disagree": limits.disagrees(view),
        "too little or too much skin": not low <= view.skin_share <= high,
        "turned too far": abs(view.yaw_deg) > limits.yaw_deg,
        "perhaps glasses": limits.unsure_of_glasses(view),
        "perhaps a beard": doubtful_beard(view),
    }
    redrawn = view.source in corrections.redrawn and not checks["rejected by a person"]
    return None if redrawn else next((why for why, holds in checks.items() if holds), None)


def _balanced(rows: list[_Row], most: int, limits: AcceptLimits) -> tuple[Path, ...]:
    """Take turns between sets and tones until ``most`` are chosen or none is left."""
    tones = tone_thirds([row.ita_deg for row in rows])
    queues: defaultdict[tuple[str, str], list[_Row]] = defaultdict(list)
    for row, tone in zip(rows, tones, strict=True):
        queues[row.of, tone].append(row)
    for queue in queues.values():
        queue.sort(key=lambda row: (row.agreement, row.file.name))
    taken: list[_Row] = []
    by_set: Counter[str] = Counter()
    while len(taken) < most and any(queues.values()):
        for (of, _), queue in sorted(queues.items()):
            full = by_set[of] >= limits.most_of(of, most)
            if queue and full:
                queue.clear()
            elif queue and len(taken) < most:
                taken.append(queue.pop())
                by_set[of] += 1
    return tuple(sorted(row.file for row in taken))


def tone_thirds(ita_deg: Iterable[float]) -> list[str]:
    """Return for each face which third of tones it is in, the lightest first."""
    values = np.array(list(ita_deg), np.float64)
    if not len(values):
        return []
    edges = np.quantile(values, [1 / 3, 2 / 3])
    return [TONES[2 - int(np.searchsorted(edges, value, side="right"))] for value in values]
