"""The learned models that are here, behind their ports; where none is, the classical ways stay."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cutis.models.cache import is_here, read_files
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.models.descriptor import Descriptor
from cutis.models.lesion_network import LesionNetwork
from cutis.models.runtime import NetworkFiles, Runtime


def condition_segmenters(
    models: Iterable[Descriptor], runtime: Runtime, directory: Path | None = None
) -> tuple[LearnedConditionSegmenter, ...]:
    """Load every model that gives condition maps and whose files are here.

    Args:
        models: cards, in the order in which a later model replaces an earlier one.
        runtime: what compiles the networks.
        directory: the folder of pulled models.

    Raises:
        ModelError: a file is there, but altered, unreadable, or does not fit its card.
    """
    return tuple(
        LearnedConditionSegmenter(model, _files(model, directory), runtime)
        for model in models
        if model.conditions and is_here(model, directory)
    )


def lesion_classifier(
    models: Iterable[Descriptor], runtime: Runtime, directory: Path | None = None
) -> LesionNetwork | None:
    """Load the last model that classifies lesions and whose files are here; None without one.

    Raises:
        ModelError: a file is there, but altered, unreadable, or does not fit its card.
    """
    here = [m for m in models if m.lesions is not None and is_here(m, directory)]
    return LesionNetwork(here[-1], _files(here[-1], directory), runtime) if here else None


def _files(model: Descriptor, directory: Path | None) -> NetworkFiles:
    graph, weights = read_files(model, directory)
    return NetworkFiles(graph, weights)
