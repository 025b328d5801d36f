"""What is asked of the server, per condition and severity: read from `data/prompts.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from cutis.core.errors import SettingsError
from cutis.core.vocabulary import Condition

SEVERITIES = ("mild", "moderate", "severe")
_FILE = "prompts.toml"
_GENERAL = ("common", "sampling")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one condition of one severity is asked for.

    ``area_share`` is the least and most share of the crop's visible skin that is painted;
    ``denoise`` (0–1) how much of the clean skin is given up; ``reference_weight`` (0–1) how
    strongly the reference guides; ``guidance`` the classifier-free guidance scale.
    """

    condition: Condition
    severity: str
    positive: str
    negative: str
    area_share: tuple[float, float]
    denoise: float
    reference_weight: float
    steps: int
    guidance: float
    sampler: str
    scheduler: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """All recipes, and the SHA-256 of the file they come from."""

    recipes: Mapping[tuple[Condition, str], Recipe]
    sha256: str

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that can be asked for, in the order of the file."""
        return tuple(dict.fromkeys(condition for condition, _ in self.recipes))


def load_prompts() -> Prompts:
    """Read the prompts that come with Cutis."""
    data = resources.files("cutis.synth").joinpath("data", _FILE)
    return read_prompts(data.read_text(encoding="utf-8"))


def read_prompts(text: str) -> Prompts:
    """Read prompts from TOML.

    Raises:
        SettingsError: a table is missing, or has a value missing, unknown or out of range.
    """
    try:
        tables = tomllib.loads(text)
        recipes = [
            _recipe(tables, Condition(name), severity)
            for name in tables
            if name not in _GENERAL
            for severity in SEVERITIES
        ]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"The prompts want, per condition, the tables {', '.join(SEVERITIES)} with positive, "
            f"area, denoise, and beside them negative, reference_weight; found: {error}."
        ) from error
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return Prompts({(r.condition, r.severity): r for r in recipes}, sha256)


def _recipe(tables: Mapping[str, Any], condition: Condition, severity: str) -> Recipe:
    common, of_condition = tables["common"], tables[condition.value]
    of_severity = of_condition[severity]
    least, most = of_severity["area"]
    recipe = Recipe(
        condition=condition,
        severity=severity,
        positive=", ".join([of_severity["positive"], *common["positive"]]),
        negative=", ".join([*common["negative"], *of_condition["negative"]]),
        area_share=(float(least), float(most)),
        denoise=float(of_severity["denoise"]),
        reference_weight=float(of_condition["reference_weight"]),
        **tables["sampling"],
    )
    ordered = (0.0, least, most, 1.0)
    shares = (recipe.denoise, recipe.reference_weight)
    if list(ordered) != sorted(ordered) or not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"a share outside 0 to 1 in {condition.value}.{severity}")
    return recipe
