"""What is skin in one photo: seeds from landmarks and colour, then randomised trees, two rounds.

Extremely randomised trees: Geurts, Ernst & Wehenkel 2006 (doi:10.1007/s10994-006-6226-1). The first
round learns from seeds by look alone, the second from what the first was sure of, by place too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, Lab, Mask
from cutis.core.errors import MissingExtraError
from cutis.datasets.skin_labels.outlines import FaceOutlines, face_coordinates
from cutis.datasets.skin_labels.pixels import PLACES, Features, signed_distance
from cutis.datasets.skin_labels.view import FaceView
from cutis.imaging.filters import grow, logistic, shrink

_SAMPLES = 1500
_TREES = 20
_LIGHTNESS = 0.4
_EASY_AND_HARD = (0.02, 0.08)
_OUTER = 0.005
_DARKER = 18.0
_LEAST = 0.02
_LOW, _HIGH, _JAW, _DEEP = 2.0, 0.0, 3.0, 0.15
_SURE = 0.85
_MIXTURE = 3
_LEAST_SEEDS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Where skin is taken for granted, and where anything else is."""

    skin: Mask
    other: Mask


def find_seeds(lab: Lab, outlines: FaceOutlines, eye_px: float, rng: np.random.Generator) -> Seeds:
    """Return the seeds of a view.

    Skin is what resembles cheeks and nose by a mixture of three Gaussians in L*a*b*, in which
    lightness counts less: easily around mouth and eyes, hardly on the forehead, where hair falls.
    Not skin is what lies far outside, and what differs above and beside the face.
    """
    inner = shrink(outlines.oval, 0.03 * eye_px)
    core = outlines.core & inner
    if np.count_nonzero(core) < _LEAST_SEEDS:
        core = outlines.core | outlines.more
    even = lab * np.array([_LIGHTNESS, 1, 1], np.float32)
    alike = _skin_likelihood(even, core, rng)
    same = _skin_likelihood(lab, core, rng)
    easy, hard = np.quantile(alike[core], _EASY_AND_HARD)
    outer = np.quantile(same[core], _OUTER)
    dark = _much_darker(lab, core)
    skin = inner & (
        ((core | outlines.more) & (alike > easy)) | (outlines.rim & (alike > hard) & ~dark)
    )
    hair = outlines.forehead & (same < outer) & dark
    other = ~outlines.far | (outlines.above & (same < outer)) | hair
    return Seeds(skin, other & ~skin)


def _much_darker(lab: Lab, core: Mask) -> Mask:
    """Return where it is darker than all of the core but a little, as dark hair is."""
    lightness = cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5)
    usual, low = np.quantile(lightness[core], (0.5, 0.05))
    darker: Mask = lightness < min(low, usual - _DARKER)
    return darker


def skin_probability(
    features: Features, seeds: Seeds, outlines: FaceOutlines, prior: Gray, *, seed: int
) -> Gray:
    """Return for each pixel in and around the oval the probability that it is skin, 0–1.

    ``prior`` is added to the logit that the colours give: what is known before looking at them.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    rng = np.random.default_rng(seed)
    asked = grow(outlines.oval, 3)
    looks = features[..., : features.shape[-1] - PLACES]
    first = _fitted(looks, seeds, rng, asked)
    sure = _second_seeds(first, seeds, outlines)
    second = _fitted(features, sure, rng, asked)
    mean = np.clip(0.5 * first + 0.5 * second, _LEAST, 1 - _LEAST)
    logit = np.log(mean / (1 - mean)) + prior
    return np.asarray(np.where(asked, 1 / (1 + np.exp(-logit)), 0), np.float32)


def place_prior(view: FaceView, oval: Mask) -> Gray:
    """Return what is added to the logit of skin by place alone.

    Below the brows skin is likely, up to the jaw, where the oval itself is the border; on the
    forehead nothing is taken for granted.
    """
    _, down = face_coordinates(view)
    depth = np.clip(signed_distance(oval) / np.float32(_DEEP * view.eye_px), 0, 1)
    low = logistic(down, -0.12, 0.05)
    jaw = logistic(down, 0.6, 0.06)
    inside = (low * _LOW + (1 - low) * _HIGH) * depth
    return np.asarray(np.maximum(inside, _JAW * jaw), np.float32)


def _second_seeds(first: Gray, seeds: Seeds, outlines: FaceOutlines) -> Seeds:
    """What the first round was sure of, near the face, together with the seeds far from it."""
    near = signed_distance(outlines.oval) > -0.1 * np.sqrt(outlines.oval.sum())
    return Seeds(
        (first > _SURE) & near & outlines.far,
        ((first < 1 - _SURE) & outlines.far) | (seeds.other & ~outlines.far),
    )


def _fitted(features: Features, seeds: Seeds, rng: np.random.Generator, asked: Mask) -> Gray:
    """Return the probability of skin where it is asked for; 0 elsewhere."""
    rows = [features[mask] for mask in (seeds.skin, seeds.other)]
    if min(len(r) for r in rows) < _LEAST_SEEDS:
        return seeds.skin.astype(np.float32)
    rows = [_drawn(r, rng, _SAMPLES) for r in rows]
    trees = _sklearn("ensemble").ExtraTreesClassifier(
        _TREES,
        min_samples_leaf=4,
        max_depth=12,
        max_features=0.5,
        class_weight="balanced",
        random_state=int(rng.integers(2**31)),
    )
    trees.fit(np.concatenate(rows), np.repeat([1, 0], [len(r) for r in rows]))
    probability = np.zeros(asked.shape, np.float32)
    probability[asked] = trees.predict_proba(features[asked])[:, 1]
    return probability


def _skin_likelihood(lab: Lab, core: Mask, rng: np.random.Generator) -> Gray:
    """Return the log likelihood of each pixel under the mixture of the core's colours."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.5)
    samples = _drawn(smooth[core], rng, 1200)
    mixture = _sklearn("mixture").GaussianMixture(
        _MIXTURE, random_state=0, reg_covar=2.0, max_iter=60, tol=1e-2
    )
    mixture.fit(samples)
    return _log_density(smooth.reshape(-1, 3), mixture).reshape(core.shape)


def _log_density(values: Float32[np.ndarray, "n 3"], mixture: Any) -> Float32[np.ndarray, "n"]:
    """Log density of a Gaussian mixture; in float32, several times faster than the library's."""
    parts = []
    for weight, mean, root in zip(
        mixture.weights_, mixture.means_, mixture.precisions_cholesky_, strict=True
    ):
        scaled = (values - mean.astype(np.float32)) @ root.astype(np.float32)
        constant = np.log(weight) + np.log(np.diag(root)).sum()
        parts.append(np.float32(constant) - 0.5 * (scaled * scaled).sum(axis=1))
    return np.asarray(np.logaddexp.reduce(parts), np.float32)


def _drawn(rows: np.ndarray, rng: np.random.Generator, most: int) -> np.ndarray:
    return rows if len(rows) <= most else rows[rng.choice(len(rows), most, replace=False)]


def _sklearn(part: str) -> Any:
    try:
        import sklearn.ensemble  # noqa: PLC0415 - an extra
        import sklearn.mixture  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("Making skin labels", "train") from error
    return getattr(sklearn, part)
