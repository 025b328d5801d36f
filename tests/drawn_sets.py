"""Drawn faces and a painter that paints squares, for tests of what is around the renderer."""

from __future__ import annotations

import numpy as np

from cutis.datasets.faces import PreparedFace
from cutis.synth.draw import Plan
from cutis.synth.parameters import Mark, MarkKind, SceneParameters, Style, View
from cutis.synth.render import Rendering

SIDE = 48


def drawn_face(name: str, *, tone: int = 190, seed: int = 0) -> PreparedFace:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(-6, 7, (SIDE, SIDE, 3)) + np.array([tone, tone - 40, tone - 60])
    skin = np.zeros((SIDE, SIDE), bool)
    skin[4:-4, 4:-4] = True
    return PreparedFace(
        rgb=np.clip(rgb, 0, 255).astype(np.uint8),
        skin=skin,
        regions=skin.astype(np.uint8),
        excluded=~skin,
        creases=np.zeros_like(skin),
        points=np.zeros((478, 2), np.float32),
        mm_per_px=0.25,
        ita_deg=float(tone - 150),
        yaw_deg=0.0,
        person=name,
        source=name,
    )


def draw_square(face: PreparedFace, seed: int, style: Style, plan: Plan) -> SceneParameters:
    rng = np.random.default_rng(seed)
    mark = Mark(MarkKind.PAPULE, *rng.uniform(12, 36, 2), 1.0, haemoglobin=0.3)
    severity = plan.severity or ("none", "mild", "severe")[int(rng.integers(3))]
    view = View((SIDE / 2, SIDE / 2), 0.25, size_px=SIDE, mirror=bool(rng.integers(2)))
    return SceneParameters(seed, style, face.source, view, severity, marks=(mark,))


def paint_square(face: PreparedFace, parameters: SceneParameters) -> Rendering:
    mark = parameters.marks[0]
    x, y = int(mark.x), int(mark.y)
    box = (x - 3, y - 3, x + 4, y + 4)
    image, labels = face.rgb.copy(), np.zeros((SIDE, SIDE), np.uint8)
    image[box[1] : box[3], box[0] : box[2]] //= 2
    labels[box[1] : box[3], box[0] : box[2]] = 1
    nothing = np.zeros_like(labels)
    baseline = np.array([0.2, 0.4, 0.5], np.float32)
    return Rendering(image, face.rgb, labels, nothing, baseline, ((mark.kind.value, box),))


def accept(
    face: PreparedFace, parameters: SceneParameters, rendering: Rendering
) -> tuple[str, ...]:
    return ()
