"""The recipe of the lesion classifier: EfficientNet-Lite0 from ImageNet over small crops.

Cross-entropy balanced by class with smoothed labels, AdamW, a cosine schedule, the best by balanced
accuracy on held-out people; then a temperature, the numbers, and the files that assessment runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cutis.core.errors import InputError, ModelError
from cutis.datasets.found_spots import FOUND
from cutis.datasets.lesion_crops import CropSet
from cutis.networks.classifier import ClassifierSpec, build_classifier
from cutis.networks.unet import fix_depthwise
from cutis.training import checkpoint
from cutis.training.batches import Batch, prefetched
from cutis.training.lesion_batches import CropJitter, crop_batch
from cutis.training.lesion_export import export_lesions
from cutis.training.lesion_scores import (
    calibration,
    full_scores,
    logits_of,
    short_scores,
    validation_numbers,
)
from cutis.training.loop import LoopOptions, Moment, Outcome, Task, train
from cutis.training.precision import best_device, spare_workers

METRICS = "metrics.json"
_AHEAD = 3


@dataclass(frozen=True, slots=True)
class LesionRecipe:
    """Everything the training of a lesion classifier is told.

    Attributes:
        loop: how long and how fast.
        batch_size: crops in a batch.
        jitter: how much crops are varied.
        label_smoothing: 0-1 (Szegedy et al. 2016, arXiv:1512.00567).
        fixed_depthwise: depthwise filters stay as ImageNet made them; their gradients cost a CPU
            half of a step.
        dropout: before the last layer, 0-1.
        found_times: how often a crop found on a clean face comes for each time of a painted one;
            few clean faces give any, and they are what real photos look like.
        contrast: how strongly crops are seen relative to their border; 0 shows them as they are.
    """

    loop: LoopOptions
    batch_size: int = 64
    jitter: CropJitter = CropJitter()  # noqa: RUF009 - frozen
    label_smoothing: float = 0.05
    fixed_depthwise: bool = True
    dropout: float = 0.2
    found_times: int = 4
    contrast: float = 1.0


def lesion_recipe(*, minutes: float | None = 20.0, seed: int = 0) -> LesionRecipe:
    """Return the recipe for a time budget."""
    return LesionRecipe(
        LoopOptions(minutes, learning_rate=1e-3, warmup_steps=50, ema_decay=0.99, seed=seed)
    )


def train_lesions(
    recipe: LesionRecipe,
    crops: CropSet,
    folder: Path,
    *,
    resume: bool = False,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Outcome:
    """Train a lesion classifier and write its weights to a folder.

    Args:
        recipe: how.
        crops: ``train`` to learn from, ``val`` to choose the best by.
        folder: where weights, log and description go.
        resume: go on where the folder's training stopped.
        watch: is told where the training stands.

    Raises:
        InputError: a split, or a class of the training split, has no crops.
        ModelError: there is nothing to resume.
    """
    validation_numbers(crops)
    crops = with_found_again(crops, recipe.found_times)
    weights = class_weights(crops)
    torch.manual_seed(recipe.loop.seed)
    spec = ClassifierSpec(
        crops.classes,
        dropout=recipe.dropout,
        contrast=recipe.contrast,
        sized=crops.geometry.sized,
    )
    network = build_classifier(spec, pretrained=not resume)
    if recipe.fixed_depthwise:
        fix_depthwise(network)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_json(_description(recipe, spec, crops), folder / checkpoint.DESCRIPTION)
    device = best_device()
    task = Task(
        network.to(device),
        partial(_loss, weights.to(device), recipe.label_smoothing),
        lambda step: _batches(recipe, crops, step),
        lambda candidate: short_scores(candidate, crops),
    )
    return train(task, recipe.loop, folder, resume=resume, watch=watch)


def with_found_again(crops: CropSet, times: int) -> CropSet:
    """Return the crops with those found on clean faces ``times`` times among the ``train`` ones."""
    again = crops.indices("train")
    again = np.tile(again[crops.what[again] == FOUND], times - 1)
    return crops.taken(np.concatenate([np.arange(len(crops)), again]))


def class_weights(crops: CropSet) -> Tensor:
    """Return what a crop of each class counts, so that all classes count alike and the mean is 1.

    Raises:
        InputError: a class has no crops to train on.
    """
    counts = crops.counts("train")
    missing = [name for name, n in counts.items() if n == 0]
    if missing:
        raise InputError(
            f"No crops to train on of: {', '.join(missing)}. Make a larger file of more faces."
        )
    numbers = torch.tensor(list(counts.values()), dtype=torch.float32)
    return numbers.sum() / (len(numbers) * numbers)


def finish(crops: CropSet, folder: Path, out: Path | None = None) -> dict[str, Any]:
    """Calibrate and measure the best weights of a training, and write what assessment runs.

    The graph gives logits that are not divided by the temperature; the card has it.

    Args:
        crops: those that were trained with.
        folder: of the training.
        out: where the graph and ``metrics.json`` go; the same folder by default.

    Returns:
        What ``metrics.json`` holds.

    Raises:
        ModelError: the folder holds no lesion classifier, or the graph differs from it.
    """
    network = load_lesion_classifier(folder)
    numbers = validation_numbers(crops)
    logits = logits_of(network, crops, numbers)
    fitted = calibration(logits, crops, numbers)
    out = out or folder
    metrics = {
        "classes": list(crops.classes),
        "train_crops": crops.counts("train"),
        "crop_seed": crops.seed,
        "found_on": sorted({str(p) for p in crops.person[crops.what == FOUND]}),
        "renderer_version": crops.renderer_version,
        "lesions": asdict(replace(crops.geometry, temperature=fitted.temperature)),
        "calibration": asdict(fitted),
        "validation": full_scores(logits, crops, numbers, fitted.temperature),
        "export": export_lesions(network, crops, out),
    }
    checkpoint.save_json(metrics, out / METRICS)
    return metrics


def load_lesion_classifier(folder: Path) -> nn.Module:
    """Read the best weights of a training; raises ModelError if none are there."""
    description = checkpoint.load_json(folder / checkpoint.DESCRIPTION)
    try:
        spec = ClassifierSpec.from_dict(description["classifier"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint.DESCRIPTION} does not describe a lesion classifier. Name the folder "
            "that cutis train lesions wrote."
        ) from error
    network = build_classifier(spec, pretrained=False)
    checkpoint.load_weights(network, folder / checkpoint.BEST)
    return network.eval()


def _loss(weights: Tensor, smoothing: float, logits: Tensor, batch: Batch) -> Tensor:
    loss: Tensor = nn.functional.cross_entropy(
        logits.float(), batch.labels, weights, label_smoothing=smoothing
    )
    return loss


def _batches(recipe: LesionRecipe, crops: CropSet, step: int) -> Generator[Batch]:
    def make(number: int) -> Batch:
        return crop_batch(
            crops, recipe.jitter, size=recipe.batch_size, seed=recipe.loop.seed, step=number
        )

    return prefetched(make, step, workers=spare_workers(), ahead=_AHEAD)


def _description(recipe: LesionRecipe, spec: ClassifierSpec, crops: CropSet) -> dict[str, Any]:
    return {
        "recipe": "lesion-types",
        "classifier": spec.to_dict(),
        "training": asdict(recipe),
        "geometry": asdict(crops.geometry),
    }
