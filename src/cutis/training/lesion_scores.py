"""What a lesion classifier is worth on held-out people: recall, calibration, tones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64
from numpy.typing import NDArray
from torch import Tensor, nn

from cutis.core.errors import InputError
from cutis.datasets.lesion_crops import CropSet
from cutis.datasets.splits import split_of
from cutis.evaluation.calibration import ReliabilityTable
from cutis.networks.classifier import OTHER, fit_temperature
from cutis.training.lesion_batches import as_inputs
from cutis.training.precision import half_precision
from cutis.training.validation import TONE_THIRDS

_BATCH = 256
_HALVES_SEED = 1


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A temperature and what it does to the expected calibration error (Naeini 2015), 0–1.

    ``ece_after`` is cross-fitted: each half of the people is judged with the temperature of the
    other half. ``temperature`` is fitted on all of them.
    """

    temperature: float
    ece_before: float
    ece_after: float


def logits_of(network: nn.Module, crops: CropSet, numbers: Int64[np.ndarray, "n"]) -> Tensor:
    """Return the logits ``N classes`` of crops, float32 on the CPU."""
    device = next(network.parameters()).device
    network.eval()
    rows = []
    with torch.inference_mode(), half_precision(device):
        for start in range(0, len(numbers), _BATCH):
            inputs = as_inputs(crops, numbers[start : start + _BATCH]).to(device)
            rows.append(network(inputs).float().cpu())
    return torch.cat(rows)


def validation_numbers(crops: CropSet) -> Int64[np.ndarray, "n"]:
    """Return the numbers of the ``val`` crops; raises InputError if there are none."""
    numbers = crops.indices("val")
    if len(numbers) == 0:
        raise InputError("The file has no crops of held-out people; make one of more faces.")
    return numbers


def recalls(
    true: Int64[np.ndarray, "n"], predicted: Int64[np.ndarray, "n"], classes: int
) -> Float64[np.ndarray, "classes"]:
    """Return the share of each class that is named right, 0–1; NaN of a class without crops."""
    all_of = np.bincount(true, minlength=classes).astype(float)
    right = np.bincount(true[true == predicted], minlength=classes)
    shares = np.full(classes, np.nan)
    np.divide(right, all_of, out=shares, where=all_of > 0)
    return shares


def short_scores(network: nn.Module, crops: CropSet) -> dict[str, float]:
    """Return balanced accuracy and accuracy on the held-out people."""
    numbers = validation_numbers(crops)
    predicted = logits_of(network, crops, numbers).argmax(1).numpy()
    return _accuracies(crops.label[numbers], predicted, len(crops.classes))


def calibration(logits: Tensor, crops: CropSet, numbers: Int64[np.ndarray, "n"]) -> Calibration:
    """Fit the temperature on held-out people, and tell what it is worth for others."""
    true = torch.from_numpy(crops.label[numbers])
    parts = [split_of(person, seed=_HALVES_SEED, val_share=0.5) for person in crops.person[numbers]]
    first = torch.from_numpy(np.array(parts) == "val")
    whole = fit_temperature(logits, true)
    scaled = logits.clone()
    for half in (first, ~first):
        fitted = whole if bool(half.all()) else fit_temperature(logits[~half], true[~half])
        scaled[half] = logits[half] / fitted
    return Calibration(whole, _ece(logits, true), _ece(scaled, true))


def full_scores(
    logits: Tensor, crops: CropSet, numbers: Int64[np.ndarray, "n"], temperature: float
) -> dict[str, Any]:
    """Return everything that is told of a classifier, as plain data.

    ``kept_lesions`` and ``kept_background`` are the shares whose calibrated probability of
    *other* is 0.5 or less.
    """
    classes, true = crops.classes, crops.label[numbers]
    predicted = logits.argmax(1).numpy()
    other = classes.index(OTHER)
    probability = torch.softmax(logits / temperature, dim=1).numpy()[:, other]
    kept, background = probability <= 0.5, true == other
    thirds = crops.tone[numbers] // 2
    what = crops.what[numbers]
    return {
        "crops": len(numbers),
        "persons": len(np.unique(crops.person[numbers])),
        **_accuracies(true, predicted, len(classes)),
        "recall": _named(classes, recalls(true, predicted, len(classes))),
        "recall_of_background": {
            str(sort): float((predicted[what == sort] == other).mean())
            for sort in np.unique(what[background])
        },
        "kept_lesions": _share(kept[~background]),
        "kept_background": _share(kept[background]),
        "by_tone": {
            third: {"crops": int((thirds == n).sum())}
            | _accuracies(true[thirds == n], predicted[thirds == n], len(classes))
            for n, third in enumerate(TONE_THIRDS)
        },
        "confusion": _confusion(true, predicted, len(classes)).tolist(),
    }


def _accuracies(true: NDArray[Any], predicted: NDArray[Any], classes: int) -> dict[str, Any]:
    """The balanced one is the mean recall of the classes that are there; None of no crops."""
    found = recalls(true, predicted, classes)
    found = found[~np.isnan(found)]
    balanced = float(found.mean()) if found.size else None
    return {"balanced_accuracy": balanced, "accuracy": _share(true == predicted)}


def _share(values: NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if values.size else None


def _named(names: tuple[str, ...], values: NDArray[np.float64]) -> dict[str, float | None]:
    return {n: None if np.isnan(v) else float(v) for n, v in zip(names, values, strict=True)}


def _confusion(true: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Return how often each true class (row) is called each class (column)."""
    cells = np.bincount(true * classes + predicted, minlength=classes**2)
    return cells.reshape(classes, classes).astype(np.int64)


def _ece(logits: Tensor, true: Tensor) -> float:
    surest, predicted = torch.softmax(logits.double(), dim=1).max(dim=1)
    table = ReliabilityTable.empty().update(surest.clamp(0, 1).numpy(), (predicted == true).numpy())
    return table.expected_calibration_error()
