"""Whole faces painted with a known degree of each thing that graders grade.

Each of the five is drawn by itself, so that they come together in all ways; look-alikes, light and
camera are drawn as for any scene. The truth is what was painted, read from the parameters and from
what the painter made of them, never from the picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from cutis.core.vocabulary import Region
from cutis.datasets.faces import PreparedFace
from cutis.synth.areas import paint_areas
from cutis.synth.draw import draw_capture
from cutis.synth.draw_areas import MELASMA_PLACES, PORE_PLACES, centrofacial, spread
from cutis.synth.draw_areas import look_alikes as area_look_alikes
from cutis.synth.draw_lines import wrinkles
from cutis.synth.draw_marks import acne, brown_marks, freckles, lentigines
from cutis.synth.draw_marks import look_alikes as mark_look_alikes
from cutis.synth.layers import Layers
from cutis.synth.parameters import (
    Area,
    AreaKind,
    Line,
    LineKind,
    Mark,
    MarkKind,
    SceneParameters,
    Style,
    View,
)
from cutis.synth.places import ANY_PLACE, pick_points, weights
from cutis.synth.view import Canvas, look

LESIONS_AT_MOST = (0, 10, 40)
"""Inflamed lesions on the whole face: none, mild, moderate; twice the half-face limits of Hayashi
2008 (doi:10.1111/j.1346-8138.2008.00462.x), whose mildest grade is split into none and mild."""
FLUSH_AT_MOST = (0.002, 0.02, 0.045)
"""Haemoglobin density laid over the face on average: none, mild, moderate. The limits are ours."""
DEPTH_AT_MOST = (0.0, 0.45, 0.8)
"""Mean painted depth of the wrinkles: none, fine, moderate; 1 is 0.3 mm deep for 1 mm of width."""
PORES_AT_MOST = (0.0, 60.0)
"""Painted pores per cm² on nose and cheeks: none added, some."""

INFLAMED = (MarkKind.PAPULE, MarkKind.PUSTULE, MarkKind.NODULE)


class PigmentKind(StrEnum):
    """What kind of pigment was painted."""

    NONE = "none"
    FRECKLES = "freckles"
    SUN_SPOTS = "sun_spots"
    MELASMA = "melasma"
    POST_INFLAMMATORY = "post_inflammatory"


class Purpose(StrEnum):
    """What a painted face is for."""

    GRADED = "graded"
    CLEAN = "clean"
    UNUSUAL = "unusual"


@dataclass(frozen=True, slots=True)
class Truth:
    """What was painted: raw quantities, and the class of each grader, from 0 on."""

    lesions: int
    flush: float
    pigment: PigmentKind
    wrinkle_depth: float
    pores_per_cm2: float

    def classes(self) -> Mapping[str, int]:
        """Return the class of each grader."""
        return {
            "acne": int(np.searchsorted(LESIONS_AT_MOST, self.lesions)),
            "redness": int(np.searchsorted(FLUSH_AT_MOST, self.flush)),
            "pigmentation": list(PigmentKind).index(self.pigment),
            "wrinkles": int(np.searchsorted(DEPTH_AT_MOST, self.wrinkle_depth)),
            "pores": int(np.searchsorted(PORES_AT_MOST, self.pores_per_cm2)),
        }


def draw_graded(face: PreparedFace, seed: int, purpose: Purpose) -> SceneParameters:
    """Draw a whole face with known degrees; the same seed draws the same."""
    rng = np.random.default_rng(seed)
    view = whole_face(face, rng)
    canvas = look(face, view)
    marks: list[Mark] = []
    areas: list[Area] = []
    lines: list[Line] = []
    if purpose is Purpose.GRADED:
        marks += _acne(canvas, rng)
        areas += _flush(canvas, rng)
        spots, patches = _pigment(canvas, rng)
        marks, areas = marks + spots, areas + patches
        lines += _wrinkles(canvas, rng)
        areas += _pores(canvas, rng)
    if purpose is Purpose.UNUSUAL:
        marks, lines = unusual_marks(canvas, rng)
    else:
        marks = marks + mark_look_alikes(canvas, rng)
    areas = areas + area_look_alikes(canvas, rng)
    surface, camera = draw_capture(face, view, rng)
    return SceneParameters(
        seed=seed,
        style=Style.FIELD,
        source=face.source,
        view=view,
        severity=purpose.value,
        marks=tuple(marks),
        areas=tuple(areas),
        lines=tuple(lines),
        surface=surface,
        camera=camera,
    )


def whole_face(face: PreparedFace, rng: np.random.Generator) -> View:
    """Return a view of the whole crop, enlarged at most 1.8 times, upright."""
    rows, cols = face.skin.shape
    finest = max(0.16, face.mm_per_px / 1.8)
    mm_per_px = min(0.5, finest * float(np.exp(rng.uniform(0, 0.25))))
    side = round(max(rows, cols) * face.mm_per_px / mm_per_px)
    centre = (cols - 1) / 2, (rows - 1) / 2
    return View(centre, round(mm_per_px, 4), side, mirror=bool(rng.random() < 0.5))


def truth_of(face: PreparedFace, scene: SceneParameters) -> Truth:
    """Return what a scene shows, from its parameters and the painter's own layers."""
    canvas = look(face, scene.view)
    layers = Layers(canvas)
    paint_areas(layers, tuple(a for a in scene.areas if a.kind is AreaKind.FLUSH))
    skin = canvas.skin & (canvas.regions > 0)
    flush = float(layers.haemoglobin[skin].mean()) if skin.any() else 0.0
    pores = [a for a in scene.areas if a.kind is AreaKind.PORES]
    return Truth(
        lesions=sum(m.kind in INFLAMED for m in scene.marks),
        flush=flush,
        pigment=_pigment_kind(scene),
        wrinkle_depth=_mean_depth([li for li in scene.lines if li.kind is LineKind.WRINKLE]),
        pores_per_cm2=100 / (2.6 * pores[0].grain_mm) ** 2 if pores else 0.0,
    )


def _pigment_kind(scene: SceneParameters) -> PigmentKind:
    """Return the kind of most spots; brown marks among acne are not counted."""
    if any(a.kind is AreaKind.MELASMA for a in scene.areas):
        return PigmentKind.MELASMA
    kinds = {m.kind for m in scene.marks}
    if MarkKind.LENTIGO in kinds:
        return PigmentKind.SUN_SPOTS
    if MarkKind.FRECKLE in kinds:
        return PigmentKind.FRECKLES
    if MarkKind.POST_INFLAMMATORY_PIGMENTATION in kinds:
        return PigmentKind.POST_INFLAMMATORY
    return PigmentKind.NONE


def _mean_depth(lines: list[Line]) -> float:
    """Return the painted depth, weighted by length."""
    lengths = [float(np.linalg.norm(np.ptp(np.array(li.points), axis=0))) for li in lines]
    depths = [li.strength for li in lines]
    return float(np.average(depths, weights=lengths)) if lines and sum(lengths) else 0.0


def _acne(canvas: Canvas, rng: np.random.Generator) -> list[Mark]:
    """Draw inflamed lesions, evenly over the grades, with comedones and red marks beside them.

    Brown marks are left to the pigment, whose kind is to be told.
    """
    grade = int(rng.integers(4))
    if grade == 0:
        return []
    low, high = ((2, 14), (15, 70), (70, 200))[grade - 1]
    count = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))))
    drawn = acne(canvas, rng, grade, count=count)
    return [m for m in drawn if m.kind is not MarkKind.POST_INFLAMMATORY_PIGMENTATION]


def _flush(canvas: Canvas, rng: np.random.Generator) -> list[Area]:
    level = int(rng.integers(4))
    if level == 0:
        return []
    if rng.random() < 0.6:
        areas = centrofacial(canvas, rng, level)
    else:
        areas = spread(canvas, rng, AreaKind.FLUSH, ANY_PLACE, level=level)
    factor = (0.6, 1.0, 1.6)[level - 1]
    return [replace(a, strength=round(min(0.4, a.strength * factor), 4)) for a in areas]


def _pigment(canvas: Canvas, rng: np.random.Generator) -> tuple[list[Mark], list[Area]]:
    kind = list(PigmentKind)[int(rng.integers(len(PigmentKind)))]
    if kind is PigmentKind.FRECKLES:
        return freckles(canvas, rng, int(rng.integers(30, 140))), []
    if kind is PigmentKind.SUN_SPOTS:
        return lentigines(canvas, rng, int(rng.integers(4, 20))), []
    if kind is PigmentKind.POST_INFLAMMATORY:
        return brown_marks(canvas, rng, int(rng.integers(12, 70))), []
    if kind is PigmentKind.MELASMA:
        level = int(rng.integers(1, 4))
        return [], spread(canvas, rng, AreaKind.MELASMA, MELASMA_PLACES, level=level)
    return [], []


def _wrinkles(canvas: Canvas, rng: np.random.Generator) -> list[Line]:
    """Draw wrinkles whose number does not tell their depth."""
    depth = int(rng.integers(4))
    if depth == 0:
        return []
    middle = float(rng.uniform(*((0.2, 0.45), (0.45, 0.8), (0.8, 1.6))[depth - 1]))
    lines = wrinkles(canvas, rng, int(rng.integers(1, 4)))
    spreads = np.exp(rng.normal(0, 0.2, len(lines)))
    return [
        replace(li, strength=round(float(np.clip(middle * s, 0.1, 2)), 3))
        for li, s in zip(lines, spreads, strict=True)
    ]


def _pores(canvas: Canvas, rng: np.random.Generator) -> list[Area]:
    grade = int(rng.integers(3))
    if grade == 0:
        return []
    grain = float(rng.uniform(*((0.5, 0.7), (0.35, 0.48))[grade - 1]))
    drawn = spread(canvas, rng, AreaKind.PORES, PORE_PLACES, level=2)[:1]
    areas: list[Area] = []
    for region in (Region.NOSE, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK):
        rows, cols = np.nonzero(canvas.regions == region.label)
        if drawn and len(rows):
            areas.append(
                replace(
                    drawn[0],
                    x=round(float(cols.mean()), 1),
                    y=round(float(rows.mean()), 1),
                    grain_mm=round(grain, 3),
                    radius_mm=18.0,
                    elongation=1.0,
                    seed=int(rng.integers(2**31)),
                )
            )
    return areas


def unusual_marks(canvas: Canvas, rng: np.random.Generator) -> tuple[list[Mark], list[Line]]:
    """Draw what no grader knows: large dark moles, ink, jewels, a scratch."""
    place = weights(canvas, ANY_PLACE) * (canvas.regions > 0)
    x, y = (float(v) for v in pick_points(canvas, rng, place, 1)[0])
    kind = int(rng.integers(3))
    if kind == 0:
        mole = Mark(
            MarkKind.MOLE, x, y, radius_mm=float(rng.uniform(2.5, 6.0)),
            elongation=float(rng.uniform(1, 1.6)), softness=0.2, seed=int(rng.integers(2**31)),
            melanin=float(rng.uniform(0.4, 1.1)), height_mm=float(rng.uniform(0, 0.6)),
        )  # fmt: skip
        return [mole], []
    if kind == 1:
        return [], [_stroke(canvas, rng, (x, y), LineKind.TATTOO) for _ in range(4)]
    jewel = Mark(MarkKind.JEWEL, x, y, radius_mm=float(rng.uniform(1.5, 3.5)),
                 pale=float(rng.choice([-0.5, 0.6])), softness=0.1, gloss=1.5)  # fmt: skip
    return [jewel], []


def _stroke(
    canvas: Canvas, rng: np.random.Generator, at: tuple[float, float], kind: LineKind
) -> Line:
    reach = 12 / canvas.mm_per_px
    ends = np.array(at) + rng.uniform(-reach / 2, reach / 2, (3, 2))
    points = tuple((round(float(x), 2), round(float(y), 2)) for x, y in ends)
    width, strength = float(rng.uniform(0.8, 1.8)), float(rng.uniform(0.4, 0.9))
    return Line(kind, points, width, strength, int(rng.integers(2**31)))
