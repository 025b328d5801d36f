"""The recipe of super-resolution: first for PSNR, then for texture against a discriminator.

SRGAN (Ledig et al. 2017, arXiv:1609.04802): ``fidelity`` makes the mean absolute error small;
``texture`` starts from it and adds the distance in the features of a pretrained network and the
judgement of a discriminator (relativistic, as ESRGAN, arXiv:1809.00219). What the drawn picture is
when reduced again is held to the truth, so that texture is added and nothing else is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, l1_loss

from cutis.core.errors import InputError, ModelError
from cutis.datasets.upscale_patches import PatchSet
from cutis.networks.discriminator import Discriminator, DiscriminatorSpec, adversarial_losses
from cutis.networks.perceptual import Perceptual, PerceptualDistance, perceptual_distance
from cutis.networks.srresnet import GeneratorSpec, SrResNet, build_generator
from cutis.synth.degradation import Degradation
from cutis.training import checkpoint
from cutis.training.batches import Batch, prefetched
from cutis.training.loop import LoopOptions, Moment, Outcome, Task, train
from cutis.training.precision import best_device, half_precision, spare_workers
from cutis.training.upscale_batches import PatchOrder, patch_batch
from cutis.training.upscale_scores import upscale_scores

_AHEAD = 3
_GENERATOR = "generator."


class Stage(StrEnum):
    """What is trained for."""

    FIDELITY = "fidelity"
    TEXTURE = "texture"


@dataclass(frozen=True, slots=True)
class Shares:
    """What each loss of the texture stage counts.

    Attributes:
        pixel: mean absolute error of the picture.
        reduced: the same after both pictures are reduced again.
        perceptual: distance in the features of a pretrained network.
        adversarial: the discriminator's judgement.
    """

    pixel: float = 0.5
    reduced: float = 2.0
    perceptual: float = 0.2
    adversarial: float = 0.01


@dataclass(frozen=True, slots=True)
class UpscaleRecipe:
    """Everything the training of a generator is told.

    Attributes:
        loop: how long and how fast.
        stage: what is trained for.
        network: the generator.
        order: how pairs are made.
        critic: the discriminator of the texture stage.
        perceptual: whose features are compared in the texture stage.
        relativistic: the discriminator compares drawn pictures with real ones.
        shares: of the losses in the texture stage.
        validated: how many held-out windows each validation looks at.
    """

    loop: LoopOptions
    stage: Stage = Stage.FIDELITY
    network: GeneratorSpec = field(default_factory=GeneratorSpec)
    order: PatchOrder = field(default_factory=PatchOrder)
    critic: DiscriminatorSpec = field(default_factory=lambda: DiscriminatorSpec(channels=32))
    perceptual: Perceptual = Perceptual.EFFICIENTNET_LITE0
    relativistic: bool = True
    shares: Shares = field(default_factory=Shares)
    validated: int = 64


def upscale_recipe(
    stage: Stage,
    *,
    minutes: float | None,
    degradation: Degradation = Degradation.BICUBIC,
    scale: int = 4,
    seed: int = 0,
) -> UpscaleRecipe:
    """Return the recipe of a stage for a time budget."""
    first = stage is Stage.FIDELITY
    loop = LoopOptions(
        minutes,
        learning_rate=6e-4 if first else 2e-4,
        weight_decay=0.0,
        warmup_steps=100,
        ema_decay=0.998,
        clip_norm=1.0 if first else 0.0,
        validations=10 if first else 6,
        seed=seed,
    )
    return UpscaleRecipe(
        loop, stage, GeneratorSpec(scale), PatchOrder(scale, degradation, seed=seed)
    )


class Adversaries(nn.Module):
    """Generator and discriminator, trained by one optimiser; it answers as the generator."""

    def __init__(self, generator: SrResNet, discriminator: Discriminator) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator

    def forward(self, pictures: Tensor) -> Tensor:
        """Return the enlarged pictures."""
        enlarged: Tensor = self.generator(pictures)
        return enlarged


def train_upscale(
    recipe: UpscaleRecipe,
    patches: PatchSet,
    folder: Path,
    *,
    start_from: Path | None = None,
    resume: bool = False,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> Outcome:
    """Train a generator and write its weights to a folder.

    Args:
        recipe: how.
        patches: ``train`` to learn from, ``val`` to choose the best by.
        folder: where weights, log and description go.
        start_from: the folder of a training whose best generator this one starts from.
        resume: go on where the folder's training stopped.
        watch: is told where the training stands.

    Raises:
        InputError: a split has no windows, or texture has nothing to start from.
        ModelError: there is nothing to resume, or ``start_from`` holds another network.
    """
    for split in ("train", "val"):
        if not len(patches.indices(split)):
            raise InputError(f"The file has no windows in the split {split}; give more photos.")
    if recipe.stage is Stage.TEXTURE and start_from is None and not resume:
        raise InputError("Texture starts from a training for fidelity; name its folder by --from.")
    network, loss = _network(recipe, start_from)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_json(_description(recipe), folder / checkpoint.DESCRIPTION)
    task = Task(
        network,
        loss,
        lambda step: _batches(recipe, patches, step),
        lambda candidate: _scores(recipe, candidate, patches),
    )
    return train(task, recipe.loop, folder, resume=resume, watch=watch)


def load_generator(folder: Path) -> tuple[SrResNet, dict[str, Any]]:
    """Read the best generator of a training and its description; ModelError if none is there."""
    description = checkpoint.load_json(folder / checkpoint.DESCRIPTION)
    try:
        spec = GeneratorSpec.from_dict(description["network"])
    except (KeyError, TypeError) as error:
        raise ModelError(
            f"{checkpoint.DESCRIPTION} does not describe a generator. Name the folder that "
            "cutis train upscale wrote."
        ) from error
    tensors = checkpoint.load_tensors(folder / checkpoint.BEST)
    own = {n.removeprefix(_GENERATOR): v for n, v in tensors.items() if n.startswith(_GENERATOR)}
    generator = build_generator(spec)
    try:
        generator.load_state_dict(own or tensors)
    except RuntimeError as error:
        raise ModelError(
            "The weights are of another network than the folder describes. Train anew."
        ) from error
    return generator.eval(), description


Loss = Callable[[Tensor, Batch], Tensor]


def _network(recipe: UpscaleRecipe, start_from: Path | None) -> tuple[nn.Module, Loss]:
    torch.manual_seed(recipe.loop.seed)
    generator = build_generator(recipe.network)
    if start_from is not None:
        earlier, _ = load_generator(start_from)
        if earlier.spec != recipe.network:
            raise ModelError("The training to start from is of another network; train both alike.")
        generator.load_state_dict(earlier.state_dict())
    device = best_device()
    if recipe.stage is Stage.FIDELITY:
        return generator.to(device), lambda drawn, batch: l1_loss(drawn.float(), _true(batch))
    pair = Adversaries(generator, Discriminator(recipe.critic)).to(device)
    distance = perceptual_distance(recipe.perceptual).to(device)
    return pair, TextureLoss(pair.discriminator, distance, recipe)


class TextureLoss:
    """The losses of generator and discriminator, summed."""

    def __init__(
        self, discriminator: Discriminator, distance: PerceptualDistance, recipe: UpscaleRecipe
    ) -> None:
        self.discriminator, self.distance, self.recipe = discriminator, distance, recipe

    def __call__(self, drawn: Tensor, batch: Batch) -> Tensor:
        """Return the loss of a batch."""
        drawn, true, shares = drawn.float(), _true(batch), self.recipe.shares
        with half_precision(drawn.device):
            teaching, own = adversarial_losses(
                self.discriminator, drawn, true, relativistic=self.recipe.relativistic
            )
            looks = self.distance(drawn, true)
        reduced = l1_loss(*(_reduced(p, self.recipe.order.scale) for p in (drawn, true)))
        return (
            shares.pixel * l1_loss(drawn, true)
            + shares.reduced * reduced
            + shares.perceptual * looks
            + shares.adversarial * teaching
            + own
        )


def _true(batch: Batch) -> Tensor:
    return batch.labels.float() / 255


def _reduced(pictures: Tensor, scale: int) -> Tensor:
    return interpolate(pictures, scale_factor=1 / scale, mode="bicubic", antialias=True)


def _scores(recipe: UpscaleRecipe, network: nn.Module, patches: PatchSet) -> dict[str, float]:
    distance = None
    if recipe.stage is Stage.TEXTURE:
        distance = perceptual_distance(recipe.perceptual).to(next(network.parameters()).device)
    return upscale_scores(network, patches, recipe.order, most=recipe.validated, distance=distance)


def _batches(recipe: UpscaleRecipe, patches: PatchSet, step: int) -> Generator[Batch]:
    def make(number: int) -> Batch:
        return patch_batch(patches, recipe.order, number)

    return prefetched(make, step, workers=spare_workers(), ahead=_AHEAD)


def _description(recipe: UpscaleRecipe) -> dict[str, Any]:
    return {
        "recipe": "upscale",
        "network": recipe.network.to_dict(),
        "training": asdict(recipe),
    }
