"""A condition network behind the `ConditionSegmenter` port, run by OpenVINO.

The face is brought to the scale of each condition, described by
`cutis.imaging.skin_channels.skin_channels` against the person's own skin, and read whole; a very
large one in overlapping tiles. Logits become probabilities by the calibration on the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import LinearRGB, Mask, Probabilities
from cutis.core.assessment import ModelUse
from cutis.core.errors import ModelError
from cutis.core.face import FaceCrop
from cutis.core.masks import LEARNED, ConditionMap, SkinMask
from cutis.core.vocabulary import Condition
from cutis.imaging.filters import resize_mask, shrink
from cutis.imaging.skin_channels import (
    CHANNELS,
    COARSE_MM_PER_PX,
    TARGETS,
    skin_baseline,
    skin_channels,
)
from cutis.models.descriptor import Descriptor, ServedCondition
from cutis.models.runtime import NetworkFiles, Runtime
from cutis.models.tiles import join_tiles, tile_slices
from cutis.steps.conditions import (
    ConditionLimits,
    SkinMaps,
    classical_map,
    shiny_spot_skin,
    sought_on,
    work_maps,
)
from cutis.steps.skin import ColourSkinSegmenter, SkinLimits

STRIDE_PX = 32
"""The network halves its input five times, so both sides must be multiples of this."""
LARGEST_PX = 1_500_000
"""A face of more pixels than this, at the network's scale, is read in tiles."""
TILE_PX = 1024
OVERLAP_PX = 128
MOST_ENLARGED = 2.0
"""A coarse photo is enlarged at most so many times; the network is told the scale."""

SIDE_MM = 15.0
"""Spots are sought so far to the side of the mesh, which leaves out the cheek of a turned face."""
UNSEEN_LOGIT = np.float32(-4.0)
"""What the classical map counts for where it finds nothing or does not look, as on shiny skin."""
SPOTTED_SKIN = SkinLimits(max_distance=4.2, mark_density=0.35)
"""What passes for skin where spots are sought."""

Logits = Float32[np.ndarray, "h w targets"]
_Baseline = Float32[np.ndarray, "3"]


class LearnedConditionSegmenter:
    """The conditions on a model's card, each by one channel of the network.

    At scales of ``mirrored_from_mm_per_px`` or coarser, where it costs little, the mean of the
    logits of the face and of its mirror image is taken, so that the network takes no side; 0
    takes it at every scale. Safe to call from one thread at a time.
    """

    def __init__(
        self,
        model: Descriptor,
        files: NetworkFiles,
        runtime: Runtime,
        *,
        mirrored_from_mm_per_px: float = COARSE_MM_PER_PX,
        limits: ConditionLimits | None = None,
    ) -> None:
        self.served = _served(model)
        self.mirrored_from_mm_per_px = mirrored_from_mm_per_px
        self.limits = limits or ConditionLimits()
        self._network = runtime.compile_ir(files, model.name)
        self._method = f"{LEARNED}{model.name} {model.version}"
        precision = runtime.options.precision
        self._use = ModelUse(model.name, model.version, model.sha256, runtime.name, precision)

    @property
    def conditions(self) -> frozenset[Condition]:
        """The conditions that the card names."""
        return frozenset(self.served)

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the model, and how it ran."""
        return (self._use,)

    def segment(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        """Return the maps of what can be seen at the crop's scale; the rest is left out."""
        seen = {c: s for c, s in self.served.items() if crop.mm_per_px <= s.coarsest_mm_per_px}
        if not seen:
            return {}
        masks = work_maps(crop, skin, self.limits)
        baseline = skin_baseline(crop.linear, skin.measurable)
        scales = {scale for s in seen.values() for scale in (s.mm_per_px, *s.more_mm_per_px)}
        logits = {
            scale: self._at_scale(crop.linear, baseline, now=crop.mm_per_px, wanted=scale)
            for scale in sorted(scales)
        }
        return {c: self._map(c, logits, masks, crop.shape) for c in seen}

    def window_logit(
        self, condition: Condition, window: LinearRGB, baseline: _Baseline, *, mm_per_px: float
    ) -> Float32[np.ndarray, "h w"]:
        """Return the network's own logit of a condition in a part of a crop, at the part's size.

        It is the mean over the condition's scales, before the classical map is added and before
        calibration. Near the rim it lacks what lies outside of the window.

        Args:
            condition: one that the card names.
            window: the part, in linear light, at the crop's scale.
            baseline: `skin_baseline` of the whole crop.
            mm_per_px: the crop's scale.
        """
        card, channel = self.served[condition], TARGETS.index(condition)
        parts = [
            self._at_scale(window, baseline, now=mm_per_px, wanted=s)[..., channel]
            for s in (card.mm_per_px, *card.more_mm_per_px)
        ]
        return mean_at(parts, window.shape[:2])

    def _at_scale(
        self, linear: LinearRGB, baseline: _Baseline, *, now: float, wanted: float
    ) -> Float32[np.ndarray, "rows cols targets"]:
        """Return the logits of a picture of ``now`` mm per pixel, at about the ``wanted`` scale."""
        face = scale_evenly(linear, min(now / wanted, MOST_ENLARGED))
        scale = now * linear.shape[0] / face.shape[0]
        logits = self._read(face, baseline, scale)
        if wanted >= self.mirrored_from_mm_per_px:
            mirrored = self._read(np.ascontiguousarray(face[:, ::-1]), baseline, scale)
            logits = (logits + mirrored[:, ::-1]) / np.float32(2)
        return logits

    def _read(self, face: LinearRGB, baseline: _Baseline, mm_per_px: float) -> Logits:
        height, width = face.shape[:2]
        if height * width <= LARGEST_PX:
            return self._infer(face, baseline, mm_per_px)
        slices = tile_slices((height, width), TILE_PX, OVERLAP_PX)
        tiles = [self._infer(face[part], baseline, mm_per_px) for part in slices]
        return join_tiles(tiles, slices, (height, width))

    def _infer(self, face: LinearRGB, baseline: _Baseline, mm_per_px: float) -> Logits:
        """Run the network on a picture of any size, completed by reflection on all sides."""
        height, width = face.shape[:2]
        down, right = -height % STRIDE_PX, -width % STRIDE_PX
        top, left = down // 2, right // 2
        sides = (top, down - top, left, right - left)
        padded = cv2.copyMakeBorder(face, *sides, cv2.BORDER_REFLECT_101)
        channels = skin_channels(padded, baseline, mm_per_px)
        answer = self._network(np.ascontiguousarray(channels.transpose(2, 0, 1))[None])[0][0]
        return np.asarray(
            answer[:, top : top + height, left : left + width].transpose(1, 2, 0), np.float32
        )

    def _map(
        self,
        condition: Condition,
        logits: Mapping[float, Logits],
        masks: SkinMaps,
        shape: tuple[int, int],
    ) -> ConditionMap:
        """Join the scales and the classical map, calibrate; 0 where it was not looked for."""
        card, channel = self.served[condition], TARGETS.index(condition)
        scales = (card.mm_per_px, *card.more_mm_per_px)
        mean = mean_at([logits[s][..., channel] for s in scales], shape)
        if card.classical_weight:
            mean += np.float32(card.classical_weight) * classical_logit(condition, masks, shape)
        looked_at = resize_mask(_sought(condition, masks), shape)
        probability = np.where(looked_at, _sigmoid(mean, card), np.float32(0))
        return ConditionMap(condition, probability, looked_at, self._method)


def mean_at(
    parts: Sequence[Float32[np.ndarray, "_ _"]], shape: tuple[int, ...]
) -> Float32[np.ndarray, "rows cols"]:
    """Return the mean of maps of several scales, brought to ``shape``."""
    resized = [_resize(np.ascontiguousarray(part), shape) for part in parts]
    return sum(resized[1:], resized[0]) / np.float32(len(resized))


def classical_logit(
    condition: Condition, masks: SkinMaps, shape: tuple[int, int]
) -> Float32[np.ndarray, "rows cols"]:
    """Return the logit of the classical map, within ±6.9; `UNSEEN_LOGIT` where it is silent."""
    probability, looked_at = classical_map(condition, masks)
    inside = np.clip(_resize(probability, shape), 0.001, 0.999)
    logit = np.log(inside / (1 - inside))
    seen = resize_mask(looked_at, shape) & (inside > 0.001)
    return np.asarray(np.where(seen, logit, UNSEEN_LOGIT), np.float32)


def scale_evenly(face: LinearRGB, factor: float) -> Float32[np.ndarray, "rows cols 3"]:
    """Scale a picture by about ``factor``, to even sides, so that a mirrored one fits mirrored.

    Reduced by averaging areas, enlarged by cubic interpolation, kept at 0 or more.
    """
    height, width = (2 * max(8, round(side * factor / 2)) for side in face.shape[:2])
    if (height, width) == face.shape[:2]:
        return face
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(face, (width, height), interpolation=method), 0, 1)


def _served(model: Descriptor) -> dict[Condition, ServedCondition]:
    known = {str(condition) for condition in TARGETS}
    for served in model.conditions:
        if served.condition not in known:
            raise ModelError(
                f"The card of {model.name} serves {served.condition!r}, which its network does "
                f"not know; it knows {', '.join(known)}. Correct the card."
            )
    for tensor in (t for network in model.networks for t in network.inputs):
        if tensor.shape[1] != CHANNELS:
            raise ModelError(
                f"The network {model.name} takes {tensor.shape[1]} channels; this version of Cutis "
                f"makes {CHANNELS}. Take the weights that belong to this version."
            )
    return {Condition(served.condition): served for served in model.conditions}


def _sought(condition: Condition, masks: SkinMaps) -> Mask:
    """Skin that shines is left to the network for acne, which oily skin shows most.

    So are the sides of a turned face beyond the mesh, and skin as red as inflamed spots are.
    """
    if condition is not Condition.ACNE:
        return sought_on(condition, masks)
    crop, border_px = masks.crop, masks.limits.border_mm / masks.mm_per_px
    reach = np.ones((1, 2 * round(SIDE_MM / masks.mm_per_px) + 1), np.uint8)
    wide = cv2.dilate(crop.oval.view(np.uint8), reach).view(bool)
    around = ColourSkinSegmenter(SPOTTED_SKIN).segment(replace(crop, oval=wide))
    sought: Mask = shrink(around.measurable, border_px) & ~crop.creases
    return sought | shiny_spot_skin(masks)


def _sigmoid(logits: Float32[np.ndarray, "h w"], card: ServedCondition) -> Probabilities:
    scaled = logits * np.float32(card.slope) + np.float32(card.offset)
    return np.asarray(1 / (1 + np.exp(-np.clip(scaled, -30, 30))), np.float32)


def _resize(values: Probabilities, shape: tuple[int, ...]) -> Float32[np.ndarray, "rows cols"]:
    method = cv2.INTER_AREA if shape[0] < values.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (shape[1], shape[0]), interpolation=method), np.float32)
