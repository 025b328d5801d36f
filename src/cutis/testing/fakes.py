"""Stand-ins that implement the ports with drawn answers: fast, exact, and the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, Points3
from cutis.core.assessment import ModelUse
from cutis.core.attribution import Attribution, AttributionMethod, AttributionTarget
from cutis.core.enhancement import Enlarged
from cutis.core.face import Detection, FaceCrop, FaceSquare, Trace
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.vocabulary import Condition
from cutis.testing.drawing import EYE_LINE_MM, INTER_EYE_MM, WIDTH_MM

MESH_POINTS = 468
_RIGHT_PUPIL, _LEFT_PUPIL = 468, 473


@cache
def average_face() -> Points3:
    """Return 478 ``(x, y, z)`` of a symmetric average face in millimetres, y up, z to the camera.

    The origin lies between the pupils, x grows towards the subject's left. The points were traced
    on the drawn faces of `cutis.testing.draw_face` in three tones and made mirror symmetric.
    """
    rows = Path(__file__).with_name("average_face.csv").read_text("utf-8").splitlines()[1:]
    points = np.array([[float(v) for v in row.split(",")] for row in rows], dtype=np.float32)
    points.flags.writeable = False
    return points


@dataclass(frozen=True, slots=True)
class FakeFace:
    """Where a stand-in face lies: the point between its pupils, their distance, and its lean.

    ``roll_deg`` is positive when the head leans towards the subject's left shoulder, which turns
    the face clockwise in the picture.
    """

    centre: tuple[float, float]
    inter_eye_px: float
    roll_deg: float = 0.0

    def points(self) -> Points3:
        """Return the 478 points in picture pixels, z growing away from the camera."""
        scale = self.inter_eye_px / INTER_EYE_MM
        x, y, z = (average_face() * np.array([1, -1, -1]) * scale).T
        turn = np.radians(self.roll_deg)
        turned_x = x * np.cos(turn) - y * np.sin(turn) + self.centre[0]
        turned_y = x * np.sin(turn) + y * np.cos(turn) + self.centre[1]
        return np.stack([turned_x, turned_y, z], axis=1).astype(np.float32)


def drawn_face(px_per_mm: float = 4.0) -> FakeFace:
    """Return where `cutis.testing.draw_face` puts its face at ``px_per_mm``."""
    centre = (WIDTH_MM / 2 * px_per_mm, EYE_LINE_MM * px_per_mm)
    return FakeFace(centre, INTER_EYE_MM * px_per_mm)


@dataclass(frozen=True, slots=True)
class FakeLandmarker:
    """A landmarker that knows where the faces are; by default the one of the drawn photo.

    A face narrower than ``smallest_share`` of the picture's longer side is missed, as by a real
    detector; a square that holds no face is traced with the presence 0.
    """

    faces: tuple[FakeFace, ...] = field(default_factory=lambda: (drawn_face(),))
    blendshapes: Mapping[str, float] = field(default_factory=dict)
    smallest_share: float = 0.0

    @property
    def canonical(self) -> Points3:
        """The 468 mesh points of the average face in millimetres, y up, z towards the camera."""
        return average_face()[:MESH_POINTS]

    def detect(self, rgb: RGB) -> Sequence[Detection]:
        """Return the faces whose eyes lie inside the picture, the largest first."""
        found = [_detection(face) for face in self.faces if _inside(face, rgb)]
        longest = max(rgb.shape[:2])
        wide = [d for d in found if d.box[2] - d.box[0] >= self.smallest_share * longest]
        return sorted(wide, key=lambda d: d.box[0] - d.box[2])

    def trace(self, rgb: RGB, square: FaceSquare, *, mirror: bool = False) -> Trace:  # noqa: ARG002
        """Return the points of the face nearest to the square; presence 0 if none is in it."""
        points = [face.points() for face in self.faces]
        if not points:
            return Trace(np.zeros((len(average_face()), 3), np.float32), presence=0.0)
        centres = np.array([(p[:, :2].min(axis=0) + p[:, :2].max(axis=0)) / 2 for p in points])
        distance = np.abs(centres - np.asarray(square.centre)).max(axis=1)
        nearest = int(distance.argmin())
        chosen = points[nearest][_mirror_order()] if mirror else points[nearest]
        return Trace(chosen, presence=float(distance[nearest] < square.side_px / 2))

    def express(self, points: Points3) -> Mapping[str, float]:  # noqa: ARG002
        """Return the expression signs given at the making."""
        return self.blendshapes

    def uses(self) -> Sequence[ModelUse]:
        """Tell that a stand-in took part."""
        return (ModelUse("stand_in_landmarker", "1", "0" * 64, "none", "exact"),)


@dataclass(frozen=True, slots=True)
class FakeSkinSegmenter:
    """Takes the face oval without lips, eyes, brows and nostrils for skin."""

    confidence: float = 1.0

    def segment(self, crop: FaceCrop) -> SkinMask:
        """Return the oval less what is excluded; no shadow, no glare."""
        none = np.zeros(crop.shape, dtype=bool)
        return SkinMask(crop.oval & ~crop.excluded, none, none, "stand_in", self.confidence)

    def uses(self) -> Sequence[ModelUse]:
        """Tell that no model took part."""
        return ()


@dataclass(frozen=True, slots=True)
class FakeConditionSegmenter:
    """Gives each condition one probability on all measurable skin."""

    probabilities: Mapping[Condition, float] = field(
        default_factory=lambda: {Condition.ACNE: 0.1, Condition.REDNESS: 0.3}
    )

    @property
    def conditions(self) -> frozenset[Condition]:
        """The conditions given at the making."""
        return frozenset(self.probabilities)

    def segment(self, crop: FaceCrop, skin: SkinMask) -> Mapping[Condition, ConditionMap]:
        """Return an even map per condition, 0 where nothing can be measured."""
        looked_at = skin.measurable & crop.oval
        return {
            condition: ConditionMap(condition, _even(looked_at, value), looked_at, "stand_in")
            for condition, value in self.probabilities.items()
        }

    def uses(self) -> Sequence[ModelUse]:
        """Tell that no model took part."""
        return ()


@dataclass(frozen=True, slots=True)
class FakeUpscaler:
    """Repeats every pixel, and adds an offset from column ``false_from`` of each picture on."""

    scale: int = 4
    texture: float = 0.0
    offset: float = 0.0
    false_from: int = 0

    def enlarge(self, rgb: RGB) -> Enlarged:
        """Return the picture with every pixel repeated."""
        large = np.repeat(np.repeat(rgb, self.scale, 0), self.scale, 1).astype(np.float32)
        large[:, self.false_from * self.scale :, 0] += np.float32(self.offset)
        return large

    def uses(self) -> Sequence[ModelUse]:
        """Tell that a stand-in took part."""
        return (ModelUse("stand_in_upscaler", "1", "0" * 64, "none", "exact"),)


@dataclass(frozen=True, slots=True)
class FakeAttributor:
    """Says that every pixel of the target made the amount, and no other."""

    method: AttributionMethod = AttributionMethod.OCCLUSION

    def attribute(
        self,
        crop: FaceCrop,  # noqa: ARG002
        skin: SkinMask,  # noqa: ARG002
        target: AttributionTarget,
    ) -> Attribution:
        """Return 1 on the target, 0 elsewhere; the amount is the target's pixels."""
        values = target.where.astype(np.float32)
        return Attribution(target, self.method, values, float(values.sum()), "nothing", 0.0)


def _even(where: np.ndarray, value: float) -> Float32[np.ndarray, "h w"]:
    return np.where(where, np.float32(value), np.float32(0)).astype(np.float32)


def _inside(face: FakeFace, rgb: RGB) -> bool:
    height, width = rgb.shape[:2]
    pupils = face.points()[[_RIGHT_PUPIL, _LEFT_PUPIL], :2]
    return bool(((pupils >= 0) & (pupils < (width, height))).all())


def _detection(face: FakeFace) -> Detection:
    points = face.points()
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    right, left = points[_RIGHT_PUPIL], points[_LEFT_PUPIL]
    eyes = (float(right[0]), float(right[1])), (float(left[0]), float(left[1]))
    box = float(low[0]), float(low[1]), float(high[0]), float(high[1])
    return Detection(box, eyes, confidence=0.99)


@cache
def _mirror_order() -> np.ndarray:
    """Return for each point the index of its mirror image."""
    points = average_face()
    flipped = points * np.array([-1, 1, 1], np.float32)
    return np.asarray(np.linalg.norm(points[:, None] - flipped[None], axis=2).argmin(axis=0))
