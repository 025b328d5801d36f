"""The answer: a frozen tree of plain data, and the pictures that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.enhancement import Enhancement, EnlargedFace
from cutis.core.face import FaceCrop, FaceSummary
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.scores import Grade, NotMeasured, Quantity, Score
from cutis.core.vocabulary import (
    Condition,
    ItaGroup,
    LesionType,
    MeasureName,
    Region,
    Strictness,
    Verdict,
)

SCHEMA_VERSION = "1.3"
"""Version of the JSON form of `Assessment`: the first number changes when a reader would break."""


@dataclass(frozen=True, slots=True)
class QualityMeasure:
    """One capture-quality measure: 0 (useless) to 100 (ideal), and the value it came from."""

    name: MeasureName
    score: float | None
    raw: Quantity | None
    verdict: Verdict
    sentence: str
    not_measured: NotMeasured | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """The capture quality of a photo: every measure, the verdict and one sentence with the fix."""

    verdict: Verdict
    strictness: Strictness
    sentence: str
    measures: tuple[QualityMeasure, ...]

    def measure(self, name: MeasureName) -> QualityMeasure | None:
        """Return the measure called ``name``, or None."""
        return next((m for m in self.measures if m.name == name), None)


@dataclass(frozen=True, slots=True)
class SkinColour:
    """Colour of a region's skin: CIE L*a*b* (D65) and individual typology angle in degrees."""

    lightness: float
    a_star: float
    b_star: float
    ita_deg: float
    ita_group: ItaGroup


@dataclass(frozen=True, slots=True)
class SkinTone:
    """Apparent skin tone in this photo.

    ``monk`` is the nearest shade of the Monk Skin Tone scale, 1–10, by colour difference;
    ``fitzpatrick`` is never read off a photo: it is a sun-reaction type that a person is asked for.
    """

    colour: SkinColour
    monk: int
    monk_delta_e: float
    fitzpatrick: NotMeasured


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition at a place; ``bbox_xyxy`` in upright photo pixels, half open.

    ``probability`` is that of there being something, ``type_probability`` that of its type, given
    that there is something; None where no classifier looked at it.
    """

    condition: Condition
    type: LesionType
    bbox_xyxy: tuple[int, int, int, int]
    probability: float
    region: Region | None
    area_mm2: float
    length_mm: float | None = None
    type_probability: float | None = None


@dataclass(frozen=True, slots=True)
class RegionAssessment:
    """What was seen in one region."""

    area_mm2: float
    visible_share: float
    colour: SkinColour | NotMeasured
    scores: Mapping[Condition, Score | NotMeasured]


@dataclass(frozen=True, slots=True)
class Contribution:
    """How many points of a score are due to one finding, or to one region where none is found.

    ``score_without`` is the score with the finding's part of the raw value taken out and the skin
    that was looked at left as it is; ``points`` is the difference. Points need not add up to the
    score: a formula may bend, and what is no finding counts too.
    """

    points: float
    score_without: float
    region: Region | None
    finding: int | None
    area_mm2: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Plain words on how one score came about, and what gave most of its points.

    ``finding`` of a contribution counts `Assessment.findings` from 0.
    """

    condition: Condition
    summary: str
    method: str
    limits: str
    contributions: tuple[Contribution, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A model that took part: name, version, SHA-256, runtime and the precision it ran in."""

    name: str
    version: str
    sha256: str
    runtime: str
    precision: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made this answer."""

    software: str
    software_version: str
    models: tuple[ModelUse, ...]
    assessed_at: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The assessment of one photo; a decision aid, never a diagnosis.

    ``scores``, ``regions``, ``findings`` and ``labels`` speak of the assessed face.
    ``labels`` are image-level probabilities, None where not measured. ``enhancement`` is None
    unless the face was so small that it was enlarged to be found.
    """

    schema_version: str
    usable: bool
    reasons: tuple[str, ...]
    capture: CaptureInfo
    quality: Quality
    face: FaceSummary | None
    faces: tuple[FaceSummary, ...]
    tone: SkinTone | NotMeasured
    overall: Score | NotMeasured
    scores: Mapping[Condition, Score | NotMeasured]
    regions: Mapping[Region, RegionAssessment]
    measures: tuple[Quantity, ...]
    grades: Mapping[str, Grade | NotMeasured]
    findings: tuple[Finding, ...]
    labels: Mapping[Condition, float | None]
    explanations: tuple[Explanation, ...]
    provenance: Provenance
    disclaimer: str
    enhancement: Enhancement | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """An assessment with the pictures it was made of; the pictures are None without a face.

    ``enlarged`` is the face as it was enlarged to be found, None where it was large enough.
    """

    assessment: Assessment
    photo: Photo
    crop: FaceCrop | None
    skin: SkinMask | None
    maps: Mapping[Condition, ConditionMap]
    enlarged: EnlargedFace | None = None
