"""The learned models that are here, behind their ports; where none is, the classical ways stay."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cutis.core.assessment import ModelUse
from cutis.models.cache import is_here, read_files
from cutis.models.condition_network import LearnedConditionSegmenter
from cutis.models.descriptor import Descriptor
from cutis.models.lesion_network import LesionNetwork
from cutis.models.runtime import NetworkFiles, Runtime
from cutis.models.skin_network import LearnedSkinSegmenter, OpenVinoStages


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


def skin_segmenter(
    models: Iterable[Descriptor], runtime: Runtime, directory: Path | None = None
) -> LearnedSkinSegmenter | None:
    """Load the last model that finds skin and whose files are here; None without one.

    Raises:
        ModelError: a file is there, but altered, unreadable, or does not fit its card.
    """
    here = [m for m in models if m.skin is not None and is_here(m, directory)]
    if not here:
        return None
    model, precision = here[-1], runtime.options.precision
    contents = read_files(model, directory)
    pairs = zip(contents[::2], contents[1::2], strict=True)
    stages = OpenVinoStages([NetworkFiles(*pair) for pair in pairs], runtime)
    use = ModelUse(model.name, model.version, model.sha256, runtime.name, precision)
    return LearnedSkinSegmenter(model, stages, use)


def _files(model: Descriptor, directory: Path | None) -> NetworkFiles:
    graph, weights = read_files(model, directory)
    return NetworkFiles(graph, weights)
