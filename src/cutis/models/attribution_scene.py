"""A part of a face, made ready to be explained: what is there, what hides it, what the model says.

Every method of attribution asks the same model about the same window, and hides pixels in the same
way, so that their maps can be compared. A learned condition is read by its network alone, in the
window only, which is quick; what the classical map adds to its logit is held as it was. So the
answer is, unchanged, the map as it was shipped. Other conditions are asked through their port.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import Gray, LinearRGB, Mask, Probabilities
from cutis.core.attribution import AttributionTarget
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.ports import ConditionSegmenter
from cutis.core.vocabulary import Condition
from cutis.imaging.colour import linear_to_rgb
from cutis.imaging.own_skin import own_skin
from cutis.imaging.skin_channels import skin_baseline
from cutis.models.condition_network import LearnedConditionSegmenter

BASELINE = "your own clear skin around it, smoothed"
_SUREST = np.float32(1e-6)
_Baseline = Float32[np.ndarray, "3"]


@dataclass(frozen=True, slots=True)
class SceneLimits:
    """How much of a face is looked at, and what hides it.

    ``reach_mm`` around the target is searched, ``margin_mm`` more is seen by the network. Skin of
    a probability of ``calm`` or more, and ``clear_mm`` around it, takes no part in what hides
    pixels: skin smoothed over ``smooth_mm``.
    """

    reach_mm: float = 9.0
    margin_mm: float = 6.0
    calm: float = 0.3
    clear_mm: float = 1.0
    smooth_mm: float = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A window of a crop with one target; arrays are those of the window.

    Attributes:
        window: rows and columns of the crop.
        linear: the window in linear light.
        hidden: the same, all hidden.
        where: the target.
        near: what may be hidden: the target and what lies within reach.
        before: the condition's probability as it is.
        looked_at: where the condition was looked for.
        ask: gives the probability for a changed window.
        mm_per_px: the scale.
        baseline: median density of the face's skin.
        rest: what is added to the network's own logit; None where there is no network.
    """

    window: tuple[slice, slice]
    linear: LinearRGB
    hidden: LinearRGB
    where: Mask
    near: Mask
    before: Probabilities
    looked_at: Mask
    ask: Callable[[LinearRGB], Probabilities]
    mm_per_px: float
    baseline: _Baseline
    rest: Gray | None

    @property
    def amount(self) -> float:
        """The probability added up over the target, in pixels."""
        return float(self.before[self.where].sum())

    def mixed(self, weight: Gray) -> LinearRGB:
        """Return the window with pixels hidden by ``weight``, 0 as they are to 1 hidden."""
        return self.linear + (self.hidden - self.linear) * weight[..., None]

    def after(self, weight: Gray) -> Probabilities:
        """Return the probability with pixels hidden by ``weight``."""
        return self.ask(self.mixed(weight))

    def left(self, hidden: Mask) -> float:
        """Return the amount that is left when pixels are hidden; the edge is a little softened."""
        soft = cv2.GaussianBlur(hidden.astype(np.float32), (0, 0), 0.3 / self.mm_per_px)
        return float(self.after(soft)[self.where].sum())

    def in_crop(
        self, values: Float32[np.ndarray, "rows cols"], shape: tuple[int, int]
    ) -> Float32[np.ndarray, "h w"]:
        """Return a map of the window as one of the crop of ``shape``, 0 outside."""
        whole = np.zeros(shape, np.float32)
        whole[self.window] = values
        return whole


class SceneMaker:
    """Makes scenes; remembers the maps of the last crop, which several targets share."""

    def __init__(self, segmenter: ConditionSegmenter, limits: SceneLimits | None = None) -> None:
        self.segmenter = segmenter
        self.limits = limits or SceneLimits()
        self._last: tuple[FaceCrop, Mapping[Condition, ConditionMap]] | None = None

    def maps(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        """Return the segmenter's maps of a crop."""
        if self._last is None or self._last[0] is not crop:
            self._last = crop, self.segmenter.segment(crop, skin)
        return self._last[1]

    def scene(self, crop: FaceCrop, skin: SkinMask, target: AttributionTarget) -> Scene:
        """Return the scene of a target.

        Raises:
            InputError: the target is empty, of another size, or of a condition without a map.
        """
        found = self.maps(crop, skin).get(target.condition)
        _check(target, crop, found)
        assert found is not None  # noqa: S101 - _check refuses it
        limits, px = self.limits, 1 / crop.mm_per_px
        learned = isinstance(self.segmenter, LearnedConditionSegmenter)
        reach, margin = limits.reach_mm * px, limits.margin_mm * px
        window = _window(target.where, reach + margin) if learned else _whole(crop)
        spots = _grown(found.probability >= limits.calm, limits.clear_mm * px)
        filler = own_skin(crop.linear, skin.measurable & ~spots, limits.smooth_mm * px)
        baseline = skin_baseline(crop.linear, skin.measurable)
        part = Scene(
            window=window,
            linear=np.ascontiguousarray(crop.linear[window]),
            hidden=np.ascontiguousarray(filler[window]),
            where=(target.where & found.looked_at)[window],
            near=(_grown(target.where, reach) & crop.oval)[window],
            before=found.probability[window],
            looked_at=found.looked_at[window],
            ask=_through_port(self.segmenter, crop, skin, target.condition),
            mm_per_px=crop.mm_per_px,
            baseline=baseline,
            rest=None,
        )
        if isinstance(self.segmenter, LearnedConditionSegmenter):
            return by_network(part, self.segmenter, target.condition)
        return part


def _through_port(
    segmenter: ConditionSegmenter, crop: FaceCrop, skin: SkinMask, condition: Condition
) -> Callable[[LinearRGB], Probabilities]:
    """Ask for the map of the whole crop."""

    def ask(linear: LinearRGB) -> Probabilities:
        changed = replace(crop, linear=linear, rgb=linear_to_rgb(linear))
        return segmenter.segment(changed, skin)[condition].probability

    return ask


def by_network(scene: Scene, segmenter: LearnedConditionSegmenter, condition: Condition) -> Scene:
    """Return the scene that asks the network about the window, the rest of the logit held."""
    slope = np.float32(segmenter.served[condition].slope)

    def scaled(linear: LinearRGB) -> Gray:
        return slope * segmenter.window_logit(
            condition, linear, scene.baseline, mm_per_px=scene.mm_per_px
        )

    inside = np.clip(scene.before, _SUREST, 1 - _SUREST)
    rest = np.log(inside / (1 - inside)) - scaled(scene.linear)

    def ask(linear: LinearRGB) -> Probabilities:
        logit = np.clip(scaled(linear) + rest, -30, 30)
        return np.where(scene.looked_at, 1 / (1 + np.exp(-logit)), np.float32(0))

    return replace(scene, ask=ask, rest=rest)


def _check(target: AttributionTarget, crop: FaceCrop, found: ConditionMap | None) -> None:
    if target.where.shape != crop.shape:
        raise InputError(
            f"A target of the crop's size {crop.shape} was expected; {target.where.shape} came. "
            "Give it in crop pixels."
        )
    if found is None:
        raise InputError(
            f"There is no map of {target.condition.value} to explain; it cannot be seen at this "
            "scale or this model does not know it. Explain another condition."
        )
    if not (target.where & found.looked_at).any():
        raise InputError(
            f"{target.condition.value} was not looked for at the target. Choose a place on skin."
        )


def _window(where: Mask, beyond_px: float) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    beyond = int(np.ceil(beyond_px))
    return (
        slice(max(0, int(rows[0]) - beyond), min(where.shape[0], int(rows[-1]) + beyond + 1)),
        slice(max(0, int(cols[0]) - beyond), min(where.shape[1], int(cols[-1]) + beyond + 1)),
    )


def _whole(crop: FaceCrop) -> tuple[slice, slice]:
    return slice(0, crop.shape[0]), slice(0, crop.shape[1])


def _grown(where: Mask, by_px: float) -> Mask:
    """Return the pixels within ``by_px`` of a mask."""
    if not where.any():
        return where.copy()
    away = cv2.distanceTransform((~where).astype(np.uint8), cv2.DIST_L2, 5)
    grown: Mask = away <= by_px
    return grown
