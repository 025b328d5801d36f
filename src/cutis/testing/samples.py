"""A full, plausible assessment of the drawn face, for tests of whatever reads one.

The pictures follow from what is drawn; the numbers only look like those of a photo and are no
measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from cutis.core.assessment import (
    SCHEMA_VERSION,
    Assessment,
    Examination,
    Explanation,
    Finding,
    ModelUse,
    Provenance,
    Quality,
    QualityMeasure,
    RegionAssessment,
    SkinColour,
    SkinTone,
)
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import FaceSummary
from cutis.core.scores import Grade, Interval, NotMeasured, NotMeasuredCode, Quantity, Score
from cutis.core.vocabulary import (
    Condition,
    ItaGroup,
    LesionType,
    MeasureName,
    Region,
    Strictness,
    Verdict,
)
from cutis.testing.drawing import EYE_LINE_MM, SPOTS, WIDTH_MM, Spot, Tone
from cutis.testing.pictures import (
    PX_PER_MM,
    sample_crop,
    sample_landmarks,
    sample_maps,
    sample_photo,
    sample_skin,
)

DISCLAIMER = (
    "This is a decision aid, not a diagnosis. It describes what can be seen in one photo. "
    "A person who knows your skin should read it with you where something worries you."
)

_TOO_COARSE = NotMeasured(
    NotMeasuredCode.TOO_COARSE,
    "Flakes are finer than what this photo shows: 0.25 mm per pixel, and 0.12 mm is needed.",
)
_NO_METHOD = NotMeasured(
    NotMeasuredCode.NO_METHOD,
    "Scars cannot be told from other marks by the methods of this version.",
)
_REFUSED = NotMeasured(
    NotMeasuredCode.PHOTO_REFUSED, "The photo is not fit to be measured; see the reasons."
)
_BLURRED = "The photo is blurred. Hold the phone still, tap on the face to focus, and try again."
_FAR = "The face is small in the picture. Move closer, so that it fills half of the width."

_SCORES: Mapping[Condition, tuple[float, float, float, Quantity]] = {
    Condition.ACNE: (34.0, 25.5, 44.0, Quantity("inflamed spots", 6, "1")),
    Condition.REDNESS: (52.5, 45.0, 60.5, Quantity("erythema index above own skin", 7.4, "EI")),
    Condition.PIGMENTATION: (21.0, 13.0, 30.0, Quantity("dark spot area", 38.2, "mm²")),
    Condition.WRINKLES: (18.0, 9.0, 33.0, Quantity("line length", 91.0, "mm")),
    Condition.PORES: (41.0, 20.0, 66.0, Quantity("pore density", 23.5, "1/cm²")),
    Condition.TEXTURE: (27.0, 17.5, 38.0, Quantity("roughness", 3.1, "%")),
    Condition.OILINESS: (63.0, 55.0, 71.5, Quantity("shiny share of the skin", 0.118, "1")),
    Condition.DARK_CIRCLES: (7.5, 2.0, 15.5, Quantity("ΔE to the own cheek", 3.9, "ΔE00")),
}

_STRONGER: Mapping[Region, tuple[Condition, ...]] = {
    Region.FOREHEAD: (Condition.OILINESS, Condition.WRINKLES),
    Region.NOSE: (Condition.PORES, Condition.OILINESS, Condition.REDNESS),
    Region.SUBJECT_RIGHT_CHEEK: (Condition.ACNE, Condition.REDNESS),
    Region.SUBJECT_LEFT_CHEEK: (Condition.PIGMENTATION, Condition.REDNESS),
    Region.SUBJECT_LEFT_PERIORBITAL: (Condition.DARK_CIRCLES,),
    Region.SUBJECT_RIGHT_PERIORBITAL: (Condition.DARK_CIRCLES,),
}

_NEEDED: Mapping[Condition, tuple[Region, ...]] = {
    Condition.DARK_CIRCLES: (Region.SUBJECT_LEFT_PERIORBITAL, Region.SUBJECT_RIGHT_PERIORBITAL),
    Condition.PORES: (Region.NOSE, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK),
}


@cache
def sample_examination(*, refused: bool = False, tone: Tone = "medium") -> Examination:
    """Return an examination of the drawn face with all its pictures; none but the photo if refused.

    A refused one shows the drawn face blurred. It is made once: leave its arrays as they are.
    """
    rgb = _blurred(sample_photo(tone)) if refused else sample_photo(tone)
    assessment = sample_assessment(refused=refused)
    photo = Photo(rgb, assessment.capture)
    if refused:
        return Examination(assessment, photo, None, None, {})
    crop = sample_crop(tone)
    skin = sample_skin(crop)
    return Examination(assessment, photo, crop, skin, sample_maps(skin))


def sample_assessment(*, refused: bool = False) -> Assessment:
    """Return a full assessment: eight conditions with scores, two not measured; or a refusal."""
    scores = {c: _score(c, refused=refused) for c in Condition}
    return Assessment(
        schema_version=SCHEMA_VERSION,
        usable=not refused,
        reasons=(_BLURRED, _FAR) if refused else (),
        capture=_capture(),
        quality=_quality(refused=refused),
        face=_face(),
        faces=(_face(),),
        tone=_REFUSED if refused else _tone(),
        overall=_REFUSED if refused else _overall(),
        scores=scores,
        regions={} if refused else {region: _region(region) for region in Region},
        measures=() if refused else _measures(),
        grades={} if refused else _grades(),
        findings=() if refused else tuple(_finding(spot) for spot in SPOTS),
        labels={c: _label(score) for c, score in scores.items()},
        explanations=() if refused else tuple(_explanation(c) for c in _SCORES),
        provenance=_provenance(),
        disclaimer=DISCLAIMER,
    )


def _score(condition: Condition, *, refused: bool, shift: float = 0.0) -> Score | NotMeasured:
    if refused:
        return _REFUSED
    if condition not in _SCORES:
        return _TOO_COARSE if condition is Condition.DRYNESS else _NO_METHOD
    value, low, high, raw = _SCORES[condition]
    moved = [min(100.0, max(0.0, v + shift)) for v in (value, low, high)]
    formula = f"{condition.value}-1"
    return Score(moved[0], Interval(moved[1], moved[2]), raw, formula, "classical")


def _overall() -> Score:
    raw = Quantity("weighted mean of the scores", 33.0, "1")
    return Score(33.0, Interval(27.0, 40.0), raw, "overall-1", "classical")


def _label(score: Score | NotMeasured) -> float | None:
    return None if isinstance(score, NotMeasured) else round(min(0.98, score.value / 60), 3)


def _region(region: Region) -> RegionAssessment:
    scores = {c: _region_score(region, c) for c in Condition}
    return RegionAssessment(
        area_mm2=900.0 + 130.0 * region.label,
        visible_share=0.62 if region is Region.FOREHEAD else 0.94,
        colour=_colour(-1.5 if region is Region.NOSE else 0.0),
        scores=scores,
    )


def _region_score(region: Region, condition: Condition) -> Score | NotMeasured:
    if region not in _NEEDED.get(condition, tuple(Region)):
        return NotMeasured(
            NotMeasuredCode.NOT_APPLICABLE, "This condition is not looked for in this region."
        )
    strong = condition in _STRONGER.get(region, ())
    return _score(condition, refused=False, shift=14.0 if strong else -9.0)


def _colour(shift: float = 0.0) -> SkinColour:
    return SkinColour(61.5 + shift, 11.2 - shift, 19.4, 30.6 + 2 * shift, ItaGroup.INTERMEDIATE)


def _tone() -> SkinTone:
    reason = "A sun-reaction type is asked for, never read off a photo."
    return SkinTone(_colour(), 5, 3.4, NotMeasured(NotMeasuredCode.NOT_FROM_A_PHOTO, reason))


def _measures() -> tuple[Quantity, ...]:
    return (
        Quantity("melanin index", 41.7, "MI"),
        Quantity("erythema index", 17.9, "EI"),
        Quantity("evenness", 4.2, "ΔE00"),
        Quantity("measured skin", 121.4, "cm²"),
    )


def _grades() -> Mapping[str, Grade | NotMeasured]:
    count = Quantity("inflamed spots on half a face", 4, "1")
    hayashi = Grade(
        "Hayashi", 1, "mild", count, "Hayashi 2008, doi:10.1111/j.1346-8138.2008.00462.x"
    )
    mmasi = NotMeasured(NotMeasuredCode.NOT_FROM_A_PHOTO, "Melasma must first be diagnosed.")
    return {"hayashi": hayashi, "mmasi": mmasi}


def _finding(spot: Spot) -> Finding:
    x, y = spot.x_mm + WIDTH_MM / 2, spot.y_mm + EYE_LINE_MM
    edges = (x - spot.radius_mm, y - spot.radius_mm, x + spot.radius_mm, y + spot.radius_mm)
    x0, y0, x1, y1 = (round(edge * PX_PER_MM) for edge in edges)
    red = spot.type is LesionType.INFLAMED_SPOT
    return Finding(
        condition=Condition.ACNE if red else Condition.PIGMENTATION,
        type=spot.type,
        bbox_xyxy=(x0, y0, x1, y1),
        probability=round(0.55 + 0.13 * spot.radius_mm, 2),
        region=_place(spot),
        area_mm2=round(float(np.pi * spot.radius_mm**2), 1),
    )


def _place(spot: Spot) -> Region:
    if spot.y_mm < -20:
        return Region.FOREHEAD
    if spot.y_mm > 80:
        return Region.CHIN
    return Region.SUBJECT_RIGHT_CHEEK if spot.x_mm < 0 else Region.SUBJECT_LEFT_CHEEK


def _face() -> FaceSummary:
    found = sample_landmarks()
    x0, y0, x1, y1 = (round(edge, 1) for edge in found.box)
    return FaceSummary(
        (x0, y0, x1, y1),
        found.confidence,
        found.pose,
        found.scale,
        found.inter_eye_px,
        assessed=True,
    )


def _capture() -> CaptureInfo:
    height, width = sample_photo().shape[:2]
    return CaptureInfo(
        source_format="PNG",
        width_px=width,
        height_px=height,
        bit_depth=8,
        colour_profile="sRGB",
        sha256="5f" * 32,
        size_bytes=1_482_113,
        lossy=False,
    )


def _quality(*, refused: bool) -> Quality:
    sharp = (11.0, Verdict.RETAKE, _BLURRED) if refused else (82.0, Verdict.GOOD, "Sharp.")
    rows: tuple[tuple[MeasureName, float, str, tuple[float, Verdict, str]], ...] = (
        (MeasureName.SHARPNESS, 0.31 if refused else 1.9, "1/mm", sharp),
        (MeasureName.OVER_EXPOSURE, 0.002, "1", (97.0, Verdict.GOOD, "Nothing is burnt out.")),
        (MeasureName.UNDER_EXPOSURE, 0.01, "1", (94.0, Verdict.GOOD, "Nothing is lost in shadow.")),
        (MeasureName.ILLUMINATION_UNIFORMITY, 0.71, "1", _UNEVEN),
        (MeasureName.INTER_EYE_DISTANCE, 252.0, "px", (91.0, Verdict.GOOD, "Close enough.")),
        (MeasureName.POSE, 1.9, "°", (98.0, Verdict.GOOD, "The face looks into the camera.")),
    )
    measures = [
        QualityMeasure(name, score, Quantity(name.value, raw, unit), verdict, sentence)
        for name, raw, unit, (score, verdict, sentence) in rows
    ]
    measures.append(_unknown_compression())
    verdict = Verdict.RETAKE if refused else Verdict.USABLE
    sentence = _BLURRED if refused else _UNEVEN[2]
    return Quality(verdict, Strictness.NORMAL, sentence, tuple(measures))


_UNEVEN = (
    58.0,
    Verdict.USABLE,
    "The light comes more from one side. Face a window, so that both cheeks are equally bright.",
)


def _unknown_compression() -> QualityMeasure:
    reason = NotMeasured(NotMeasuredCode.NOT_APPLICABLE, "The file is stored without loss.")
    name = MeasureName.COMPRESSION
    return QualityMeasure(name, None, None, Verdict.GOOD, reason.reason, reason)


def _explanation(condition: Condition) -> Explanation:
    words = condition.value.replace("_", " ")
    return Explanation(
        condition,
        summary=f"What looks like {words} was marked on the skin and set against a fixed scale.",
        method="A classical measure on the skin's own colour and relief; no learned model.",
        limits="Make-up, strong light from one side and a soft-focus filter change this score.",
    )


def _provenance() -> Provenance:
    model = ModelUse("face_landmarker", "1", "64184e22" * 8, "openvino 2026.4.1", "f32")
    return Provenance("cutis", "0.1.0", (model,), "2026-11-21T10:15:00Z")


def _blurred(rgb: np.ndarray) -> np.ndarray:
    import cv2  # noqa: PLC0415

    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), 7.0))
