"""What a network is worth on the held-out people of a pack: IoU per class and per tone third."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cutis.core.errors import InputError
from cutis.datasets.pack import PackedSet
from cutis.evaluation.overlap import OverlapTally
from cutis.training.batches import NO_JITTER, Batch, Inputs, example, stack
from cutis.training.objectives import Objective, exclusive_targets, independent_targets
from cutis.training.precision import half_precision

Array = NDArray[Any]
TONE_THIRDS = ("light", "medium", "dark")
"""Two groups of `ItaGroup` each: very light and light, intermediate and tan, brown and dark."""
_BATCH = 8


def spread(items: Array, most: int) -> Array:
    """Return at most so many items, evenly from first to last: a pack lists set after set."""
    places = np.linspace(0, len(items) - 1, min(most, len(items)))
    return items[places.round().astype(int)]


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """IoU on a validation set, 0-1; NaN where a class neither is present nor predicted.

    Attributes:
        channels: names of the classes.
        iou: one value for each channel.
        by_tone: `TONE_THIRDS` by channels.
        background: whether the first channel is the background.
        items: how many pictures were looked at.
    """

    channels: tuple[str, ...]
    iou: Array
    by_tone: Array
    background: bool
    items: int

    @property
    def mean(self) -> float:
        """The mean IoU of the conditions, without the background."""
        return _mean(self.iou[1:] if self.background else self.iou)

    @property
    def mean_with_background(self) -> float:
        """The mean IoU of all channels."""
        return _mean(self.iou)

    def to_dict(self) -> dict[str, float]:
        """Return the numbers by name, for a row of a table."""
        row = {"mean_iou": self.mean}
        if self.background:
            row["mean_iou_with_background"] = self.mean_with_background
        row |= {f"iou_{name}": float(v) for name, v in zip(self.channels, self.iou, strict=True)}
        for third, values in zip(TONE_THIRDS, self.by_tone, strict=True):
            row |= {
                f"iou_{name}_{third}": float(v)
                for name, v in zip(self.channels, values, strict=True)
            }
        return row


def validate(
    network: nn.Module,
    pack: PackedSet,
    objective: Objective,
    inputs: Inputs,
    *,
    limit: int | None = None,
) -> Overlap:
    """Measure the overlap of predicted and true masks on the ``val`` items of a pack.

    The prediction is the greatest logit for exclusive classes, and a probability of 0.5 or more
    for independent ones. Intersections and unions are summed over the whole set.

    Args:
        network: gives logits; it is put into evaluation mode.
        pack: the data.
        objective: says what the channels are.
        inputs: what the network is shown.
        limit: look at this many items at most, spread evenly over the set.

    Raises:
        InputError: the pack has no ``val`` items.
    """
    items = pack.indices("val")
    if len(items) == 0:
        raise InputError("The pack has no items to validate on; make one with a val split.")
    if limit is not None:
        items = spread(items, limit)
    thirds = [OverlapTally.empty(len(objective.channels)) for _ in TONE_THIRDS]
    device = next(network.parameters()).device
    network.eval()
    for chosen, batch in _batches(pack, items, inputs):
        predicted, true, valid = _masks(network, batch.to(device), objective)
        for row, index in enumerate(chosen):
            third = int(pack.tone[index]) // 2
            masks = (predicted[row], true[row], valid[row])
            thirds[third] = _counted(thirds[third], *masks)
    return _overlap(thirds, objective, len(items))


def _overlap(thirds: Sequence[OverlapTally], objective: Objective, items: int) -> Overlap:
    return Overlap(
        channels=objective.channels,
        iou=(thirds[0] + thirds[1] + thirds[2]).iou(),
        by_tone=np.stack([third.iou() for third in thirds]),
        background=objective.exclusive,
        items=items,
    )


def _batches(pack: PackedSet, items: Array, inputs: Inputs) -> Iterator[tuple[Array, Batch]]:
    rng = np.random.default_rng(0)
    for start in range(0, len(items), _BATCH):
        chosen = items[start : start + _BATCH]
        yield (
            chosen,
            stack([example(pack.item(int(i)), inputs, NO_JITTER, rng) for i in chosen]),
        )


def _masks(network: nn.Module, batch: Batch, objective: Objective) -> tuple[Array, Array, Array]:
    """Return predicted, true and valid masks, each bool ``N C H W``."""
    with torch.inference_mode(), half_precision(batch.inputs.device):
        logits = network(batch.inputs).float()
    if objective.exclusive:
        classes, valid = exclusive_targets(batch.labels, batch.ignore, objective.kinds)
        channels = torch.arange(logits.shape[1], device=logits.device)[None, :, None, None]
        predicted = logits.argmax(dim=1)[:, None] == channels
        true, valid = classes[:, None] == channels, valid[:, None].expand_as(predicted)
    else:
        targets, valid = independent_targets(batch.labels, batch.ignore, objective.kinds)
        predicted, true = logits >= 0, targets > 0.5
    return predicted.cpu().numpy(), true.cpu().numpy(), valid.cpu().numpy()


def _counted(tally: OverlapTally, predicted: Array, true: Array, valid: Array) -> OverlapTally:
    for channel in range(len(predicted)):
        tally = tally.update(channel, predicted[channel], true[channel], valid[channel])
    return tally


def _mean(values: Array) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")
