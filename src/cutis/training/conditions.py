"""The recipes of the condition networks, and how one is trained from a pack.

``glowai-v1`` is the source recipe as written: each pixel has one class, plain RGB in, ResNet-34,
cross-entropy, Adam at a constant 1e-4, batches of 8, the best by validation mIoU. The source
narrows six kinds to four; both are offered. ``cutis-v2`` gives each condition its own sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cutis.core.errors import InputError, ModelError
from cutis.core.vocabulary import Condition
from cutis.datasets.pack import PackedItem, PackedSet
from cutis.imaging.skin_channels import TARGETS
from cutis.networks.unet import Encoder, NetworkSpec, Weights, build_network
from cutis.training import checkpoint
from cutis.training.batches import Batch, BatchSource, Inputs, Jitter
from cutis.training.loop import LoopOptions, Moment, Optimiser, Outcome, Schedule, Task, train
from cutis.training.objectives import Objective, PixelLoss, RegionLoss, bits_of
from cutis.training.precision import best_device, spare_workers
from cutis.training.validation import validate

FOUR_KINDS = (Condition.ACNE, Condition.REDNESS, Condition.PIGMENTATION, Condition.TEXTURE)
SIX_KINDS = (*FOUR_KINDS, Condition.DRYNESS, Condition.SCARRING)

LIGHT_DECODER: Mapping[str, Any] = {
    "decoder_channels": (128, 64, 32),
    "output_stride": 2,
    "fixed_depthwise": True,
}
"""Of a `NetworkSpec` that two processor cores can train."""

_PRIOR_LOGITS = {
    Condition.ACNE: -4.0,
    Condition.REDNESS: -2.5,
    Condition.PIGMENTATION: -4.0,
    Condition.WRINKLES: -4.0,
    Condition.PORES: -3.0,
    Condition.TEXTURE: -3.0,
    Condition.DRYNESS: -3.0,
    Condition.SCARRING: -4.0,
}
_POSITIVE_WEIGHTS = {
    Condition.ACNE: 8.0,
    Condition.REDNESS: 1.5,
    Condition.PIGMENTATION: 5.0,
    Condition.WRINKLES: 4.0,
    Condition.PORES: 2.0,
    Condition.TEXTURE: 2.0,
    Condition.DRYNESS: 2.0,
    Condition.SCARRING: 5.0,
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a training of a condition network is told.

    Attributes:
        name: of the recipe it is or comes from.
        network: what is built.
        inputs: what it is shown.
        objective: what is made small, and what the channels are.
        loop: how long and how fast.
        batch_size: pictures in a batch.
        jitter: how much pictures are varied.
        focus: pictures that show one of these conditions are drawn ``focus_weight`` times as often.
        focus_weight: see ``focus``.
        mined_share: share of mined negatives in the batches, once there are any.
        validation_limit: look at this many held-out pictures during training.
    """

    name: str
    network: NetworkSpec
    inputs: Inputs
    objective: Objective
    loop: LoopOptions
    batch_size: int = 8
    jitter: Jitter = Jitter()  # noqa: RUF009 - frozen
    focus: tuple[Condition, ...] = ()
    focus_weight: float = 2.0
    mined_share: float = 0.08
    validation_limit: int = 200

    def with_encoder(self, encoder: Encoder, weights: Weights | None = None) -> Recipe:
        """Return the recipe with another encoder, from ImageNet where that needs no internet."""
        if weights is None:
            here = encoder is Encoder.EFFICIENTNET_LITE0
            weights = Weights.IMAGENET if here else Weights.RANDOM
        return replace(self, network=replace(self.network, encoder=encoder, weights=weights))

    def with_loop(self, **changes: Any) -> Recipe:
        """Return the recipe with other `LoopOptions`."""
        return replace(self, loop=replace(self.loop, **changes))

    def with_loss(self, pixel: PixelLoss, region: RegionLoss) -> Recipe:
        """Return the recipe with another loss."""
        alone = pixel is PixelLoss.NONE
        objective = replace(
            self.objective,
            pixel=pixel,
            region=region,
            region_weight=1.0 if alone else self.objective.region_weight,
        )
        return replace(self, objective=objective)


def glowai_v1(*, kinds: int = 4, minutes: float | None = 60.0) -> Recipe:
    """Return the source recipe for four or six kinds; raises InputError for another number."""
    if kinds not in {4, 6}:
        raise InputError(f"glowai-v1 knows 4 or 6 kinds, not {kinds}.")
    chosen = FOUR_KINDS if kinds == 4 else SIX_KINDS
    return Recipe(
        name="glowai-v1",
        network=NetworkSpec(
            Encoder.RESNET34, in_channels=3, classes=len(chosen) + 1, mid_grey=Inputs.RGB.mid_grey
        ),
        inputs=Inputs.RGB,
        objective=Objective(chosen, exclusive=True, pixel=PixelLoss.CROSS_ENTROPY),
        loop=LoopOptions(
            minutes,
            learning_rate=1e-4,
            optimiser=Optimiser.ADAM,
            weight_decay=0.0,
            schedule=Schedule.CONSTANT,
            warmup_steps=0,
            ema_decay=0.0,
            clip_norm=0.0,
        ),
    )


def cutis_v2(*, minutes: float | None = 60.0) -> Recipe:
    """Return the recipe of independent conditions over `TARGETS`."""
    inputs = Inputs.SKIN_CHANNELS
    return Recipe(
        name="cutis-v2",
        network=NetworkSpec(
            Encoder.EFFICIENTNET_LITE0,
            in_channels=inputs.channels,
            classes=len(TARGETS),
            weights=Weights.IMAGENET,
            head_bias=tuple(_PRIOR_LOGITS[kind] for kind in TARGETS),
            mid_grey=inputs.mid_grey,
            **LIGHT_DECODER,
        ),
        inputs=inputs,
        objective=Objective(
            TARGETS,
            exclusive=False,
            pixel=PixelLoss.BINARY_CROSS_ENTROPY,
            region=RegionLoss.DICE,
            region_weight=0.3,
            positive_weights=tuple(_POSITIVE_WEIGHTS[kind] for kind in TARGETS),
        ),
        loop=LoopOptions(minutes, learning_rate=3e-3, ema_decay=0.998, validations=6),
        jitter=Jitter(crop_px=192),
        focus=(Condition.ACNE, Condition.REDNESS, Condition.WRINKLES),
    )


def recipe_named(name: str, *, kinds: int = 4, minutes: float | None = 60.0) -> Recipe:
    """Return a recipe by name; raises InputError for an unknown one."""
    if name == "glowai-v1":
        return glowai_v1(kinds=kinds, minutes=minutes)
    if name == "cutis-v2":
        return cutis_v2(minutes=minutes)
    raise InputError(f"Recipes are glowai-v1 and cutis-v2; there is no {name}.")


def train_conditions(
    recipe: Recipe,
    pack: PackedSet,
    folder: Path,
    *,
    resume: bool = False,
    mined: Sequence[tuple[PackedItem, float]] = (),
    start_from: Path | None = None,
    workers: int | None = None,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Outcome:
    """Train a condition network and write it to a folder.

    Args:
        recipe: how.
        pack: the data; ``train`` items to learn from, ``val`` items to choose the best by.
        folder: where weights, log and description go.
        resume: go on where the folder's training stopped.
        mined: negatives found by `cutis.training.mining.mine`, with their weights.
        start_from: begin with the best weights of that finished training.
        workers: threads that prepare batches; None for as many as the machine has to spare.
        watch: is told where the training stands.

    Raises:
        InputError: the pack lacks a split.
        ModelError: there is nothing to resume or to start from.
    """
    torch.manual_seed(recipe.loop.seed)
    network = build_network(recipe.network, pretrained=not resume and start_from is None)
    if start_from is not None and not resume:
        checkpoint.load_weights(network, start_from / checkpoint.BEST)
    describe(recipe, folder)
    threads = spare_workers() if workers is None else workers
    task = Task(
        network.to(best_device()),
        recipe.objective.loss,
        lambda step: _batches(recipe, pack, mined, (step, threads)),
        lambda candidate: _scores(recipe, pack, candidate),
    )
    return train(task, recipe.loop, folder, resume=resume, watch=watch)


def refined(trained: Trained, *, minutes: float | None, seed: int = 0) -> Recipe:
    """Return the recipe that goes on with a trained network: the same, at a third of the rate."""
    recipe = recipe_named(trained.recipe, minutes=minutes)
    recipe = replace(
        recipe, network=trained.spec, inputs=trained.inputs, objective=trained.objective
    )
    return recipe.with_loop(seed=seed, learning_rate=recipe.loop.learning_rate / 3)


def _focus_weights(recipe: Recipe, pack: PackedSet) -> NDArray[np.float64] | None:
    """Return how often each train item is drawn, or None where all are drawn alike."""
    if not recipe.focus:
        return None
    bits = bits_of(recipe.focus)
    shown = [bool((pack.item(int(i)).labels & bits).any()) for i in pack.indices("train")]
    return np.where(shown, recipe.focus_weight, 1.0)


def _batches(
    recipe: Recipe,
    pack: PackedSet,
    mined: Sequence[tuple[PackedItem, float]],
    start: tuple[int, int],
) -> Generator[Batch]:
    source = BatchSource(
        pack,
        recipe.inputs,
        size=recipe.batch_size,
        seed=recipe.loop.seed,
        jitter=recipe.jitter,
        extra=mined,
        extra_share=recipe.mined_share if mined else 0.0,
        weights=_focus_weights(recipe, pack),
    )
    step, workers = start
    return source.stream(step, workers=workers, ahead=workers + 2)


def _scores(recipe: Recipe, pack: PackedSet, network: nn.Module) -> dict[str, float]:
    overlap = validate(
        network, pack, recipe.objective, recipe.inputs, limit=recipe.validation_limit
    )
    return overlap.to_dict()


def describe(recipe: Recipe, folder: Path) -> None:
    """Write what the network is and how it is trained, so that it can be built again."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "recipe": recipe.name,
        "network": recipe.network.to_dict(),
        "inputs": recipe.inputs.value,
        "exclusive": recipe.objective.exclusive,
        "kinds": [kind.value for kind in recipe.objective.kinds],
        "channels": list(recipe.objective.channels),
        "objective": asdict(recipe.objective),
        "loop": asdict(recipe.loop),
        "batch_size": recipe.batch_size,
        "jitter": asdict(recipe.jitter),
    }
    checkpoint.save_json(description, folder / checkpoint.DESCRIPTION)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained network, in evaluation mode, and what it was told."""

    network: nn.Module
    spec: NetworkSpec
    inputs: Inputs
    objective: Objective
    recipe: str


def load_trained(folder: Path, *, weights: str = checkpoint.BEST) -> Trained:
    """Read a trained network from its folder; raises ModelError if none is there."""
    description = checkpoint.load_json(folder / checkpoint.DESCRIPTION)
    try:
        spec = NetworkSpec.from_dict(description["network"])
        objective = _objective(description["objective"])
        inputs, recipe = Inputs(description["inputs"]), str(description["recipe"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{checkpoint.DESCRIPTION} does not describe a condition network. Name the folder "
            "that cutis train conditions wrote."
        ) from error
    network = build_network(spec, pretrained=False)
    checkpoint.load_weights(network, folder / weights)
    return Trained(network.eval(), spec, inputs, objective, recipe)


def _objective(data: Mapping[str, Any]) -> Objective:
    return Objective(
        **{
            **data,
            "kinds": tuple(Condition(kind) for kind in data["kinds"]),
            "pixel": PixelLoss(data["pixel"]),
            "region": RegionLoss(data["region"]),
            "positive_weights": tuple(data["positive_weights"]),
            "tversky": tuple(data["tversky"]),
        }
    )
