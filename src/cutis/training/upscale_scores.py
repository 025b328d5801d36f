"""What a generator is worth on windows of held-out people."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from cutis.core.arrays import RGB
from cutis.datasets.upscale_patches import PatchSet
from cutis.evaluation.picture_quality import luma, psnr_db, without_border
from cutis.imaging.resample import resize_rgb, to_bytes
from cutis.networks.perceptual import PerceptualDistance
from cutis.training.precision import half_precision
from cutis.training.upscale_batches import PatchOrder, as_inputs, small_of

_AT_ONCE = 16


def upscale_scores(
    network: nn.Module,
    patches: PatchSet,
    order: PatchOrder,
    *,
    most: int,
    distance: PerceptualDistance | None = None,
) -> dict[str, float]:
    """Return mean scores over at most ``most`` held-out windows.

    ``psnr_db`` on luma without 4 pixels of border; ``gain_db`` is how much that is above bicubic.
    With a ``distance``, ``feature_likeness``, minus the mean distance, comes first: the best
    weights are chosen by it.
    """
    numbers = patches.indices("val")[:most]
    sharp = [patches.images[number] for number in numbers]
    rng = np.random.default_rng(order.seed)
    small = [small_of(one, order, rng) for one in sharp]
    drawn = enlarge(network, small)
    reached = np.mean([_luma_psnr(d, s) for d, s in zip(drawn, sharp, strict=True)])
    bicubic = [resize_rgb(s, (patches.side_px, patches.side_px)) for s in small]
    without = np.mean([_luma_psnr(d, s) for d, s in zip(bicubic, sharp, strict=True)])
    scores = {"psnr_db": float(reached), "gain_db": float(reached - without)}
    if distance is None:
        return scores
    return {"feature_likeness": -_mean_distance(distance, drawn, sharp)} | scores


def enlarge(network: nn.Module, small: list[RGB]) -> list[RGB]:
    """Return small pictures of one size as a network enlarges them."""
    device = next(network.parameters()).device
    network.eval()
    drawn: list[RGB] = []
    with torch.inference_mode(), half_precision(device):
        for start in range(0, len(small), _AT_ONCE):
            outputs = network(as_inputs(small[start : start + _AT_ONCE]).to(device))
            values = outputs.float().permute(0, 2, 3, 1).cpu().numpy() * np.float32(255)
            drawn += [to_bytes(one) for one in values]
    return drawn


def _mean_distance(distance: PerceptualDistance, drawn: list[RGB], sharp: list[RGB]) -> float:
    device = next(distance.parameters()).device
    with torch.inference_mode():
        found = [
            float(distance(as_inputs([d]).to(device), as_inputs([s]).to(device)))
            for d, s in zip(drawn, sharp, strict=True)
        ]
    return float(np.mean(found))


def _luma_psnr(drawn: RGB, sharp: RGB) -> float:
    return psnr_db(*(without_border(luma(picture)) for picture in (drawn, sharp)))
