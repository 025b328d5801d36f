"""LIME on superpixels: a straight line through many ways of hiding, as a cross-check of occlusion.

Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938. Superpixels by SLIC (Achanta et al. 2012,
doi:10.1109/TPAMI.2012.120) are hidden at random; a ridge regression, weighted by nearness to the
photo as it is, tells how much each of them adds. Needs the extra ``explain`` for SLIC.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from cutis.core.arrays import Gray
from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.errors import MissingExtraError
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.ports import ConditionSegmenter
from cutis.imaging.colour import linear_to_rgb
from cutis.models.attribution_scene import BASELINE, Scene, SceneLimits, SceneMaker


@dataclass(frozen=True, slots=True)
class LimeLimits:
    """How many superpixels and samples.

    Superpixels are about ``superpixel_mm`` wide, at most ``most`` of them; ``samples`` pictures
    are asked about, each superpixel hidden with probability 0.5. ``width`` is that of the kernel
    of nearness, ``ridge`` the penalty.
    """

    superpixel_mm: float = 2.5
    most: int = 120
    samples: int = 300
    width: float = 0.25
    ridge: float = 1.0
    seed: int = 0


class LimeAttributor:
    """LIME for any condition of a segmenter, behind the `Attributor` port."""

    def __init__(
        self,
        segmenter: ConditionSegmenter,
        limits: LimeLimits | None = None,
        scenes: SceneLimits | None = None,
    ) -> None:
        self.scenes = SceneMaker(segmenter, scenes)
        self.limits = limits or LimeLimits()

    @property
    def method(self) -> AttributionMethod:
        """LIME."""
        return AttributionMethod.LIME

    def attribute(self, crop: FaceCrop, skin: SkinMask, target: AttributionTarget) -> Attribution:
        """Return for each pixel the weight of its superpixel, as a share of the amount.

        Raises:
            InputError: the target is empty, of another size, or of a condition without a map.
            MissingExtraError: scikit-image is not installed.
        """
        started = time.perf_counter()
        scene = self.scenes.scene(crop, skin, target)
        values = scene.in_crop(explain_scene(scene, self.limits), crop.shape)
        elapsed_s = time.perf_counter() - started
        return Attribution(target, self.method, values, scene.amount, BASELINE, elapsed_s)


def explain_scene(scene: Scene, limits: LimeLimits | None = None) -> Gray:
    """Return the map of a scene: the weight of each superpixel over the amount."""
    limits = limits or LimeLimits()
    parts = superpixels(scene, limits)
    count = int(parts.max(initial=0))
    rng = np.random.default_rng(limits.seed)
    shown = rng.random((limits.samples, count)) < 0.5
    shown[0] = True  # the photo as it is
    of_part = np.concatenate([np.ones((limits.samples, 1), bool), shown], axis=1)  # 0 is shown
    amounts = np.array([scene.left(~row[parts]) for row in of_part])
    weights = weighted_ridge(shown.astype(np.float64), amounts, limits)
    values = np.concatenate([[0.0], weights])[parts] / max(scene.amount, 1e-6)
    return np.asarray(values, np.float32)


def superpixels(scene: Scene, limits: LimeLimits) -> Int64[np.ndarray, "h w"]:
    """Return the superpixels within reach of the target, from 1; 0 elsewhere.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    try:
        from skimage.segmentation import slic  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("LIME", "explain") from error
    area_mm2 = float(scene.near.sum()) * scene.mm_per_px**2
    count = int(np.clip(area_mm2 / limits.superpixel_mm**2, 2, limits.most))
    rgb = linear_to_rgb(scene.linear)
    found = slic(rgb, count, compactness=10, mask=scene.near, start_label=1, channel_axis=-1)
    _, numbers = np.unique(found, return_inverse=True)
    outside = 0 if (found == 0).any() else 1
    return np.asarray(numbers.reshape(found.shape) + outside, np.int64)


def weighted_ridge(
    shown: Float64[np.ndarray, "samples parts"],
    amounts: Float64[np.ndarray, "samples"],
    limits: LimeLimits,
) -> Float64[np.ndarray, "parts"]:
    """Return the weights of the line, the intercept left out of the penalty.

    A sample's weight is ``exp(−d² / width²)`` with the cosine distance d to the whole picture.
    """
    distance = 1 - np.sqrt(shown.mean(axis=1))
    nearness = np.exp(-(distance**2) / limits.width**2)
    nearness /= nearness.sum()
    middle, level = nearness @ shown, float(nearness @ amounts)
    x, y = shown - middle, amounts - level
    gram = (x * nearness[:, None]).T @ x
    penalty = limits.ridge / len(shown)
    return np.linalg.solve(gram + penalty * np.eye(gram.shape[0]), (x * nearness[:, None]).T @ y)
