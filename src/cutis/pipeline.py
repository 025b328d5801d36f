"""The hall: the only module that knows the order of the steps.

Each line takes what the line above returned. A photo that cannot be measured is an answer, with
reasons; exceptions are for what the caller did wrong or the world broke.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cutis.core.assessment import (
    SCHEMA_VERSION,
    Assessment,
    Examination,
    Finding,
    ModelUse,
    Provenance,
    Quality,
)
from cutis.core.capture import Photo
from cutis.core.enhancement import (
    TEXTURE_MEASURES,
    Enhancement,
    EnhancementAudit,
    EnlargedFace,
)
from cutis.core.errors import InputError
from cutis.core.face import FaceCrop, FaceSummary, Landmarks
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.ports import (
    ConditionSegmenter,
    Landmarker,
    LesionClassifier,
    SkinSegmenter,
    Upscaler,
)
from cutis.core.scores import NotMeasured, NotMeasuredCode
from cutis.core.vocabulary import Condition, MeasureName, Strictness, Verdict
from cutis.steps.explain import explain_scores
from cutis.steps.grading import GraderWeights, RegionFeatures, grade_face, region_features
from cutis.steps.landmarks import LandmarkLimits, find_faces, full_mirror_order
from cutis.steps.lesions import (
    LesionLimits,
    TypingLimits,
    crop_boxes,
    find_lesions,
    pore_peaks,
    spots_of,
    type_spots,
)
from cutis.steps.quality import QualityLimits, assess_quality, lifeless_quality, no_face_quality
from cutis.steps.regions import CropLimits, crop_face
from cutis.steps.scoring import Scoring, ScoringLimits, renumber_findings, score_face
from cutis.steps.skin import has_living_colour, no_skin
from cutis.steps.upscale import (
    UpscaleLimits,
    cut_around,
    enhance,
    face_again,
    landmarks_in_photo,
    plan_enhancement,
    skin_in_photo,
)

DISCLAIMER = (
    "Cutis is a decision aid, not a diagnosis. It measures what a photo shows. "
    "See a clinician about anything that worries you, changes, bleeds or hurts."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of every step."""

    landmarks: LandmarkLimits = field(default_factory=LandmarkLimits)
    crop: CropLimits = field(default_factory=CropLimits)
    quality: QualityLimits = field(default_factory=QualityLimits)
    lesions: LesionLimits = field(default_factory=LesionLimits)
    scoring: ScoringLimits = field(default_factory=ScoringLimits)
    typing: TypingLimits = field(default_factory=TypingLimits)
    upscale: UpscaleLimits = field(default_factory=UpscaleLimits)


@dataclass(frozen=True, slots=True)
class Enlarging:
    """What enlarges a small face, loaded when the first one comes, and what audits it."""

    upscaler: Callable[[], Upscaler]
    audit: EnhancementAudit


@dataclass(frozen=True, slots=True)
class Tools:
    """What the steps work with: models behind ports, limits, strictness.

    A later segmenter of ``conditions`` replaces an earlier one, condition by condition.
    Without a classifier of ``lesions`` spots have the type of their map. ``graders`` read region
    features; ``grader_use`` tells what they are. Without ``enlarging`` no face is enlarged.
    """

    landmarker: Landmarker
    skin: SkinSegmenter
    conditions: tuple[ConditionSegmenter, ...]
    software_version: str
    strictness: Strictness = Strictness.NORMAL
    limits: Limits = field(default_factory=Limits)
    lesions: LesionClassifier | None = None
    graders: Mapping[str, GraderWeights] = field(default_factory=dict)
    grader_use: ModelUse | None = None
    enlarging: Enlarging | None = None

    def uses(self) -> tuple[ModelUse, ...]:
        """Tell every model that takes part."""
        others = [use for port in self.conditions for use in port.uses()]
        sorting = self.lesions.uses() if self.lesions is not None else ()
        grading = (self.grader_use,) if self.grader_use is not None else ()
        return (*self.landmarker.uses(), *self.skin.uses(), *others, *sorting, *grading)


def examine(photo: Photo, tools: Tools, *, assessed_at: str | None = None) -> Examination:
    """Assess the largest face of a photo; the pictures come with the answer.

    ``assessed_at`` is an ISO 8601 time in UTC, kept in the provenance.
    """
    limits = tools.limits
    faces = find_faces(photo, tools.landmarker, limits.landmarks)
    if not faces:
        answer = _answer(photo, tools, no_face_quality(tools.strictness), assessed_at=assessed_at)
        return Examination(answer, photo, None, None, {})
    seen = _look(photo, faces[0], tools)
    quality = assess_quality(
        photo, seen.face, seen.crop, seen.skin, strictness=tools.strictness, limits=limits.quality
    )
    if not has_living_colour(seen.crop):
        seen = replace(seen, skin=no_skin(seen.crop, seen.skin.method))
        quality = lifeless_quality(quality)
    if quality.verdict is Verdict.RETAKE:
        answer = _answer(photo, tools, quality, faces, assessed_at=assessed_at)
        return Examination(answer, photo, seen.crop, seen.skin, {})
    large = _enlarge(photo, seen, quality, tools)
    if large is not None:
        seen = large.brought_back(photo, tools)
        faces = (seen.face, *faces[1:])
    found = _measure(seen, quality, tools)
    answer = _answer(
        photo,
        tools,
        quality,
        faces,
        scoring=found.scoring,
        findings=found.findings,
        assessed_at=assessed_at,
    )
    done = Examination(answer, photo, seen.crop, seen.skin, found.maps)
    if large is not None:
        done = _audited(done, large, quality, tools)
    return add_grades(done, tools.graders)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A face as it is measured: its landmarks in pixels of the picture, its crop and its skin."""

    face: Landmarks
    crop: FaceCrop
    skin: SkinMask


def _look(picture: Photo, face: Landmarks, tools: Tools) -> _Seen:
    order = full_mirror_order(tools.landmarker.canonical)
    crop = crop_face(picture, face, order, tools.limits.crop)
    return _Seen(face, crop, tools.skin.segment(crop))


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """What was measured of a face: its maps, the findings in them, and the scores."""

    maps: Mapping[Condition, ConditionMap]
    findings: tuple[Finding, ...]
    scoring: Scoring


def _measure(
    seen: _Seen, quality: Quality, tools: Tools, left_out: frozenset[Condition] = frozenset()
) -> _Measured:
    """Measure a face; what has no score is shown nowhere, and ``left_out`` gets none."""
    crop, skin = seen.crop, seen.skin
    found = map_conditions(tools.conditions, crop, skin)
    maps = {c: m for c, m in found.items() if c not in left_out}
    findings = sort_lesions(find_lesions(crop, maps, tools.limits.lesions), crop, tools)
    peaks = pore_peaks(maps[Condition.PORES], crop.mm_per_px) if Condition.PORES in maps else None
    scoring = score_face(
        crop,
        skin,
        maps,
        findings,
        pore_peaks=peaks,
        quality=quality,
        typed=tools.lesions is not None,
        limits=tools.limits.scoring,
    )
    shown = {c: m for c, m in maps.items() if not isinstance(scoring.scores[c], NotMeasured)}
    kept = [i for i, f in enumerate(findings) if f.condition in shown]
    scoring = renumber_findings(scoring, kept)
    return _Measured(shown, tuple(findings[i] for i in kept), scoring)


@dataclass(frozen=True, slots=True, eq=False)
class _Large:
    """A small face enlarged, by what, and what was found on it."""

    enlarged: EnlargedFace
    upscaler: Upscaler
    audit: EnhancementAudit
    seen: _Seen

    def brought_back(self, photo: Photo, tools: Tools) -> _Seen:
        """Return what was found, on the photo's own pixels."""
        face = landmarks_in_photo(self.seen.face, self.enlarged.box, self.enlarged.picture.scale)
        order = full_mirror_order(tools.landmarker.canonical)
        crop = crop_face(photo, face, order, tools.limits.crop)
        return _Seen(face, crop, skin_in_photo(self.seen.skin, self.seen.crop, crop))


def _enlarge(photo: Photo, seen: _Seen, quality: Quality, tools: Tools) -> _Large | None:
    """Enlarge a face that the policy finds small but sharp, and look for it there.

    None where it is left as it is, or where that same face is not found again.
    """
    eyes, edges = (
        quality.measure(name) for name in (MeasureName.INTER_EYE_DISTANCE, MeasureName.SHARPNESS)
    )
    if tools.enlarging is None or eyes is None or eyes.raw is None:
        return None
    blur_px = edges.raw.value / seen.crop.mm_per_px if edges and edges.raw else None
    limits = tools.limits.upscale
    plan = plan_enhancement(eyes.raw.value, blur_px, limits)
    if plan.scale == 1:
        return None
    upscaler = tools.enlarging.upscaler()
    x0, y0, x1, y1 = box = cut_around(seen.face, (photo.height_px, photo.width_px), limits)
    picture = enhance(photo.rgb[y0:y1, x0:x1], upscaler, plan.scale, limits)
    large = Photo(picture.rgb, photo.info)
    faces = find_faces(large, tools.landmarker, tools.limits.landmarks)
    again = face_again(faces, seen.face, box, plan.scale, limits=limits)
    if again is None:
        return None
    seen = _look(large, again, tools)
    return _Large(EnlargedFace(box, picture), upscaler, tools.enlarging.audit, seen)


def _audited(done: Examination, large: _Large, quality: Quality, tools: Tools) -> Examination:
    """Return the examination with what its scores would have been on the enlarged pixels."""
    known, picture, upscaler = done.assessment, large.enlarged.picture, large.upscaler
    invented = TEXTURE_MEASURES if upscaler.texture > 0 else frozenset()
    other = _measure(large.seen, quality, tools, invented)
    mm_per_px = known.face.scale.mm_per_px if known.face is not None else float("inf")
    rows = large.audit(
        known.scores, other.scoring.scores, texture=upscaler.texture, mm_per_px=mm_per_px
    )
    told = Enhancement(
        picture.scale,
        upscaler.texture,
        picture.drawn_share,
        picture.consistency_db,
        picture.sentence,
        rows,
    )
    made = replace(known.provenance, models=(*known.provenance.models, *upscaler.uses()))
    return replace(
        done,
        assessment=replace(known, enhancement=told, provenance=made),
        enlarged=large.enlarged,
    )


def add_grades(examination: Examination, graders: Mapping[str, GraderWeights]) -> Examination:
    """Return the examination with what the graders say of its region features."""
    if not graders:
        return examination
    learned = grade_face(describe_regions(examination), graders)
    known = examination.assessment
    return replace(examination, assessment=replace(known, grades={**known.grades, **learned}))


def describe_regions(examination: Examination) -> RegionFeatures:
    """Return what was measured of each region of an examined face, as graders read it.

    Raises:
        InputError: the photo shows no face.
    """
    crop, skin, maps = examination.crop, examination.skin, examination.maps
    if crop is None or skin is None:
        raise InputError("An examination with a face was expected; this photo shows none.")
    pores = maps.get(Condition.PORES)
    sharpness = examination.assessment.quality.measure(MeasureName.SHARPNESS)
    return region_features(
        crop,
        skin,
        maps,
        examination.assessment.findings,
        pore_peaks=None if pores is None else pore_peaks(pores, crop.mm_per_px),
        edge_mm=sharpness.raw.value if sharpness and sharpness.raw else None,
    )


def map_conditions(
    segmenters: Sequence[ConditionSegmenter], crop: FaceCrop, skin: SkinMask
) -> Mapping[Condition, ConditionMap]:
    """Return the map of every condition; a later segmenter replaces an earlier one.

    It does so too where it sees nothing, at a scale too coarse for it: no condition jumps from the
    level of one segmenter to that of another between two photos of one face.
    """
    maps: dict[Condition, ConditionMap] = {}
    for segmenter in segmenters:
        maps = {c: m for c, m in maps.items() if c not in segmenter.conditions}
        maps.update(segmenter.segment(crop, skin))
    return {c: maps[c] for c in Condition if c in maps}


def sort_lesions(findings: Sequence[Finding], crop: FaceCrop, tools: Tools) -> tuple[Finding, ...]:
    """Return the findings with their spots typed, if there is a classifier."""
    if tools.lesions is None:
        return tuple(findings)
    spots = spots_of(findings, tools.limits.typing)
    answers = tools.lesions.classify(crop, crop_boxes(spots, crop))
    return type_spots(findings, answers, tools.limits.typing)


def _answer(
    photo: Photo,
    tools: Tools,
    quality: Quality,
    faces: Sequence[Landmarks] = (),
    *,
    scoring: Scoring | None = None,
    findings: tuple[Finding, ...] = (),
    assessed_at: str | None,
) -> Assessment:
    """Put the answer together; without ``scoring`` it is a refusal with reasons."""
    scoring = scoring or _nothing_measured(has_face=bool(faces))
    refused = quality.verdict is Verdict.RETAKE
    reasons = tuple(m.sentence for m in quality.measures if m.verdict is Verdict.RETAKE)
    return Assessment(
        schema_version=SCHEMA_VERSION,
        usable=not refused,
        reasons=(reasons or (quality.sentence,)) if refused else (),
        capture=photo.info,
        quality=quality,
        face=_summary(faces[0], assessed=not refused) if faces else None,
        faces=tuple(_summary(f, assessed=not refused and f is faces[0]) for f in faces),
        tone=scoring.tone,
        overall=scoring.overall,
        scores=scoring.scores,
        regions=scoring.regions,
        measures=scoring.measures,
        grades=scoring.grades,
        findings=findings,
        labels=scoring.labels,
        explanations=explain_scores(scoring.scores, scoring.contributions),
        provenance=Provenance("cutis", tools.software_version, tools.uses(), assessed_at),
        disclaimer=DISCLAIMER,
    )


def _nothing_measured(*, has_face: bool) -> Scoring:
    """Return the scoring of a refused photo: nothing, and why."""
    if has_face:
        why = NotMeasured(NotMeasuredCode.PHOTO_REFUSED, "The photo is not fit to be measured.")
    else:
        why = NotMeasured(NotMeasuredCode.NO_FACE, "No face was found in the photo.")
    none = dict.fromkeys(Condition, None)
    return Scoring(why, why, dict.fromkeys(Condition, why), {}, (), {}, none)


def _summary(face: Landmarks, *, assessed: bool) -> FaceSummary:
    return FaceSummary(
        face.box, face.confidence, face.pose, face.scale, face.inter_eye_px, assessed
    )
