"""What a person rejected or redrew, kept as data beside the recipe: names and coordinates only."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from cutis.core.arrays import Points
from cutis.core.errors import InputError
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.store import LabelledView
from cutis.imaging.outlines import fill

FILE = "corrections.toml"
_NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """An area that is ``part``, or none of the parts; ``polygon`` in fractions of the view."""

    part: FacePart | None
    polygon: Points


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """Sources that are rejected, with the reason, and areas redrawn by source."""

    rejected: Mapping[str, str]
    redrawn: Mapping[str, tuple[Redrawn, ...]]

    def applied(self, view: LabelledView) -> LabelledView:
        """Return a view with what was redrawn in it."""
        labels = view.labels.copy()
        for area in self.redrawn.get(view.source, ()):
            polygon = area.polygon * np.array(labels.shape[::-1], np.float32)
            inside = fill(polygon.astype(np.float32), labels.shape, rounds=0)
            labels[inside] = area.part.label if area.part else 0
        return replace(view, labels=labels)


def read_corrections(text: str) -> Corrections:
    """Read corrections from TOML.

    Raises:
        InputError: the text is no TOML, or names a part that there is not.
    """
    try:
        table = tomllib.loads(text)
        redrawn: dict[str, tuple[Redrawn, ...]] = {}
        for entry in table.get("redraw", []):
            redrawn[entry["source"]] = (*redrawn.get(entry["source"], ()), _area(entry))
    except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise InputError(f"Corrections need source, part and polygon: {error}.") from error
    return Corrections(dict(table.get("reject", {})), redrawn)


@cache
def shipped_corrections() -> Corrections:
    """Return the corrections that come with the package."""
    text = resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    return read_corrections(text)


def _area(entry: Mapping[str, Any]) -> Redrawn:
    part = None if entry["part"] == _NONE else FacePart(entry["part"])
    polygon = np.array(entry["polygon"], np.float32)
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
        raise ValueError("a polygon has three corners or more, each x and y")
    return Redrawn(part, polygon)
