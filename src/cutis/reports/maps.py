"""Skin, conditions and what a network drew, laid back over the upright photo as grey pictures.

A map is made at the scale of the face crop; here it is resized to the crop's box in the photo,
as 8-bit values throughout, so that a 24-megapixel photo costs one byte a pixel.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from cutis.core.arrays import Mask, Probabilities
from cutis.core.assessment import Examination
from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.reports.figures import before_after_png

GrayMap = UInt8[np.ndarray, "h w"]
"""One byte a photo pixel."""


def skin_map(examination: Examination) -> GrayMap | None:
    """Return 255 where facial skin is seen, 0 elsewhere; None without a face.

    Rows and columns are those of the upright photo.
    """
    if examination.skin is None:
        return None
    return _over_photo(examination, _bytes_of_mask(examination.skin.skin), smooth=False)


def region_map(examination: Examination) -> GrayMap | None:
    """Return the label of the region at each pixel (`Region.label`, 0 for none); None without one.

    Rows and columns are those of the upright photo.
    """
    if examination.crop is None:
        return None
    labels = np.asarray(examination.crop.regions.labels, np.uint8)
    return _over_photo(examination, labels, smooth=False)


def drawn_map(examination: Examination) -> GrayMap | None:
    """Return 255 where a network has drawn more than half of a photo pixel's enlargement, else 0.

    None where no face was enlarged. Scores are made of the photo's own pixels everywhere.
    """
    import cv2  # noqa: PLC0415

    if examination.enlarged is None:
        return None
    x0, y0, x1, y1 = examination.enlarged.box
    drawn = examination.enlarged.picture.drawn.astype(np.float32)
    share = cv2.resize(drawn, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    whole = np.zeros((examination.photo.height_px, examination.photo.width_px), np.uint8)
    whole[y0:y1, x0:x1] = _bytes_of_mask(np.asarray(share > 0.5))
    return whole


def map_files(examination: Examination, *, regions: bool = False) -> dict[str, bytes]:
    """Return every picture of an examination as PNG, by name; what was not measured has none.

    ``skin``, one for each condition, ``regions`` if asked for, and of a small face ``enhanced``,
    which pixels a network drew larger, and ``enlarged``, the face before and after.
    """
    maps = {"skin": skin_map(examination), "enhanced": drawn_map(examination)}
    maps |= {condition.value: condition_map(examination, condition) for condition in Condition}
    if regions:
        maps["regions"] = region_map(examination)
    files = {name: write_png(drawn) for name, drawn in maps.items() if drawn is not None}
    pair = before_after_png(examination)
    return files if pair is None else {**files, "enlarged": pair}


def condition_map(examination: Examination, condition: Condition) -> GrayMap | None:
    """Return the probability of ``condition`` as 0–255 (0–1); None where it was not measured.

    Rows and columns are those of the upright photo; what was not looked at is 0.
    """
    found = examination.maps.get(condition)
    if found is None:
        return None
    return _over_photo(examination, _bytes_of_probability(found.probability), smooth=True)


def write_png(gray: GrayMap) -> bytes:
    """Return the map as the bytes of a grey PNG."""
    import cv2  # noqa: PLC0415

    done, data = cv2.imencode(".png", gray)
    if not done:
        raise InputError(
            f"A map has rows and columns; the shape {gray.shape} came. Give a map of a photo."
        )
    return bytes(data)


def _over_photo(
    examination: Examination, values: GrayMap, *, smooth: bool
) -> UInt8[np.ndarray, "height width"]:
    """Lay crop values into an empty picture of the photo's size."""
    import cv2  # noqa: PLC0415

    if examination.crop is None:
        raise InputError(
            "A map lies on a face crop; the examination has a map and no crop. "
            "Assess the photo again."
        )
    x0, y0, x1, y1 = examination.crop.box
    whole = np.zeros((examination.photo.height_px, examination.photo.width_px), np.uint8)
    method = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST_EXACT
    whole[y0:y1, x0:x1] = cv2.resize(values, (x1 - x0, y1 - y0), interpolation=method)
    return whole


def _bytes_of_mask(mask: Mask) -> GrayMap:
    return np.where(mask, np.uint8(255), np.uint8(0))


def _bytes_of_probability(probability: Probabilities) -> GrayMap:
    return np.asarray(np.rint(np.clip(probability, 0, 1) * np.float32(255)), np.uint8)
