"""What a restored picture is compared by: pixels, naturalness, landmarks, skin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image
from prepared import lenient_tools

from cutis.core.arrays import RGB, Mask
from cutis.core.capture import CaptureInfo, Photo
from cutis.core.face import FaceCrop, Landmarks
from cutis.datasets.upscale_patches import PatchSet
from cutis.evaluation.naturalness import Pristine, fit_pristine, niqe
from cutis.evaluation.picture_quality import luma, psnr_db, ssim, without_border
from cutis.imaging.resample import resize_rgb
from cutis.pipeline import examine
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.steps.upscale import enhance, landmarks_in_photo

Restore = Callable[[RGB, tuple[int, int]], RGB]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What Cutis finds in a picture: the landmarks and the skin of the largest face."""

    landmarks: Landmarks
    skin: Mask


def bicubic(small: RGB, shape: tuple[int, int]) -> RGB:
    """Enlarge as MATLAB's imresize does."""
    return resize_rgb(small, shape)


def lanczos(small: RGB, shape: tuple[int, int]) -> RGB:
    """Enlarge by Pillow's Lanczos kernel of three lobes."""
    picture = Image.fromarray(small).resize(shape[::-1], Image.Resampling.LANCZOS)
    return np.asarray(picture)


def drawn_by(upscaler: Any) -> Restore:
    """Enlarge by 4 with the guard of `cutis enhance`, and by bicubic what is left."""

    def restore(small: RGB, shape: tuple[int, int]) -> RGB:
        large = enhance(small, upscaler, 4).rgb
        return large if large.shape[:2] == shape else resize_rgb(large, shape)

    return restore


def pixel_scores(restored: RGB, true: RGB) -> dict[str, float]:
    """Return PSNR and SSIM on Y and on RGB, 4 pixels of border left out."""
    y = [without_border(luma(p)) for p in (restored, true)]
    rgb = [without_border(p) for p in (restored, true)]
    return {
        "psnr_y": psnr_db(*y),
        "ssim_y": ssim(*y),
        "psnr_rgb": psnr_db(*rgb),
        "ssim_rgb": ssim(*rgb),
    }


def naturalness(rgb: RGB, pristine: Pristine) -> dict[str, float]:
    """Return NIQE of a picture that holds two blocks or more."""
    if (rgb.shape[0] // 96) * (rgb.shape[1] // 96) < 2:
        return {}
    return {"niqe": niqe(luma(rgb), pristine)}


def pristine_of(patches: PatchSet, most: int = 500) -> Pristine:
    """Fit the model of NIQE on sharp windows of clean photos."""
    numbers = patches.indices("train")[:most]
    return fit_pristine(luma(patches.images[number][16:112, 16:112]) for number in numbers)


@cache
def tools() -> Any:
    """Return the models, loaded once."""
    return lenient_tools()


def as_photo(rgb: RGB) -> Photo:
    """Return pixels as a photo whose file is of no interest."""
    sides = int(rgb.shape[1]), int(rgb.shape[0])
    return Photo(rgb, CaptureInfo("png", *sides, 8, "sRGB", "0" * 64, rgb.nbytes, lossy=False))


def look(rgb: RGB) -> Seen | None:
    """Find the largest face and its skin; None without a face."""
    photo = as_photo(rgb)
    faces = find_faces(photo, tools().landmarker, tools().limits.landmarks)
    if not faces:
        return None
    order = full_mirror_order(tools().landmarker.canonical)
    crop = crop_face(photo, faces[0], order, tools().limits.crop)
    return Seen(faces[0], _over_picture(tools().skin.segment(crop).skin, crop, rgb))


def look_as_assessed(rgb: RGB) -> Seen | None:
    """Return what an assessment finds, which enlarges a small face; None without one."""
    found = examine(as_photo(rgb), tools())
    if found.crop is None or found.skin is None:
        return None
    if found.crop.crop_per_photo != 1:
        raise SystemExit("A small face is never reduced; this one is too large to be compared.")
    face = landmarks_in_photo(found.crop.landmarks, found.crop.box, 1)
    return Seen(face, _over_picture(found.skin.skin, found.crop, rgb))


def _over_picture(skin: Mask, crop: FaceCrop, rgb: RGB) -> Mask:
    """Lay the skin of a crop into an empty picture."""
    canvas = np.zeros(rgb.shape[:2], bool)
    x0, y0, x1, y1 = crop.box
    large = cv2.resize(skin.view(np.uint8), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    rows = slice(max(0, y0), min(y1, rgb.shape[0]))
    cols = slice(max(0, x0), min(x1, rgb.shape[1]))
    canvas[rows, cols] = large[rows.start - y0 : rows.stop - y0, cols.start - x0 : cols.stop - x0]
    return canvas


def face_scores(found: Seen | None, true: Seen) -> dict[str, float]:
    """Return how far landmarks and skin are from those of the full picture.

    ``landmark_error`` is the mean distance in percent of the distance between the eyes.
    """
    if found is None:
        return {"found": 0.0}
    rows, cols = true.skin.shape
    by = np.array([cols / found.skin.shape[1], rows / found.skin.shape[0]])
    away = np.linalg.norm(found.landmarks.points[:, :2] * by - true.landmarks.points[:, :2], axis=1)
    skin = cv2.resize(found.skin.view(np.uint8), (cols, rows), interpolation=cv2.INTER_NEAREST) > 0
    both, either = (skin & true.skin).sum(), (skin | true.skin).sum()
    return {
        "found": 1.0,
        "landmark_error": float(100 * away.mean() / true.landmarks.inter_eye_px),
        "skin_iou": float(both / max(either, 1)),
    }


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    """Return the mean of every number over the rows that have it, and how many rows there are."""
    names = dict.fromkeys(name for row in rows for name in row)
    means = {n: round(float(np.mean([r[n] for r in rows if n in r])), 4) for n in names}
    return means | {"n": len(rows)}
