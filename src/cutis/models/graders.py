"""The shipped graders: read from their file, whose digest is that of their card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cutis.core.assessment import ModelUse
from cutis.models.cache import read_files
from cutis.models.descriptor import Descriptor
from cutis.steps.grading import GraderWeights, load_graders

NAME = "graders"


@dataclass(frozen=True, slots=True, eq=False)
class ShippedGraders:
    """Graders by name, and what is told of them in a result."""

    graders: Mapping[str, GraderWeights] = field(default_factory=dict)
    use: ModelUse | None = None


def shipped_graders(models: Iterable[Descriptor]) -> ShippedGraders:
    """Read the graders whose card is among ``models``; none without one.

    Raises:
        ModelError: the file is missing or altered, or belongs to another version.
    """
    card = next((model for model in models if model.name == NAME), None)
    if card is None:
        return ShippedGraders()
    (data,) = read_files(card)
    use = ModelUse(card.name, card.version, card.sha256, card.runtime, card.precision)
    return ShippedGraders(load_graders(data), use)
