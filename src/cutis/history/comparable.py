"""Whether two assessments may be compared at all, and why not.

Who is in a photo is never guessed: whoever keeps the photos knows whose they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cutis.core.assessment import Assessment
from cutis.core.masks import LEARNED
from cutis.core.scores import NotMeasured, Score
from cutis.core.vocabulary import Condition, MeasureName
from cutis.steps.scoring.repeatability import scale_class
from cutis.steps.scoring.scores import COLOUR_CONDITIONS


class Obstacle(StrEnum):
    """What stands in the way of a comparison."""

    PHOTO_REFUSED = "photo_refused"
    NOT_MEASURED = "not_measured"
    OTHER_SCALE = "other_scale"
    OTHER_LIGHT = "other_light"
    OTHER_COLOUR = "other_colour"
    OTHER_FOCUS = "other_focus"
    OTHER_POSE = "other_pose"
    OTHER_EXPRESSION = "other_expression"
    OTHER_COVERING = "other_covering"
    OTHER_METHOD = "other_method"
    OTHER_VERSION = "other_version"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """An obstacle and one sentence on it, with what to do."""

    obstacle: Obstacle
    reason: str


@dataclass(frozen=True, slots=True)
class ComparisonLimits:
    """How alike two captures must be.

    * ``turn_deg``: difference of yaw and of pitch. ISO/IEC 19794-5 allows ±5° in a passport photo,
      so two photos that both keep to it differ by at most 10°.
    * ``quality_points``: difference of a capture measure on its scale of 0–100. It is the width of
      the verdict *good* (`QualityLimits.good_from`): one photo ideal, the other no longer good.
    * ``scale_ratio``: of two scale classes. The repeatability of scores was measured between photos
      of up to this ratio (`benchmarks/repeatability.py`, "smaller").
    * ``most_scale_ratio``: within a class; it is the width of the class *medium*.
    """

    turn_deg: float = 10.0
    quality_points: float = 50.0
    scale_ratio: float = 1 / 0.9
    most_scale_ratio: float = 2.0


_LIGHT = (
    MeasureName.ILLUMINATION_UNIFORMITY,
    MeasureName.UNDER_EXPOSURE,
    MeasureName.OVER_EXPOSURE,
)
_COVERING = (MeasureName.FACE_OCCLUSION, MeasureName.HEAD_COVERING)
_FLAT = frozenset({Condition.REDNESS, Condition.OILINESS, Condition.DARK_CIRCLES})
"""Conditions of broad areas, which a softer focus does not hide."""
FINEST_MM_PER_PX = 0.17
"""Finer photos are reduced to this scale before anything is measured (`CropLimits`)."""


def hindrance_of_pair(
    before: Assessment, after: Assessment, limits: ComparisonLimits
) -> Hindrance | None:
    """Return what keeps two assessments from being compared in any condition, or None."""
    return next(_pair_hindrances(before, after, limits), None)


def hindrance_of_condition(
    condition: Condition, before: Assessment, after: Assessment, limits: ComparisonLimits
) -> Hindrance | None:
    """Return what keeps one condition from being compared because of the two captures, or None."""
    measures = [
        (
            MeasureName.NATURAL_COLOUR,
            condition in COLOUR_CONDITIONS,
            Obstacle.OTHER_COLOUR,
            "The colours of the two photos differ too much. Use daylight and no filter.",
        ),
        (
            MeasureName.SHARPNESS,
            condition not in _FLAT,
            Obstacle.OTHER_FOCUS,
            "One of the two photos is much softer. Hold still and focus on the face.",
        ),
        (
            MeasureName.EXPRESSION_NEUTRALITY,
            condition is Condition.WRINKLES,
            Obstacle.OTHER_EXPRESSION,
            "The expression differs, and it adds or hides lines. Keep the face relaxed.",
        ),
    ]
    for name, matters, obstacle, reason in measures:
        if matters and _apart(name, before, after) > limits.quality_points:
            return Hindrance(obstacle, reason)
    return None


def comparable_scores(
    before: Score | NotMeasured, after: Score | NotMeasured
) -> tuple[Score, Score] | Hindrance:
    """Return the two scores if they may be compared, or what keeps them from it."""
    if isinstance(before, NotMeasured):
        return _not_measured("earlier", before)
    if isinstance(after, NotMeasured):
        return _not_measured("later", after)
    if _way(before) != _way(after):
        return Hindrance(
            Obstacle.OTHER_METHOD,
            "The two scores were made by different methods. Assess both photos again with the "
            "same version.",
        )
    return before, after


def _not_measured(word: str, why: NotMeasured) -> Hindrance:
    return Hindrance(Obstacle.NOT_MEASURED, f"Not measured in the {word} photo: {why.reason}")


def _way(score: Score) -> tuple[str, str, bool]:
    return score.formula, score.method, score.enhanced


def _pair_hindrances(
    before: Assessment, after: Assessment, limits: ComparisonLimits
) -> Iterator[Hindrance]:
    for word, one in (("earlier", before), ("later", after)):
        if not one.usable or one.face is None:
            yield Hindrance(
                Obstacle.PHOTO_REFUSED,
                f"The {word} photo could not be measured: {' '.join(one.reasons)}".rstrip(": "),
            )
    if _other_version(before, after):
        yield Hindrance(
            Obstacle.OTHER_VERSION,
            "The two photos were assessed with different versions of the software or its models. "
            "Assess both again with the same version.",
        )
    if _scales_differ(before, after, limits):
        yield Hindrance(
            Obstacle.OTHER_SCALE,
            "The face is much larger in one photo. Take both from the same distance.",
        )
    yield from _capture_hindrances(before, after, limits)


def _capture_hindrances(
    before: Assessment, after: Assessment, limits: ComparisonLimits
) -> Iterator[Hindrance]:
    if _turn_apart_deg(before, after) > limits.turn_deg:
        yield Hindrance(
            Obstacle.OTHER_POSE,
            "The head is turned differently. Look straight into the camera both times.",
        )
    flashes = {one.capture.flash_fired for one in (before, after)}
    light = any(_apart(name, before, after) > limits.quality_points for name in _LIGHT)
    if light or flashes == {True, False}:
        yield Hindrance(
            Obstacle.OTHER_LIGHT,
            "The light differs too much. Take both photos at the same place, facing a window.",
        )
    if any(_apart(name, before, after) > limits.quality_points for name in _COVERING):
        yield Hindrance(
            Obstacle.OTHER_COVERING,
            "Hair, hands or glasses cover more of the face in one photo. Keep the face free.",
        )


def _other_version(before: Assessment, after: Assessment) -> bool:
    """Tell whether software or a shared model differ.

    A third number of the version alone mends faults and keeps what is measured (semver.org). A
    learned condition model is named in the method of its scores and is compared there.
    """
    releases = {tuple(a.provenance.software_version.split(".")[:2]) for a in (before, after)}
    learned = {
        score.method.removeprefix(LEARNED).split(" ")[0]
        for one in (before, after)
        for score in one.scores.values()
        if isinstance(score, Score) and score.method.startswith(LEARNED)
    }
    shas = [
        {use.name: use.sha256 for use in one.provenance.models if use.name not in learned}
        for one in (before, after)
    ]
    common = shas[0].keys() & shas[1].keys()
    differing = any(shas[0][name] != shas[1][name] for name in common)
    return len(releases) > 1 or differing


def _scales_differ(before: Assessment, after: Assessment, limits: ComparisonLimits) -> bool:
    if before.face is None or after.face is None:
        return False
    scales = [max(FINEST_MM_PER_PX, one.scale.mm_per_px) for one in (before.face, after.face)]
    same_class = scale_class(scales[0]) == scale_class(scales[1])
    most = limits.most_scale_ratio if same_class else limits.scale_ratio
    return max(scales) / min(scales) > most


def _turn_apart_deg(before: Assessment, after: Assessment) -> float:
    """Return the larger difference of yaw and pitch; a lean turns the picture only."""
    if before.face is None or after.face is None:
        return 0.0
    one, other = before.face.pose, after.face.pose
    return max(abs(one.yaw_deg - other.yaw_deg), abs(one.pitch_deg - other.pitch_deg))


def _apart(name: MeasureName, before: Assessment, after: Assessment) -> float:
    """Return how far a capture measure differs, in points; 0 where one has none."""
    scores = [m.score if m else None for m in (a.quality.measure(name) for a in (before, after))]
    if scores[0] is None or scores[1] is None:
        return 0.0
    return abs(scores[0] - scores[1])
