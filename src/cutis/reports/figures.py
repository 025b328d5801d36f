"""The pictures of a report: the face as JPEG, and a transparent overlay per condition.

Overlays must be read on every skin tone and with every colour vision. Skin of all tones lies
between yellow and red, so the marks are blue; and because lightness alone must be enough, whatever
is more likely than not gets a bright edge with a dark one around it.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from cutis.core.arrays import RGB, Mask, Probabilities
from cutis.core.assessment import Examination
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap

WIDEST_PX, NARROWEST_PX = 900, 640
"""Width of a report's pictures: a phone and a page show no more, and less would look coarse."""

JPEG_QUALITY = 85
_PALETTE: dict[int, tuple[int, int, int, int]] = {
    252: (0, 24, 50, 70),
    253: (255, 255, 255, 70),
    254: (0, 32, 70, 200),
    255: (190, 245, 255, 245),
}
_FILL_RGB, _FILL_ALPHA, _LEVELS = (40, 190, 255), (20, 165), 16
_HATCH_DARK, _HATCH_LIGHT, _CASING, _EDGE = sorted(_PALETTE)
_FAINT, _SMOOTHING_PX = 0.12, 1.0
_GAP_PX = 8


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """The face or photo as it is shown: pixels, and picture pixels per crop (or photo) pixel."""

    rgb: RGB
    scale: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.rgb.shape[1]), int(self.rgb.shape[0])


def shown_picture(examination: Examination) -> Picture:
    """Return the face crop, or the whole photo without one, `NARROWEST_PX` to `WIDEST_PX` wide."""
    rgb = examination.photo.rgb if examination.crop is None else examination.crop.rgb
    scale = min(max(1.0, NARROWEST_PX / rgb.shape[1]), WIDEST_PX / rgb.shape[1])
    return Picture(_resized(rgb, _scaled(rgb, scale)), scale)


def jpeg_uri(picture: Picture) -> str:
    """Return the picture as a JPEG in a data URI; it carries no metadata."""
    import cv2  # noqa: PLC0415

    bgr = np.ascontiguousarray(picture.rgb[..., ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return _data_uri("image/jpeg", bytes(data))


def before_after(examination: Examination) -> Picture | None:
    """Return a face as it came, enlarged by interpolation, and beside it as a network drew it.

    None where no face was enlarged; ``scale`` is picture pixels per photo pixel.
    """
    enlarged = examination.enlarged
    if enlarged is None:
        return None
    x0, y0, x1, y1 = enlarged.box
    after = enlarged.picture.rgb
    plain = _resized(examination.photo.rgb[y0:y1, x0:x1], (after.shape[1], after.shape[0]))
    gap = np.full((after.shape[0], _GAP_PX, 3), 255, np.uint8)
    return Picture(np.hstack([plain, gap, after]), float(enlarged.picture.scale))


def before_after_png(examination: Examination) -> bytes | None:
    """Return `before_after` as a PNG, or None."""
    import cv2  # noqa: PLC0415

    picture = before_after(examination)
    if picture is None:
        return None
    return bytes(cv2.imencode(".png", np.ascontiguousarray(picture.rgb[..., ::-1]))[1])


def overlay_uri(picture: Picture, crop: FaceCrop, found: ConditionMap) -> str:
    """Return a map as a transparent PNG of the picture's size in a data URI.

    The fill is denser where the probability is higher; from one half on it has an edge.
    Skin on which the condition was not looked for is hatched.
    """
    import cv2  # noqa: PLC0415

    seen = np.where(found.looked_at, found.probability, np.float32(0))
    probability = cv2.GaussianBlur(_resized(seen, picture.size), (0, 0), _SMOOTHING_PX)
    unseen = (crop.oval & ~crop.excluded & ~found.looked_at).view(np.uint8)
    hatched = _resized(unseen, picture.size).astype(bool)
    return _data_uri("image/png", _palette_png(_indices(probability, hatched)))


def _indices(probability: Probabilities, hatched: Mask) -> UInt8[np.ndarray, "h w"]:
    """Return palette indices: 0 clear, then `_LEVELS` of fill, hatching, dark and bright edge."""
    import cv2  # noqa: PLC0415

    share = np.clip((probability - _FAINT) / (1 - _FAINT), 0, 1)
    indices = np.ceil(share * _LEVELS).astype(np.uint8)
    rows, columns = np.nonzero(hatched)
    stripe = (rows + columns) % 12
    lines = np.select([stripe < 2, stripe < 4], [_HATCH_LIGHT, _HATCH_DARK], 0)
    indices[rows, columns] = np.maximum(indices[rows, columns], lines)
    likely = (probability >= 0.5).view(np.uint8)
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    inner = likely & ~cv2.erode(likely, ring, iterations=2)
    outer = cv2.dilate(likely, ring, iterations=2) & ~likely & 1
    indices[outer.astype(bool)] = _CASING
    indices[inner.astype(bool)] = _EDGE
    return indices


def _palette() -> UInt8[np.ndarray, "256 4"]:
    palette = np.zeros((256, 4), np.uint8)
    palette[1 : _LEVELS + 1, :3] = _FILL_RGB
    palette[1 : _LEVELS + 1, 3] = np.linspace(*_FILL_ALPHA, _LEVELS)
    for index, colour in _PALETTE.items():
        palette[index] = colour
    return palette


def _palette_png(indices: UInt8[np.ndarray, "h w"]) -> bytes:
    from PIL import Image  # noqa: PLC0415

    palette = _palette()
    image = Image.fromarray(indices)
    image.putpalette(palette[:, :3].tobytes())
    out = io.BytesIO()
    image.save(out, "PNG", transparency=palette[:, 3].tobytes())
    return out.getvalue()


def _scaled(array: np.ndarray, scale: float) -> tuple[int, int]:
    return max(1, round(array.shape[1] * scale)), max(1, round(array.shape[0] * scale))


def _resized(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    import cv2  # noqa: PLC0415

    if (array.shape[1], array.shape[0]) == size:
        return array
    smooth = cv2.INTER_CUBIC if array.ndim == 3 else cv2.INTER_LINEAR
    method = cv2.INTER_AREA if array.shape[1] > size[0] else smooth
    return np.asarray(cv2.resize(array, size, interpolation=method))


def _data_uri(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
