"""Google's Face Landmarker bundle behind the `Landmarker` port, run by OpenVINO.

The bundle is a zip of three TFLite networks and a canonical mesh:

* detector: BlazeFace short range, 128 × 128 × 3 in [-1, 1] → 896 boxes with 6 keypoints;
* landmarks: 256 × 256 × 3 in [0, 1] → 478 points in input pixels and a presence logit;
* blendshapes: 146 of the points in pixels → 52 expression signs.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from cutis.core.arrays import RGB, Points3
from cutis.core.assessment import ModelUse
from cutis.core.errors import ModelError
from cutis.core.face import Detection, FaceSquare, Trace
from cutis.models.face_landmarker_layout import (
    BLENDSHAPE_NAMES,
    BLENDSHAPE_POINTS,
    canonical_points,
    detector_anchors,
)
from cutis.models.runtime import Runtime

DETECTOR_SIDE = 128
TRACE_SIDE = 256
SPACING_PX = 1.5
"""Largest distance of sampling points in photo pixels; each takes in two by two pixels."""
MOST_DENSE = 4
"""Most sampling points per network pixel and axis, which is enough for noise to cancel."""
MIN_CONFIDENCE = 0.5
MIN_OVERLAP = 0.3


class FaceLandmarkerBundle:
    """The three networks of the bundle; safe to call from one thread at a time."""

    def __init__(self, path: Path, sha256: str, runtime: Runtime) -> None:
        try:
            with zipfile.ZipFile(path) as bundle:
                parts = {name: bundle.read(name) for name in bundle.namelist()}
            self._canonical = canonical_points(
                parts["geometry_pipeline_metadata_landmarks.binarypb"]
            )
            detector, tracer = (
                parts["face_detector.tflite"],
                parts["face_landmarks_detector.tflite"],
            )
            self._expresser_weights = parts["face_blendshapes.tflite"]
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise ModelError(
                "The face bundle is not the one expected. Run 'cutis models pull' to fetch it anew."
            ) from error
        self._runtime = runtime
        self._sha256 = sha256
        self._anchors = detector_anchors()
        self._detector = runtime.compile(detector, "face detector")
        self._tracer = runtime.compile(tracer, "face landmarks")
        self._expresser: Any = None

    @property
    def canonical(self) -> Points3:
        """The 468 mesh points of an average face in millimetres, y up, z towards the camera."""
        return self._canonical

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the bundle, and how it ran."""
        precision = self._runtime.options.precision
        return (ModelUse("face_landmarker", "1", self._sha256, self._runtime.name, precision),)

    def detect(self, rgb: RGB) -> Sequence[Detection]:
        """Find the faces that fill at least about a sixth of the picture's longer side.

        The picture is looked at as it is and mirrored, so that both find the same faces.
        """
        square, ratio, offset = _letterbox(rgb, DETECTOR_SIDE)
        plain, mirrored = self._propose(square), self._propose(square[:, ::-1])
        rows = np.vstack([plain[0], _mirror_rows(mirrored[0])])
        placed = (rows * DETECTOR_SIDE - np.tile(offset, 8)) / np.tile(ratio, 8)
        return _merge(placed, np.concatenate([plain[1], mirrored[1]]))

    def _propose(self, square: Float32[np.ndarray, "s s 3"]) -> tuple[Any, Any]:
        """Return rows of box and keypoints in shares of the square, and their confidence."""
        result = self._detector(np.ascontiguousarray(square[None]) / np.float32(127.5) - 1)
        boxes, logits = _by_width(result, 16), _by_width(result, 1)
        confidence = 1 / (1 + np.exp(-np.clip(logits[:, 0], -50, 50)))
        keep = confidence >= MIN_CONFIDENCE
        return _decode(boxes[keep], self._anchors[keep]), confidence[keep]

    def trace(self, rgb: RGB, square: FaceSquare, *, mirror: bool = False) -> Trace:
        """Trace the face in ``square``; with ``mirror``, trace its mirror image."""
        to_photo = _square_to_photo(square, mirror=mirror)
        picture = _cut(rgb, square, to_photo)
        result = self._tracer(picture[None].astype(np.float32) / np.float32(255))
        raw = result["Identity"].reshape(478, 3).astype(np.float32)
        logit = float(result["Identity_1"].reshape(-1)[0])
        xy = raw[:, :2] @ to_photo[:, :2].T + to_photo[:, 2]
        z = raw[:, 2:] * (square.side_px / TRACE_SIDE)
        points = np.hstack([xy, z]).astype(np.float32)
        return Trace(points, presence=float(1 / (1 + np.exp(-logit))))

    def express(self, points: Points3) -> Mapping[str, float]:
        """Return 52 expression signs (ARKit names), 0–1."""
        if self._expresser is None:
            self._expresser = self._runtime.compile(self._expresser_weights, "blendshapes")
        chosen = np.ascontiguousarray(points[BLENDSHAPE_POINTS, :2], dtype=np.float32)
        values = self._expresser(chosen[None])[0].reshape(-1)
        return {name: float(v) for name, v in zip(BLENDSHAPE_NAMES, values, strict=True)}


def _letterbox(rgb: RGB, side: int) -> tuple[Float32[np.ndarray, "s s 3"], Any, Any]:
    """Fit the picture into a black square, in its middle.

    Returns the square, its pixels per pixel of the picture ``(x, y)``, and the offset ``(x, y)``.
    """
    import cv2  # noqa: PLC0415

    height, width = rgb.shape[:2]
    scale = side / max(height, width)
    # An even size leaves equal margins, so that a mirrored picture fits in mirrored.
    size = 2 * max(1, round(width * scale / 2)), 2 * max(1, round(height * scale / 2))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (side - size[0]) // 2, (side - size[1]) // 2
    square = np.zeros((side, side, 3), np.float32)
    square[top : top + size[1], left : left + size[0]] = small
    ratio = np.array([size[0] / width, size[1] / height], np.float32)
    return square, ratio, np.array([left, top], np.float32)


def _by_width(result: Any, width: int) -> Float32[np.ndarray, "896 k"]:
    values = next(v for v in result.values() if v.shape[-1] == width)
    return np.asarray(values, np.float32).reshape(-1, width)


def _decode(
    raw: Float32[np.ndarray, "n 16"], anchors: Float32[np.ndarray, "n 2"]
) -> Float32[np.ndarray, "n 16"]:
    """Boxes as x0 y0 x1 y1 and six keypoints, in shares of the square."""
    values = raw / DETECTOR_SIDE
    centre, half = values[:, :2] + anchors, values[:, 2:4] / 2
    keypoints = values[:, 4:] + np.tile(anchors, 6)
    return np.hstack([centre - half, centre + half, keypoints]).astype(np.float32)


def _mirror_rows(rows: Float32[np.ndarray, "n 16"]) -> Float32[np.ndarray, "n 16"]:
    """Return what rows found in the mirrored square mean in the square itself."""
    flipped = rows[:, [2, 1, 0, 3, 6, 7, 4, 5, 8, 9, 10, 11, 14, 15, 12, 13]]
    flipped[:, ::2] = 1 - flipped[:, ::2]
    return flipped


def _merge(rows: Float32[np.ndarray, "n 16"], confidence: Any) -> list[Detection]:
    """Blend overlapping rows by confidence (weighted non-maximum suppression)."""
    faces = []
    order = list(np.argsort(-confidence))
    while order:
        overlap = np.array([_iou(rows[order[0], :4], rows[i, :4]) for i in order])
        together = [i for i, o in zip(order, overlap, strict=True) if o >= MIN_OVERLAP]
        weights = confidence[together] / confidence[together].sum()
        row = (rows[together] * weights[:, None]).sum(axis=0)
        eyes = (float(row[4]), float(row[5])), (float(row[6]), float(row[7]))
        box = float(row[0]), float(row[1]), float(row[2]), float(row[3])
        faces.append(Detection(box, eyes, float(confidence[order[0]])))
        order = [i for i, o in zip(order, overlap, strict=True) if o < MIN_OVERLAP]
    return faces


def _iou(a: Any, b: Any) -> float:
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    union = (a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner
    return float(inner / union) if union > 0 else 0.0


def _square_to_photo(square: FaceSquare, *, mirror: bool) -> Float32[np.ndarray, "2 3"]:
    """Return the 2 × 3 matrix from network input pixels to photo pixels."""
    angle, step = np.radians(square.roll_deg), square.side_px / TRACE_SIDE
    across = np.array([np.cos(angle), np.sin(angle)]) * step
    down = np.array([-np.sin(angle), np.cos(angle)]) * step
    across = -across if mirror else across
    origin = np.array(square.centre) - (across + down) * (TRACE_SIDE / 2)
    return np.column_stack([across, down, origin]).astype(np.float32)


def _cut(
    rgb: RGB, square: FaceSquare, to_photo: Float32[np.ndarray, "2 3"]
) -> UInt8[np.ndarray, "side side 3"]:
    """Sample the square; a large one at several points per pixel, so that little aliases.

    The points move with the square, never with the pixel grid, so that a face moved or mirrored
    a little gives a picture changed a little.
    """
    import cv2  # noqa: PLC0415

    dense = min(math.ceil(square.side_px / (SPACING_PX * TRACE_SIDE)), MOST_DENSE)
    matrix = to_photo.astype(np.float64)
    matrix[:, :2] /= dense
    matrix[:, 2] += matrix[:, :2].sum(axis=1) / 2 - 0.5  # pixel centres lie at one half
    size = (TRACE_SIDE * dense, TRACE_SIDE * dense)
    samples = cv2.warpAffine(rgb, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    picture = cv2.resize(samples, (TRACE_SIDE, TRACE_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)
