"""The raw values of all capture-quality measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from cutis.core.arrays import Gray, Mask
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.masks import SkinMask
from cutis.core.scores import NotMeasured, NotMeasuredCode, Quantity
from cutis.core.vocabulary import MeasureName, Region
from cutis.imaging.colour import linear_to_lab
from cutis.imaging.exposure import brightest_level, clipped_share, entropy_bits, histogram_overlap
from cutis.imaging.filters import blur
from cutis.imaging.sharpness import (
    blockiness,
    edge_blur_px,
    noise_deviation,
    periodic_peak,
    to_gray,
)

EXPRESSION_SIGNS = (
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthPucker",
    "cheekPuff",
    "noseSneerLeft",
    "noseSneerRight",
    "browInnerUp",
)
SKIN_A, SKIN_B = (5.0, 25.0), (5.0, 35.0)
LEFT_REGIONS = (Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_LEFT_JAW)
RIGHT_REGIONS = (Region.SUBJECT_RIGHT_CHEEK, Region.SUBJECT_RIGHT_JAW)
FINE_TEXTURE_MM_PER_PX = 0.3
AVERAGE_PUPILS_MM = 63.36
"""Mean distance of adult pupils (Dodgson 2004, doi:10.1117/12.529999)."""

LARGE_PX = 500_000
"""Beyond this many pixels light is judged on every other row and column of the crop."""

Raw = tuple[MeasureName, str, Quantity | NotMeasured]
"""A measure, the field of `QualityLimits` that scales it, and its value or why there is none."""


@dataclass(eq=False)
class _View:
    """The face as the measures look at it."""

    photo: Photo
    face: Landmarks
    crop: FaceCrop
    skin: SkinMask

    @cached_property
    def gray(self) -> Gray:
        return to_gray(self.crop.rgb)

    @cached_property
    def photo_gray(self) -> Gray:
        """Luma of the face at the photo's own scale, at most 1024 pixels of it."""
        x0, y0, x1, y1 = self.crop.box
        cx, cy = (x0 + x1) // 2, (y0 + y1) // 2
        part = self.photo.rgb[
            max(y0, cy - 512) : min(y1, cy + 512), max(x0, cx - 512) : min(x1, cx + 512)
        ]
        return to_gray(np.ascontiguousarray(part))

    @cached_property
    def grid(self) -> tuple[slice, slice]:
        """Every pixel of a small crop, every other row and column of a large one."""
        step = 1 if self.gray.size <= LARGE_PX else 2
        return slice(None, None, step), slice(None, None, step)

    @cached_property
    def features(self) -> Mask:
        """Eyes, brows and lips: sharp edges that every face has."""
        return self.crop.excluded & self.crop.oval

    @cached_property
    def expected_skin(self) -> Mask:
        mask: Mask = self.crop.oval & ~self.crop.excluded
        return mask

    def region(self, *regions: Region) -> Mask:
        return self.crop.regions.mask(*regions)


def measure_all(photo: Photo, face: Landmarks, crop: FaceCrop, skin: SkinMask) -> Iterator[Raw]:
    """Yield every measure of a face, ``face`` in photo pixels."""
    view = _View(photo, face, crop, skin)
    yield from _optics(view)
    yield from _light(view)
    yield from _subject(view)
    yield from _authenticity(view)


def _optics(view: _View) -> Iterator[Raw]:
    blur_px = edge_blur_px(view.gray, view.features)
    blur_mm = None if blur_px is None else blur_px * view.crop.mm_per_px
    yield MeasureName.SHARPNESS, "edge_blur_mm", _value("edge blur", blur_mm, "mm")
    noise = noise_deviation(view.gray, view.skin.measurable)
    yield MeasureName.NOISE, "noise_levels", _value("noise", noise, "8-bit steps")
    if view.photo.info.jpeg_quality is not None:
        quality = Quantity("JPEG quality", view.photo.info.jpeg_quality, "0–100")
        yield MeasureName.COMPRESSION, "jpeg_quality", quality
    else:
        edges = blockiness(view.photo_gray)
        yield MeasureName.COMPRESSION, "blockiness", _value("block edges", edges, "1")


def _light(view: _View) -> Iterator[Raw]:
    gray, oval = view.gray[view.grid], view.crop.oval[view.grid]
    bright = brightest_level(gray, oval)
    yield (
        MeasureName.UNDER_EXPOSURE,
        "brightest_level",
        Quantity("brightest level", bright, "0–255"),
    )
    clipped = clipped_share(view.crop.rgb, view.expected_skin)
    yield MeasureName.OVER_EXPOSURE, "clipped_share", Quantity("clipped share", clipped, "1")
    bits = entropy_bits(gray, oval)
    yield MeasureName.DYNAMIC_RANGE, "entropy_bits", Quantity("entropy", bits, "bit")
    left, right = (
        (view.region(*r) & view.skin.skin)[view.grid] for r in (LEFT_REGIONS, RIGHT_REGIONS)
    )
    if (
        min(np.count_nonzero(left), np.count_nonzero(right)) < 200
        or abs(view.face.pose.yaw_deg) > 35
    ):
        overlap: Quantity | NotMeasured = NotMeasured(
            NotMeasuredCode.NOT_VISIBLE,
            "Both sides of the face must be seen to compare their light.",
        )
    else:
        overlap = Quantity(
            "overlap of left and right", histogram_overlap(gray[left], gray[right]), "1"
        )
    yield MeasureName.ILLUMINATION_UNIFORMITY, "light_overlap", overlap
    yield MeasureName.NATURAL_COLOUR, "colour_distance", _colour_distance(view)


def _colour_distance(view: _View) -> Quantity | NotMeasured:
    samples = view.crop.linear[view.grid][view.skin.measurable[view.grid]]
    if len(samples) < 50:
        return NotMeasured(
            NotMeasuredCode.TOO_LITTLE_SKIN, "Too little skin is seen to judge its colour."
        )
    _, a, b = np.median(linear_to_lab(samples[:: max(1, len(samples) // 5000)]), axis=0)
    outside = [max(low - v, v - high, 0.0) for v, (low, high) in ((a, SKIN_A), (b, SKIN_B))]
    return Quantity("distance from the colours of skin", float(np.hypot(*outside)), "CIELAB")


def _subject(view: _View) -> Iterator[Raw]:
    face, pose, signs = view.face, view.face.pose, view.face.blendshapes
    # A turned head brings the eyes closer in the picture; the face's scale knows their distance.
    eyes_px = max(face.inter_eye_px, AVERAGE_PUPILS_MM / face.scale.mm_per_px)
    yield (
        MeasureName.INTER_EYE_DISTANCE,
        "inter_eye_px",
        Quantity("inter-eye distance", eyes_px, "px"),
    )
    # A leaning head turns the picture only; half of its angle counts.
    turn = max(abs(pose.yaw_deg), abs(pose.pitch_deg), abs(pose.roll_deg) / 2)
    yield MeasureName.POSE, "turn_deg", Quantity("head turn", turn, "°")
    strongest = max(signs.get(name, 0.0) for name in EXPRESSION_SIGNS)
    yield (
        MeasureName.EXPRESSION_NEUTRALITY,
        "expression",
        Quantity("strongest expression", strongest, "0–1"),
    )
    closing = max(signs.get("eyeBlinkLeft", 0.0), signs.get("eyeBlinkRight", 0.0))
    yield MeasureName.EYES_OPEN, "eye_closing", Quantity("eye closing", closing, "0–1")
    yield (
        MeasureName.MOUTH_CLOSED,
        "mouth_opening",
        Quantity("mouth opening", signs.get("jawOpen", 0.0), "0–1"),
    )
    forehead = view.region(Region.FOREHEAD)
    below = view.expected_skin & ~forehead
    yield MeasureName.FACE_OCCLUSION, "covered_share", _covered("covered share", below, view)
    top = forehead & view.expected_skin
    yield (
        MeasureName.HEAD_COVERING,
        "forehead_covered_share",
        _covered("covered forehead", top, view),
    )
    yield (
        MeasureName.FACE_MARGIN,
        "inside_share",
        Quantity("share inside the frame", _inside_share(view), "1"),
    )


def _covered(name: str, expected: Mask, view: _View) -> Quantity | NotMeasured:
    count = np.count_nonzero(expected)
    if count < 50:
        return NotMeasured(
            NotMeasuredCode.NOT_VISIBLE, "This part of the face lies outside the photo."
        )
    return Quantity(name, np.count_nonzero(expected & ~view.skin.skin) / count, "1")


def _inside_share(view: _View) -> float:
    x0, y0, x1, y1 = view.face.box
    width = min(x1, view.photo.width_px) - max(x0, 0)
    height = min(y1, view.photo.height_px) - max(y0, 0)
    return float(max(width, 0) * max(height, 0) / max((x1 - x0) * (y1 - y0), 1e-6))


def _authenticity(view: _View) -> Iterator[Raw]:
    yield MeasureName.RETOUCHING, "fine_texture", _fine_texture(view)
    peak = periodic_peak(view.photo_gray)
    yield MeasureName.RECAPTURE, "periodic_peak", _value("spectral peak", peak, "decades")


def _fine_texture(view: _View) -> Quantity | NotMeasured:
    """Deviation of darkness at 0.25 to 0.6 mm on cheeks and forehead, noise included."""
    where = view.skin.measurable & view.region(
        Region.FOREHEAD, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK
    )
    if view.crop.mm_per_px > FINE_TEXTURE_MM_PER_PX or np.count_nonzero(where) < 500:
        reason = "The face is too small in the photo to see whether skin was smoothed."
        return NotMeasured(NotMeasuredCode.TOO_COARSE, reason)
    light = cv2.cvtColor(view.crop.linear, cv2.COLOR_RGB2GRAY)
    dark = -np.log10(np.maximum(light, np.float32(1e-4)))
    band = blur(dark, 0.2 / view.crop.mm_per_px) - blur(dark, 0.6 / view.crop.mm_per_px)
    return Quantity("fine texture", float(1.4826 * np.median(np.abs(band[where]))), "density")


def _value(name: str, value: float | None, unit: str) -> Quantity | NotMeasured:
    if value is None:
        reason = "The face is too small or too faint in the photo for this measure."
        return NotMeasured(NotMeasuredCode.TOO_COARSE, reason)
    return Quantity(name, value, unit)
