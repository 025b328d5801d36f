"""The recipe of the skin network: Mask R-CNN over faces with things drawn over them.

Losses of Mask R-CNN (He et al. 2017, arXiv:1703.06870), AdamW, a cosine schedule, averaged weights;
the best by mean mask AP and skin IoU on held-out people; then the files that assessment runs.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from cutis.core.errors import InputError, ModelError
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.skin_pack import SkinPack
from cutis.networks.mask_rcnn import (
    Backbone,
    MaskRcnn,
    MaskRcnnSpec,
    build_mask_rcnn,
    losses_of,
)
from cutis.networks.unet import Weights
from cutis.training import checkpoint
from cutis.training.batches import Batch, prefetched
from cutis.training.loop import LoopOptions, Moment, Outcome, Task, train
from cutis.training.precision import best_device, half_precision, spare_workers
from cutis.training.skin_batches import FaceJitter, detection_targets, skin_batch
from cutis.training.skin_export import export_skin
from cutis.training.skin_import import import_skin
from cutis.training.skin_scores import skin_scores

METRICS = "metrics.json"
CLASSES = tuple(part.value for part in FacePart)
_AHEAD = 3
_FURTHER = 0.33
_MEASURED_ON = 16
"""Faces on which the statistics of imported norms are measured."""
_LOSSES = {
    "loss_objectness": 1.0,
    "loss_rpn_box_reg": 1.0,
    "loss_classifier": 1.0,
    "loss_box_reg": 1.0,
    "loss_mask": 2.0,
}
"""What each loss counts; the mask is what is wanted."""


@dataclass(frozen=True, slots=True)
class SkinRecipe:
    """Everything the training of a skin network is told.

    Attributes:
        loop: how long and how fast.
        network: what is trained.
        batch_size: faces in a batch.
        side_px: of the input.
        jitter: how much faces are varied.
        validated: how many held-out faces each validation looks at.
    """

    loop: LoopOptions
    network: MaskRcnnSpec = field(default_factory=lambda: MaskRcnnSpec(CLASSES))
    batch_size: int = 8
    side_px: int = 320
    jitter: FaceJitter = field(default_factory=FaceJitter)
    validated: int = 48


def skin_recipe(
    *,
    minutes: float | None = 40.0,
    seed: int = 0,
    backbone: Backbone = Backbone.LITE0,
    weights: Weights | None = None,
    further: bool = False,
) -> SkinRecipe:
    """Return the recipe for a time budget.

    Args:
        minutes: how long it trains, validation included.
        seed: of weights, order and jitter.
        backbone: what looks at the picture.
        weights: where the backbone starts; None for ImageNet where that needs no internet, and
            random weights else.
        further: trains on from weights that are good already, in steps a third as long.
    """
    if weights is None:
        weights = Weights.IMAGENET if backbone is Backbone.LITE0 else Weights.RANDOM
    ready = weights is Weights.IMAGENET
    spec = MaskRcnnSpec(CLASSES, backbone=backbone, weights=weights)
    loop = LoopOptions(
        minutes,
        learning_rate=(1e-3 if ready else 6e-4) * (_FURTHER if further else 1),
        weight_decay=0.01,
        warmup_steps=100,
        ema_decay=0.998,
        clip_norm=5.0,
        validations=6,
        seed=seed,
    )
    return SkinRecipe(loop, spec)


def train_skin(
    recipe: SkinRecipe,
    pack: SkinPack,
    folder: Path,
    *,
    resume: bool = False,
    start: Path | None = None,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Outcome:
    """Train a skin network and write its weights to a folder.

    Args:
        recipe: how.
        pack: ``train`` to learn from, ``val`` to choose the best by.
        folder: where weights, log and description go.
        resume: go on where the folder's training stopped.
        start: a folder with the exported files of a network like it, whose weights are the first.
        watch: is told where the training stands.

    Raises:
        InputError: a split has no faces.
        ModelError: there is nothing to resume, or ``start`` holds no network like it.
    """
    for split in ("train", "val"):
        if not len(pack.indices(split)):
            raise InputError(f"The pack has no faces in the split {split}; label more photos.")
    torch.manual_seed(recipe.loop.seed)
    network = build_mask_rcnn(recipe.network, pretrained=not resume and start is None)
    if start is not None and not resume:
        import_skin(network, start, _pictures(pack, recipe), side_px=recipe.side_px)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_json(_description(recipe), folder / checkpoint.DESCRIPTION)
    network.to(best_device())
    task = Task(
        network,
        partial(_loss, network),
        lambda step: _batches(recipe, pack, step),
        lambda candidate: skin_scores(
            candidate,
            pack,
            side_px=recipe.side_px,
            most=recipe.validated,
        ),
    )
    return train(task, recipe.loop, folder, resume=resume, watch=watch)


def _pictures(pack: SkinPack, recipe: SkinRecipe) -> Float32[np.ndarray, "n 3 side side"]:
    """Return some faces to train on as the network sees them."""
    batch = skin_batch(
        pack, recipe.jitter, size=_MEASURED_ON, side_px=recipe.side_px, seed=_MEASURED_ON, step=0
    )
    return np.asarray(batch.inputs.numpy(), np.float32)


def finish(pack: SkinPack, folder: Path, out: Path | None = None) -> dict[str, Any]:
    """Measure the best weights of a training on all held-out faces, and write what assessment runs.

    Returns what ``metrics.json`` holds.

    Raises:
        ModelError: the folder holds no skin network, or the graphs differ from it.
    """
    network, description = load_skin_network(folder)
    side_px = int(description["side_px"])
    validation = skin_scores(network, pack, side_px=side_px, most=len(pack))
    out = out or folder
    metrics = {
        "classes": list(network.spec.classes),
        "backbone": network.spec.backbone.value,
        "faces": {split: len(pack.indices(split)) for split in ("train", "val")},
        "side_px": side_px,
        "geometry": asdict(network.spec.geometry),
        "validation": validation,
        "export": export_skin(network, out, side_px=side_px),
    }
    checkpoint.save_json(metrics, out / METRICS)
    return metrics


def load_skin_network(folder: Path) -> tuple[MaskRcnn, dict[str, Any]]:
    """Read the best weights of a training and its description; ModelError if none are there."""
    description = checkpoint.load_json(folder / checkpoint.DESCRIPTION)
    try:
        spec = MaskRcnnSpec.from_dict(description["network"])
        side_px = int(description["side_px"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint.DESCRIPTION} does not describe a skin network. Name the folder that "
            "cutis train skin wrote."
        ) from error
    network = build_mask_rcnn(spec, pretrained=False)
    checkpoint.load_weights(network, folder / checkpoint.BEST)
    return network.eval(), {**description, "side_px": side_px}


def _loss(network: MaskRcnn, features: Sequence[Tensor], batch: Batch) -> Tensor:
    targets = [
        {name: value.to(batch.inputs.device) for name, value in target.items()}
        for target in detection_targets(batch.labels)
    ]
    side = int(batch.inputs.shape[2]), int(batch.inputs.shape[3])
    with half_precision(batch.inputs.device):
        losses = losses_of(network, features, targets, side)
    return torch.stack([_LOSSES[name] * value.float() for name, value in losses.items()]).sum()


def _batches(recipe: SkinRecipe, pack: SkinPack, step: int) -> Generator[Batch]:
    def make(number: int) -> Batch:
        return skin_batch(
            pack,
            recipe.jitter,
            size=recipe.batch_size,
            side_px=recipe.side_px,
            seed=recipe.loop.seed,
            step=number,
        )

    return prefetched(make, step, workers=spare_workers(), ahead=_AHEAD)


def _description(recipe: SkinRecipe) -> dict[str, Any]:
    return {
        "recipe": "skin",
        "network": recipe.network.to_dict(),
        "side_px": recipe.side_px,
        "training": asdict(recipe),
    }
