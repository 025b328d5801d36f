"""Variants of loss and network, trained for equal minutes, in one table."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cutis.core.errors import InputError
from cutis.datasets.pack import PackedSet
from cutis.networks.unet import Encoder
from cutis.training import checkpoint
from cutis.training.conditions import (
    LIGHT_DECODER,
    Recipe,
    glowai_v1,
    load_trained,
    train_conditions,
)
from cutis.training.loop import Moment, Optimiser, Schedule
from cutis.training.objectives import PixelLoss, RegionLoss
from cutis.training.precision import best_device
from cutis.training.validation import validate

_LOSSES = {
    "cross-entropy": (PixelLoss.CROSS_ENTROPY, RegionLoss.NONE),
    "cross-entropy + dice": (PixelLoss.CROSS_ENTROPY, RegionLoss.DICE),
    "jaccard": (PixelLoss.NONE, RegionLoss.JACCARD),
}
_TUNED = {
    "learning_rate": 2e-3,
    "optimiser": Optimiser.ADAMW,
    "weight_decay": 0.01,
    "schedule": Schedule.COSINE,
    "warmup_steps": 50,
    "ema_decay": 0.99,
    "clip_norm": 1.0,
}
"""What `LoopOptions` would be without the source's constant rate, for a short training."""
_VALIDATIONS, _LOOKED_AT = 3, 1200
"""How often a variant is validated in training, and on how many pictures at the end."""
_ENCODERS = (Encoder.EFFICIENTNET_LITE0, Encoder.MIT_B0, Encoder.CNN_RNN)


@dataclass(frozen=True, slots=True)
class Variant:
    """A recipe under a name."""

    name: str
    recipe: Recipe


def variants(
    *, kinds: int, minutes: float, seed: int = 0, only: Sequence[str] | None = None
) -> list[Variant]:
    """Return what is compared: losses on ResNet-34 from scratch, then other encoders.

    Only EfficientNet-Lite0 starts from ImageNet; the others start from random weights. All follow
    the source's constant rate but the last two, whose rate is higher and falls. The decoder of the
    first of these is that of `cutis_v2`; the other keeps the source's and trains all its filters.

    Args:
        kinds: 4 or 6, of ``glowai-v1``.
        minutes: for each variant.
        seed: of all of them.
        only: names to keep; None for all.

    Raises:
        InputError: a name in ``only`` is unknown.
    """
    base = glowai_v1(kinds=kinds, minutes=minutes).with_loop(seed=seed, validations=_VALIDATIONS)
    on_losses = [
        Variant(f"resnet34, {name}", base.with_loss(*losses)) for name, losses in _LOSSES.items()
    ]
    with_dice = base.with_loss(*_LOSSES["cross-entropy + dice"])
    on_encoders = [
        Variant(f"{encoder}, cross-entropy + dice", with_dice.with_encoder(encoder))
        for encoder in _ENCODERS
    ]
    tuned = (_tuned(with_dice, light=True), _tuned(with_dice, light=False))
    known = {variant.name: variant for variant in (*on_losses, *on_encoders, *tuned)}
    if only and (unknown := sorted(set(only) - known.keys())):
        raise InputError(f"Variants are {'; '.join(known)}. There is no {unknown[0]}.")
    return [variant for name, variant in known.items() if not only or name in only]


def _tuned(with_dice: Recipe, *, light: bool) -> Variant:
    """Return the variant that follows `cutis_v2` in its rate, and if ``light`` in its decoder."""
    recipe = with_dice.with_encoder(Encoder.EFFICIENTNET_LITE0).with_loop(**_TUNED)
    if light:
        recipe = replace(recipe, network=replace(recipe.network, **LIGHT_DECODER))
    decoder = "light" if light else "full"
    return Variant(f"{Encoder.EFFICIENTNET_LITE0}, {decoder} decoder, cosine", recipe)


def compare(
    pack: PackedSet,
    chosen: Sequence[Variant],
    table: Path,
    *,
    watch: Callable[[Moment], None] = lambda _moment: None,
) -> list[dict[str, Any]]:
    """Train every variant and write one table of how each does on held-out people.

    Each variant's folder stands beside the table and is named after it. The table is written
    anew after every variant, so that a comparison that is stopped keeps what it has; one that
    is started again goes on with the variants not yet complete.

    Args:
        pack: the data.
        chosen: what is compared.
        table: ``.csv`` or ``.json``.
        watch: is told where each training stands.

    Raises:
        InputError: the table has another ending.
    """
    if table.suffix not in {".csv", ".json"}:
        raise InputError(f"A table ends in .csv or .json, not in {table.suffix or 'nothing'}.")
    rows: list[dict[str, Any]] = []
    about = _about(pack)
    for variant in chosen:
        folder = table.with_suffix("") / re.sub(r"[^a-z0-9]+", "-", variant.name)
        resume = (folder / checkpoint.PROGRESS).exists()
        outcome = train_conditions(variant.recipe, pack, folder, resume=resume, watch=watch)
        trained = load_trained(folder)
        network = trained.network.to(best_device())
        overlap = validate(network, pack, trained.objective, trained.inputs, limit=_LOOKED_AT)
        steps = {"variant": variant.name, "steps": outcome.steps, "seconds": outcome.elapsed_s}
        rows.append(steps | overlap.to_dict())
        _write(rows, about, table)
        if not outcome.complete:
            break
    return rows


def _about(pack: PackedSet) -> dict[str, int]:
    """Return how much was learned from and measured on, for the table."""
    side_px = int(pack.item(0).image.shape[0])
    return {"side_px": side_px} | {part: len(pack.indices(part)) for part in ("train", "val")}


def _write(rows: Sequence[dict[str, Any]], about: dict[str, int], table: Path) -> None:
    table.parent.mkdir(parents=True, exist_ok=True)
    if table.suffix == ".json":
        known = [{k: None if _unknown(v) else v for k, v in row.items()} for row in rows]
        checkpoint.save_json({"pictures": about, "variants": known}, table)
        return
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _unknown(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))
