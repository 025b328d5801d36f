"""Batches of faces with their parts: things drawn over, turned, scaled, lit and coloured anew."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from cutis.core.arrays import RGB, LabelMap
from cutis.core.errors import InputError
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.skin_pack import SkinPack
from cutis.datasets.skin_labels.view import face_box
from cutis.datasets.skin_occluders.canvas import Canvas
from cutis.datasets.skin_occluders.draw import Occlusion, occlude
from cutis.imaging.colour import encode_srgb, rgb_to_linear
from cutis.imaging.filters import components
from cutis.models.instances import PADDING
from cutis.training.batches import Batch

_PAIRED = (FacePart.EYE, FacePart.BROW, FacePart.NOSE_OPENING)
_LEAST_PX = 16
_SMALLEST_SIDE_PX = 3


@dataclass(frozen=True, slots=True)
class FaceJitter:
    """How much faces are varied; standard deviations, but for shares and ranges.

    Attributes:
        mirror: share that is mirrored.
        turn_deg: of the rotation.
        margin: range of what is shown around the face's box, as a share of its longer side.
        shift: of the position, as a share of the side.
        cut: share of faces shown without what is around their box, as a photo's edge does.
        gain: of the logarithm of the brightness, in linear light.
        colour: of the logarithm of each channel, in linear light.
        gamma: of the logarithm of the tone curve's exponent.
        grey: share shown nearly without colour.
        blur_px: greatest standard deviation of the blur.
        noise: greatest standard deviation of the noise, in sRGB 0–1.
        occlusion: what is drawn over them.
    """

    mirror: float = 0.5
    turn_deg: float = 8.0
    margin: tuple[float, float] = (0.0, 0.3)
    shift: float = 0.03
    cut: float = 0.4
    gain: float = 0.35
    colour: float = 0.08
    gamma: float = 0.15
    grey: float = 0.08
    blur_px: float = 1.2
    noise: float = 0.02
    occlusion: Occlusion = field(default_factory=Occlusion)


STILL = FaceJitter(
    mirror=0,
    turn_deg=0,
    margin=(0.06, 0.06),
    shift=0,
    cut=0,
    gain=0,
    colour=0,
    gamma=0,
    grey=0,
    blur_px=0,
    noise=0,
)
"""Nothing but what is drawn over the faces."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face as the network sees it: sRGB 0–1 and `FacePart.label` of each pixel."""

    picture: Float32[np.ndarray, "side side 3"]
    labels: LabelMap


def skin_batch(
    pack: SkinPack, jitter: FaceJitter, *, size: int, side_px: int, seed: int, step: int
) -> Batch:
    """Return batch number ``step`` of the ``train`` faces; equal seeds give equal batches.

    ``labels`` of the batch are label maps ``N side side``. Every face comes once before one comes
    again.

    Raises:
        InputError: there is no face to train on.
    """
    numbers = pack.indices("train")
    if len(numbers) == 0:
        raise InputError("The pack has no faces to train on; label more photos.")
    places = np.arange(step * size, (step + 1) * size)
    faces = []
    for place in places:
        epoch, number = divmod(int(place), len(numbers))
        order = np.random.default_rng((seed, 1, epoch)).permutation(numbers)
        rng = np.random.default_rng((seed, step, int(place)))
        faces.append(face_of(pack, int(order[number]), jitter, side_px=side_px, rng=rng))
    inputs = torch.from_numpy(np.stack([face.picture for face in faces])).permute(0, 3, 1, 2)
    labels = torch.from_numpy(np.stack([face.labels for face in faces]))
    return Batch(inputs, labels, torch.zeros(size, 1, 1, dtype=torch.uint8), torch.ones(size))


def face_of(
    pack: SkinPack, index: int, jitter: FaceJitter, *, side_px: int, rng: np.random.Generator
) -> Face:
    """Return a face of a pack, varied."""
    canvas = Canvas(pack.picture(index), pack.label_map(index), pack.landmarks(index), rng)
    occlude(canvas, jitter.occlusion)
    box = face_box(canvas.points).ravel()
    rgb, labels = canvas.rgb, canvas.labels
    shown = _shown(labels.shape, box, jitter, rng)
    matrix = _matrix(box, jitter, side_px, rng)
    size = (side_px, side_px)
    method = cv2.INTER_AREA if abs(matrix[0, 0]) < 0.9 else cv2.INTER_LINEAR
    turned = cv2.warpAffine(rgb, matrix, size, flags=method)
    there = cv2.warpAffine(shown, matrix, size, flags=cv2.INTER_NEAREST) > 0
    moved = cv2.warpAffine(labels, matrix, size, flags=cv2.INTER_NEAREST)
    picture = np.where(there[..., None], _lit(turned, jitter, rng), np.float32(PADDING))
    return Face(picture.astype(np.float32), np.where(there, moved, 0).astype(np.uint8))


def instance_targets(labels: LabelMap) -> list[tuple[FacePart, np.ndarray]]:
    """Return the instances of a label map: paired parts piece by piece, others as one."""
    found = []
    for part in FacePart:
        mask = labels == part.label
        if np.count_nonzero(mask) < _LEAST_PX:
            continue
        found += [(part, piece) for piece in (_pieces(mask) if part in _PAIRED else [mask])]
    return found


def detection_targets(labels: Tensor) -> list[dict[str, Tensor]]:
    """Return what torchvision's losses ask for, for label maps ``N H W``."""
    return [_target(one) for one in labels.cpu().numpy()]


def _target(labels: LabelMap) -> dict[str, Tensor]:
    found = instance_targets(labels)
    boxes = [_bounds(mask) for _, mask in found]
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([part.label for part, _ in found], dtype=torch.int64),
        "masks": torch.from_numpy(
            np.array([mask for _, mask in found], np.uint8).reshape(-1, *labels.shape)
        ),
    }


def _pieces(mask: np.ndarray) -> list[np.ndarray]:
    """Return the two largest pieces that are not specks."""
    pieces, stats = components(mask)
    order = 1 + np.argsort(-stats[1:, 4])[:2]
    return [pieces == number for number in order if stats[number, 4] >= _LEAST_PX]


def _bounds(mask: np.ndarray) -> tuple[float, float, float, float]:
    x, y, width, height = cv2.boundingRect(mask.astype(np.uint8))
    return x, y, x + max(width, _SMALLEST_SIDE_PX), y + max(height, _SMALLEST_SIDE_PX)


def _shown(
    shape: tuple[int, int],
    box: Float32[np.ndarray, "4"],
    jitter: FaceJitter,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return where the picture is shown: all of it, or the face's box with a little around."""
    shown = np.ones(shape, np.uint8)
    if rng.random() >= jitter.cut:
        return shown
    side = max(box[2] - box[0], box[3] - box[1])
    around = np.round(side * rng.uniform(0.02, 0.12, 4)).astype(int)
    x0, y0 = (max(0, int(box[i]) - around[i]) for i in (0, 1))
    x1, y1 = int(box[2]) + around[2], int(box[3]) + around[3]
    inside = np.zeros_like(shown)
    inside[y0:y1, x0:x1] = 1
    return inside


def _matrix(
    box: Float32[np.ndarray, "4"], jitter: FaceJitter, side_px: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the similarity that brings the face's box into the input."""
    side = float(max(box[2] - box[0], box[3] - box[1])) * (1 + 2 * rng.uniform(*jitter.margin))
    scale, turn = side_px / side, np.radians(rng.normal(0, jitter.turn_deg))
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    flip = -1.0 if rng.random() < jitter.mirror else 1.0
    linear = np.array([[cos * flip, -sin], [sin * flip, cos]])
    middle = np.array([box[0] + box[2], box[1] + box[3]]) / 2
    middle = middle + rng.normal(0, jitter.shift, 2) * side
    offset = np.array([side_px / 2, side_px / 2]) - linear @ middle
    return np.hstack([linear, offset[:, None]])


def _lit(
    rgb: RGB, jitter: FaceJitter, rng: np.random.Generator
) -> Float32[np.ndarray, "side side 3"]:
    """Return the picture in other light, tone curve and sharpness, 0–1."""
    log_gain = rng.normal(0, jitter.gain) + rng.normal(0, jitter.colour, 3)
    exponent = float(np.exp(rng.normal(0, jitter.gamma)))
    linear = rgb_to_linear(rgb)
    if jitter.gamma:
        linear = cv2.pow(np.maximum(linear, 1e-4), exponent)
    encoded = encode_srgb(np.clip(linear * np.exp(log_gain).astype(np.float32), 0, 1))
    encoded = np.asarray(encoded, np.float32)
    if rng.random() < jitter.grey:
        grey = encoded.mean(axis=2, keepdims=True)
        encoded = grey + (encoded - grey) * np.float32(rng.uniform(0, 0.4))
    blur_px = rng.uniform(0, jitter.blur_px)
    if blur_px > 0.4:
        encoded = cv2.GaussianBlur(encoded, (0, 0), blur_px)
    noise = rng.uniform(0, jitter.noise)
    if noise > 0.003:
        encoded = encoded + rng.standard_normal(encoded.shape, dtype=np.float32) * np.float32(noise)
    return np.asarray(np.clip(encoded, 0, 1), np.float32)
