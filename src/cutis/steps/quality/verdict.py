"""From raw values to scores, sentences and the verdict of a photo."""

from __future__ import annotations

from dataclasses import replace

from cutis.core.assessment import Quality, QualityMeasure
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.masks import SkinMask
from cutis.core.scores import NotMeasured
from cutis.core.vocabulary import MeasureName, Strictness, Verdict
from cutis.steps.quality.limits import QualityLimits, Ramp
from cutis.steps.quality.measures import Raw, measure_all
from cutis.steps.quality.sentences import NO_FACE, NO_LIVING_COLOUR, sentence_for

_FIT = "The photo is fit to be measured."


def assess_quality(
    photo: Photo,
    face: Landmarks,
    crop: FaceCrop,
    skin: SkinMask,
    *,
    strictness: Strictness = Strictness.NORMAL,
    limits: QualityLimits | None = None,
) -> Quality:
    """Judge the capture of one face.

    ``face`` is in photo pixels. The verdict is *retake* if any measure refuses the photo,
    *usable* if any is below good, else *good*; with strictness *off* nothing refuses.
    The photo's sentence is that of its worst measure.
    """
    limits = limits or QualityLimits()
    measures = tuple(
        _judge(raw, limits, strictness) for raw in measure_all(photo, face, crop, skin)
    )
    verdict = _worst([m.verdict for m in measures])
    worst = min(measures, key=lambda m: (_RANK[m.verdict], m.score if m.score is not None else 100))
    sentence = worst.sentence if verdict is not Verdict.GOOD else _FIT
    return Quality(verdict, strictness, sentence, measures)


def no_face_quality(strictness: Strictness) -> Quality:
    """Return the verdict on a photo without a face."""
    return Quality(Verdict.RETAKE, strictness, NO_FACE, ())


def lifeless_quality(quality: Quality) -> Quality:
    """Return the verdict on a face whose colours are not those of something living."""
    measures = tuple(
        replace(m, score=0.0, verdict=Verdict.RETAKE, sentence=NO_LIVING_COLOUR)
        if m.name is MeasureName.NATURAL_COLOUR
        else m
        for m in quality.measures
    )
    return replace(quality, verdict=Verdict.RETAKE, sentence=NO_LIVING_COLOUR, measures=measures)


_RANK = {Verdict.RETAKE: 0, Verdict.USABLE: 1, Verdict.GOOD: 2}


def _worst(verdicts: list[Verdict]) -> Verdict:
    return min(verdicts, key=_RANK.__getitem__, default=Verdict.GOOD)


def _judge(raw: Raw, limits: QualityLimits, strictness: Strictness) -> QualityMeasure:
    name, field, value = raw
    if isinstance(value, NotMeasured):
        return QualityMeasure(name, None, None, Verdict.GOOD, value.reason, not_measured=value)
    ramp: Ramp = getattr(limits, field)
    score = ramp.score(value.value)
    verdict = _verdict(score, ramp, limits, strictness)
    return QualityMeasure(name, score, value, verdict, sentence_for(name, verdict))


def _verdict(score: float, ramp: Ramp, limits: QualityLimits, strictness: Strictness) -> Verdict:
    retake_below = {
        Strictness.STRICT: max(ramp.retake_below, limits.strict_from if ramp.retake_below else 0.0),
        Strictness.NORMAL: ramp.retake_below,
        Strictness.LENIENT: ramp.retake_below * limits.lenient_share if ramp.essential else 0.0,
        Strictness.OFF: 0.0,
    }[strictness]
    if score < retake_below:
        return Verdict.RETAKE
    return Verdict.GOOD if score >= limits.good_from else Verdict.USABLE
