"""Every face in the photo: 478 landmarks, head pose, expression, metric scale.

A face is looked for in the whole photo, then in overlapping tiles, then in the photo turned
by quarters and eighths; each find is traced twice, as it is and mirrored, until it rests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int, UInt8

from cutis.core.arrays import RGB, Points3
from cutis.core.capture import Photo
from cutis.core.errors import InputError
from cutis.core.face import Detection, FaceSquare, Landmarks, Pose, Scale
from cutis.core.ports import Landmarker
from cutis.imaging.filters import reduce_picture
from cutis.imaging.geometry import fit_rotation, mirror_order, rotation_to_angles

RIGHT_EYE_OUTER, LEFT_EYE_OUTER = 33, 263
RIGHT_IRIS, LEFT_IRIS = slice(468, 473), slice(473, 478)
EYE_CORNERS = (33, 133, 263, 362)
MESH = slice(0, 468)
_IRIS_MIRROR = np.array([473, 476, 475, 474, 477, 468, 471, 470, 469, 472])


@dataclass(frozen=True, slots=True)
class LandmarkLimits:
    """How faces are looked for.

    ``search_px`` is the longer side of the reduced photo in which faces are searched.
    ``min_presence`` is the probability below which a traced face is dropped.
    ``trace_px`` is the side to which a larger square is reduced before it is traced.
    ``square_per_box`` is how much larger than the face box the traced square is.
    A face and its mirror image must be traced alike to ``max_disagreement`` of the square's side on
    average; up to ``sure_disagreement`` the trace is sure, beyond it the face may lie on its side,
    so it is traced turned by quarters too. A face turned by more than ``upright_deg`` must be sure.
    ``iris_mm`` is the horizontal visible iris diameter and its population deviation
    (11.71 ± 0.42 mm, Rüfer 2005, doi:10.1097/01.ico.0000148312.01805.53);
    ``pupils_mm`` the distance of the pupils (63.36 ± 3.83 mm, Dodgson 2004,
    doi:10.1117/12.529999).
    """

    search_px: int = 512
    min_presence: float = 0.5
    square_per_box: float = 1.5
    rounds: int = 3
    trace_px: float = 512.0
    sure_presence: float = 0.9
    sure_disagreement: float = 0.015
    max_disagreement: float = 0.05
    upright_deg: float = 60.0
    max_faces: int = 20
    same_face_overlap: float = 0.4
    one_eye_yaw_deg: float = 20.0
    iris_mm: tuple[float, float] = (11.71, 0.42)
    pupils_mm: tuple[float, float] = (63.36, 3.83)


def find_faces(
    photo: Photo, landmarker: Landmarker, limits: LandmarkLimits | None = None
) -> tuple[Landmarks, ...]:
    """Return every face of the photo, the largest first; empty if there is none.

    Raises InputError if the landmarker's canonical face is not mirror symmetric.
    """
    limits = limits or LandmarkLimits()
    order = full_mirror_order(landmarker.canonical)
    faces: list[Landmarks] = []
    for found in _search(photo.rgb, landmarker, limits):
        for detection in found:
            if len(faces) < limits.max_faces and not _known(detection, faces):
                face = _trace(
                    photo.rgb, detection, landmarker, order=order, limits=limits, first=not faces
                )
                if face is not None and not _seen(face, faces, limits):
                    faces.append(face)
        if faces:
            break
    return tuple(sorted(faces, key=lambda f: -(f.box[2] - f.box[0]) * (f.box[3] - f.box[1])))


def full_mirror_order(canonical: Points3) -> Int[np.ndarray, "478"]:
    """Return for each of 478 points the index of its mirror image, irises included."""
    return _order_of(np.ascontiguousarray(canonical, np.float32).tobytes())


@lru_cache(maxsize=4)
def _order_of(canonical: bytes) -> Int[np.ndarray, "478"]:
    """Find the order once for each canonical face, since every photo asks for it."""
    points = np.frombuffer(canonical, np.float32).reshape(-1, 3)
    try:
        return np.concatenate([mirror_order(points), _IRIS_MIRROR])
    except ValueError as error:
        raise InputError("The landmarker's canonical face must be mirror symmetric.") from error


def _search(
    rgb: RGB, landmarker: Landmarker, limits: LandmarkLimits
) -> Iterator[Sequence[Detection]]:
    """Yield candidates, from the usual to the desperate; the caller stops when it has enough."""
    scale = min(1.0, limits.search_px / max(rgb.shape[:2]))
    size = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    small = reduce_picture(rgb, size)
    back = rgb.shape[1] / size[0], rgb.shape[0] / size[1]
    yield _scaled([*landmarker.detect(small), *_detect_tiles(small, 2, landmarker)], back)
    yield _scaled(_detect_tiles(small, 4, landmarker), back)
    # A turn and its mirror image go together, so that a mirrored photo gives the same faces.
    for turns_deg in ((90.0, -90.0), (45.0, -45.0), (180.0,)):
        found = [d for turn in turns_deg for d in _detect_turned(small, turn, landmarker)]
        yield _scaled(sorted(found, key=lambda d: -d.confidence), back)


def _detect_tiles(rgb: RGB, parts: int, landmarker: Landmarker) -> list[Detection]:
    """Detect in square tiles of one ``parts``-th of the longer side, half overlapping."""
    height, width = rgb.shape[:2]
    side = max(1, -(-max(height, width) // parts))
    found = []
    for top, bottom in _spans(height, side):
        for left, right in _spans(width, side):
            tile = np.ascontiguousarray(rgb[top:bottom, left:right])
            found += [_moved(d, left, top) for d in landmarker.detect(tile)]
    return sorted(found, key=lambda d: -d.confidence)


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    """Starts and ends of half-overlapping windows; the same ones seen from either end."""
    if length <= side:
        return [(0, length)]
    side += (length - side) % 2
    count = -(-(length - side) * 2 // side) + 1
    starts = [i * (length - side) // (count - 1) for i in range(count // 2)]
    ends = [(length - side - start, length - start) for start in reversed(starts)]
    middle = [((length - side) // 2, (length + side) // 2)] if count % 2 else []
    return sorted({*((start, start + side) for start in starts), *middle, *ends})


def _detect_turned(rgb: RGB, turn_deg: float, landmarker: Landmarker) -> list[Detection]:
    """Detect in the picture turned about its centre, and turn the finds back."""
    import cv2  # noqa: PLC0415

    height, width = rgb.shape[:2]
    side = int(np.ceil(np.hypot(height, width))) if turn_deg % 90 else max(height, width)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn_deg, 1.0)
    matrix[:, 2] += (side - width) / 2, (side - height) / 2
    turned = np.asarray(cv2.warpAffine(rgb, matrix, (side, side)), np.uint8)
    back = cv2.invertAffineTransform(matrix)
    finds = [*landmarker.detect(turned), *_detect_tiles(turned, 2, landmarker)]
    return [_turned_back(d, back) for d in finds]


def _turned_back(found: Detection, back: np.ndarray) -> Detection:
    eyes = np.array(found.eyes) @ back[:, :2].T + back[:, 2]
    x0, y0, x1, y1 = found.box
    centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2]) @ back[:, :2].T + back[:, 2]
    half = max(x1 - x0, y1 - y0) / 2
    box = (*(float(c - half) for c in centre), *(float(c + half) for c in centre))
    right, left = ((float(x), float(y)) for x, y in eyes)
    return Detection((box[0], box[1], box[2], box[3]), (right, left), found.confidence)


def _moved(found: Detection, dx: float, dy: float) -> Detection:
    x0, y0, x1, y1 = found.box
    right, left = ((x + dx, y + dy) for x, y in found.eyes)
    return Detection((x0 + dx, y0 + dy, x1 + dx, y1 + dy), (right, left), found.confidence)


def _scaled(found: Sequence[Detection], by: tuple[float, float]) -> list[Detection]:
    rows = []
    for detection in found:
        x0, y0, x1, y1 = detection.box
        right, left = ((x * by[0], y * by[1]) for x, y in detection.eyes)
        box = (x0 * by[0], y0 * by[1], x1 * by[0], y1 * by[1])
        rows.append(replace(detection, box=box, eyes=(right, left)))
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """Where tracing came to rest: points, presence 0–1, and how much the mirror image disagrees."""

    points: Points3
    presence: float
    disagreement: float

    def sure(self, limits: LandmarkLimits) -> bool:
        """Tell whether this is surely a face, and the right way up."""
        return (
            self.presence >= limits.sure_presence and self.disagreement <= limits.sure_disagreement
        )


def _trace(
    rgb: RGB,
    detection: Detection,
    landmarker: Landmarker,
    *,
    order: Int[np.ndarray, "478"],
    limits: LandmarkLimits,
    first: bool,
) -> Landmarks | None:
    """Trace a detected face; if it is the ``first`` and doubtful, turned by quarters too."""
    square = _square_of_detection(detection, limits)
    near, low, scale = _reduced(rgb, square, limits.trace_px)
    centre = _point((square.centre - low) * scale)
    square = FaceSquare(centre, square.side_px * float(scale.mean()), square.roll_deg)
    best = _settle(near, square, landmarker, order=order, limits=limits)
    if first and (best is None or not best.sure(limits)):
        squares = [replace(square, roll_deg=square.roll_deg + turn) for turn in (90, -90, 180)]
        turned = [_settle(near, s, landmarker, order=order, limits=limits) for s in squares]
        sure = [rest for rest in turned if rest is not None and rest.sure(limits)]
        best = min(sure, key=lambda rest: rest.disagreement, default=best)
    if best is None or best.disagreement > limits.max_disagreement:
        return None
    lying = abs(_square_of_points(best.points, limits).roll_deg) > limits.upright_deg
    if lying and not best.sure(limits):
        return None
    points = best.points / np.array([*scale, scale.mean()]) + np.array([*low, 0.0])
    return describe_face(points.astype(np.float32), best.presence, landmarker, limits)


def _settle(
    rgb: RGB,
    square: FaceSquare,
    landmarker: Landmarker,
    *,
    order: Int[np.ndarray, "478"],
    limits: LandmarkLimits,
) -> _Rest | None:
    """Trace a face and its mirror image, re-centring on the mean of both, until it rests."""
    rest = None
    for _ in range(limits.rounds):
        plain = landmarker.trace(rgb, square)
        mirrored = landmarker.trace(rgb, square, mirror=True)
        presence = (plain.presence + mirrored.presence) / 2
        if presence < limits.min_presence:
            return None
        apart = np.linalg.norm((plain.points - mirrored.points[order])[:, :2], axis=1).mean()
        points = (plain.points + mirrored.points[order]) / 2
        rest = _Rest(points, presence, float(apart) / square.side_px)
        square = _square_of_points(points, limits)
    return rest


def _reduced(
    rgb: RGB, square: FaceSquare, trace_px: float
) -> tuple[UInt8[np.ndarray, "rows cols 3"], Float[np.ndarray, "2"], Float[np.ndarray, "2"]]:
    """Cut the surroundings of a large face and reduce them, so that each tracing is quick.

    Returns the picture, its upper left corner in the photo, and its pixels per photo pixel
    across and down.
    """
    scale = trace_px / square.side_px
    if scale > 0.75:
        return rgb, np.zeros(2), np.ones(2)
    height, width = rgb.shape[:2]
    centre, reach = np.array(square.centre), square.side_px
    x0, y0 = (int(v) for v in np.maximum(np.floor(centre - reach), 0))
    x1, y1 = (int(v) for v in np.minimum(np.ceil(centre + reach), (width, height)))
    x1, y1 = x1 - (x1 - x0) % 2, y1 - (y1 - y0) % 2  # even sides are reduced faster
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    near = reduce_picture(rgb[y0:y1, x0:x1], size)
    by = np.array(size) / (x1 - x0, y1 - y0)
    return np.asarray(near, np.uint8), np.array([x0, y0], np.float64), by


def _point(xy: Float[np.ndarray, "2"]) -> tuple[float, float]:
    return float(xy[0]), float(xy[1])


def _square_of_detection(found: Detection, limits: LandmarkLimits) -> FaceSquare:
    x0, y0, x1, y1 = found.box
    (rx, ry), (lx, ly) = found.eyes
    roll = float(np.degrees(np.arctan2(ly - ry, lx - rx)))
    side = max(x1 - x0, y1 - y0) * limits.square_per_box
    return FaceSquare(((x0 + x1) / 2, (y0 + y1) / 2), side, roll)


def _square_of_points(points: Points3, limits: LandmarkLimits) -> FaceSquare:
    """Return the square around the traced points in the face's own upright frame."""
    dx, dy = points[LEFT_EYE_OUTER, :2] - points[RIGHT_EYE_OUTER, :2]
    angle = float(np.arctan2(dy, dx))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    upright = points[:, :2] @ turn
    low, high = upright.min(axis=0), upright.max(axis=0)
    centre = turn @ ((low + high) / 2)
    side = float((high - low).max()) * limits.square_per_box
    return FaceSquare((float(centre[0]), float(centre[1])), side, float(np.degrees(angle)))


def describe_face(
    points3: Points3, presence: float, landmarker: Landmarker, limits: LandmarkLimits
) -> Landmarks:
    """Derive pose, scale, expression and box from 478 traced points."""
    seen = points3[MESH] * np.array([1, -1, -1], np.float32)
    rotation, px_per_mm = fit_rotation(landmarker.canonical, seen)
    yaw, pitch, roll = rotation_to_angles(rotation)
    points = points3[:, :2].astype(np.float32)
    right, left = points[RIGHT_IRIS][0], points[LEFT_IRIS][0]
    inter_eye_px = float(np.linalg.norm(left - right))
    average_mm = float(
        np.ptp(landmarker.canonical[list(EYE_CORNERS), 0].reshape(2, 2).mean(axis=1))
    )
    face_mm_per_px = limits.pupils_mm[0] / average_mm / max(px_per_mm, 1e-6)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Landmarks(
        points=points,
        points3=points3.astype(np.float32),
        box=(float(x0), float(y0), float(x1), float(y1)),
        confidence=presence,
        pose=Pose(yaw, pitch, roll),
        scale=metric_scale(points, face_mm_per_px, yaw, limits),
        inter_eye_px=inter_eye_px,
        blendshapes=dict(landmarker.express(points3)),
    )


def metric_scale(
    points: np.ndarray, face_mm_per_px: float, yaw_deg: float, limits: LandmarkLimits
) -> Scale:
    """Return mm per pixel from the iris and the whole face, weighted by inverse variance.

    The iris counts with its population deviation and half a pixel of reading error on each of
    its two ends; a turned head adds to it, and then only the nearer eye is read.
    ``face_mm_per_px`` comes from the fit of the average face, whose pupil distance is scaled to
    the population mean; it counts with the population deviation of that distance.
    """
    eyes = [points[RIGHT_IRIS], points[LEFT_IRIS]]
    if abs(yaw_deg) > limits.one_eye_yaw_deg:
        eyes = eyes[:1] if yaw_deg > 0 else eyes[1:]
    iris_px = max(float(np.mean([_iris_px(eye) for eye in eyes])), 1e-3)
    turned = abs(float(np.sin(np.radians(yaw_deg))))
    iris_mm, iris_deviation = limits.iris_mm
    iris_error = (
        float(np.hypot(iris_deviation / iris_mm, np.sqrt(0.5) / iris_px)) + 0.15 * turned**2
    )
    face_error = limits.pupils_mm[1] / limits.pupils_mm[0]
    estimates = np.array([iris_mm / iris_px, face_mm_per_px])
    weights = 1 / np.array([iris_error, face_error]) ** 2
    mm_per_px = float((estimates * weights).sum() / weights.sum())
    return Scale(mm_per_px, float(weights.sum() ** -0.5), "iris diameter and face size")


def _iris_px(iris: np.ndarray) -> float:
    """Diameter of an iris: the larger of its two axes, since gaze and turn shorten one."""
    return float(max(np.linalg.norm(iris[1] - iris[3]), np.linalg.norm(iris[2] - iris[4])))


def _known(found: Detection, faces: Sequence[Landmarks]) -> bool:
    """Tell whether the centre between the found eyes lies in a face already traced."""
    (rx, ry), (lx, ly) = found.eyes
    x, y = (rx + lx) / 2, (ry + ly) / 2
    return any(f.box[0] <= x < f.box[2] and f.box[1] <= y < f.box[3] for f in faces)


def _seen(face: Landmarks, faces: Sequence[Landmarks], limits: LandmarkLimits) -> bool:
    return any(_overlap(face.box, f.box) > limits.same_face_overlap for f in faces)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over the smaller of two boxes."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return width * height / smaller if smaller > 0 else 0.0
