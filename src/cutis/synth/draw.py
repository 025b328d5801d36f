"""Draws a scene: which view of a face, what is wrong with its skin, what only looks so, the camera.

Everything is sampled here and nowhere else; rendering takes what was drawn. Numbers follow what
photographs of real skin show: most lesions are faint, irregular and small, few are strong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cutis.datasets.faces import PreparedFace
from cutis.synth.draw_areas import draw_areas, draw_patch
from cutis.synth.draw_lines import draw_lines
from cutis.synth.draw_marks import draw_marks
from cutis.synth.parameters import Camera, Line, SceneParameters, Style, Surface, View
from cutis.synth.view import look

SEVERITIES = ("none", "mild", "moderate", "severe")
_SEVERITY_SHARE = (0.2, 0.35, 0.28, 0.17)
_FINE = (0.2, 0.36)
_COARSE = (0.5, 0.78)
_SIDE_OF_COARSE_PX = 256
_MOST_ENLARGED = 2.2


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw: a severity by name, or any; the picture's side; the share of near views."""

    severity: str | None = None
    size_px: int = 256
    fine_share: float = 0.72


def draw(
    face: PreparedFace, seed: int, style: Style = Style.FIELD, plan: Plan | None = None
) -> SceneParameters:
    """Draw a scene for a face; the same seed draws the same."""
    plan = plan or Plan()
    rng = np.random.default_rng(seed)
    severity = plan.severity or str(rng.choice(SEVERITIES, p=_SEVERITY_SHARE))
    view = _view(face, rng, style, plan)
    canvas = look(face, view)
    if style is Style.PATCHES:
        name, areas, marks = draw_patch(canvas, rng)
        lines: tuple[Line, ...] = ()
        severity = name
    else:
        level = SEVERITIES.index(severity)
        areas = draw_areas(canvas, rng, level)
        marks = draw_marks(canvas, rng, level)
        lines = draw_lines(canvas, rng, level)
    return SceneParameters(
        seed=seed,
        style=style,
        source=face.source,
        view=view,
        severity=severity,
        marks=marks,
        areas=areas,
        lines=lines,
        surface=_surface(rng, face, view),
        camera=_camera(rng, view),
    )


def draw_capture(
    face: PreparedFace, view: View, rng: np.random.Generator
) -> tuple[Surface, Camera]:
    """Draw how the skin shines and what the camera does."""
    return _surface(rng, face, view), _camera(rng, view)


def _view(face: PreparedFace, rng: np.random.Generator, style: Style, plan: Plan) -> View:
    finest = max(_FINE[0], face.mm_per_px / _MOST_ENLARGED)
    fine = style is Style.FIELD and finest < _FINE[1] and rng.random() < plan.fine_share
    # a patch is seen on the whole face, whatever the picture's side
    wider = _SIDE_OF_COARSE_PX / plan.size_px if style is Style.PATCHES else 1.0
    coarse = (max(wider * _COARSE[0], finest), wider * _COARSE[1])
    low, high = (finest, _FINE[1]) if fine else coarse
    mm_per_px = float(np.exp(rng.uniform(np.log(low), np.log(max(low * 1.01, high)))))
    x, y = _centre(face, rng, spread=1.0 if fine else 0.25)
    return View(
        centre=(round(x, 1), round(y, 1)),
        mm_per_px=round(mm_per_px, 4),
        size_px=plan.size_px,
        rotation_deg=round(float(rng.normal(0, 12)), 1),
        aspect=round(float(np.exp(rng.normal(0, 0.1))), 3),
        mirror=bool(rng.random() < 0.5),
    )


def _centre(face: PreparedFace, rng: np.random.Generator, *, spread: float) -> tuple[float, float]:
    """Return a point of the skin; ``spread`` pulls it towards the middle of the face."""
    rows, cols = np.nonzero(face.skin[::4, ::4])
    if len(rows) == 0:
        return face.rgb.shape[1] / 2, face.rgb.shape[0] / 2
    pick = int(rng.integers(len(rows)))
    x, y = 4.0 * cols[pick], 4.0 * rows[pick]
    middle = 4 * cols.mean(), 4 * rows.mean()
    return (
        float(middle[0] + spread * (x - middle[0])),
        float(middle[1] + spread * (y - middle[1])),
    )


def _surface(rng: np.random.Generator, face: PreparedFace, view: View) -> Surface:
    """Give an enlarged face the fine relief that its photo has lost."""
    enlarged = face.mm_per_px / view.mm_per_px
    grain = abs(rng.normal(0, 0.02)) + (0.015 if enlarged > 1.3 else 0.0)
    return Surface(
        grain=round(float(grain), 4),
        grain_mm=round(float(rng.uniform(0.4, 1.1)), 3),
        veil=round(float(rng.uniform(0.0, 0.05)), 4),
        light_gain=round(float(rng.uniform(0.3, 1.1)), 3),
        flash=round(float(rng.uniform(0.0, 0.8)), 3),
        oil=round(float(rng.uniform(0.05, 0.9)), 3) if rng.random() < 0.65 else 0.0,
        mirror_slope=(round(float(rng.normal(0, 0.2)), 3), round(float(rng.normal(0.15, 0.2)), 3)),
        mirror_width=round(float(rng.uniform(0.06, 0.2)), 3),
        seed=int(rng.integers(2**31)),
    )


def _camera(rng: np.random.Generator, view: View) -> Camera:
    warm = rng.normal(0, 0.06)
    white = np.exp([warm, rng.normal(0, 0.015), -warm + rng.normal(0, 0.03)])
    again = rng.random() < 0.35
    fine = view.mm_per_px < 0.45
    return Camera(
        white_balance=(float(round(white[0], 4)), float(round(white[1], 4)),
                       float(round(white[2], 4))),
        exposure=round(float(np.exp(rng.normal(-0.03, 0.18))), 4),
        saturation=round(float(np.exp(rng.normal(0.02, 0.14))), 4),
        contrast=round(float(np.exp(rng.normal(0, 0.12))), 4),
        blur_px=round(float(max(0.0, rng.normal(0.35, 0.45))), 3),
        resize=round(float(rng.uniform(0.5, 0.95)), 3) if fine and rng.random() < 0.7 else 1.0,
        noise=round(float(abs(rng.normal(0, 0.012))), 4),
        sharpen=round(float(rng.uniform(0.1, 0.8)), 3) if rng.random() < 0.3 else 0.0,
        jpeg=tuple(int(q) for q in rng.integers(55, 97, 2 if again else 1)),
        seed=int(rng.integers(2**31)),
    )  # fmt: skip
