"""Where a mask comes from, as plain data: files that a person painted, or ellipses from a list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import LabelMap, Mask
from cutis.core.errors import InputError, StoreError
from cutis.datasets.pack import decode_labels

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """Pictures whose bright pixels are marked: any of ``shown`` and none of ``hidden``.

    They have the size of the photo, unless ``any_size`` says that they are to be scaled to it.
    """

    shown: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()
    any_size: bool = False


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An upright ellipse: centre and half axes, in pixels."""

    x: float
    y: float
    semi_x: float
    semi_y: float


@dataclass(frozen=True, slots=True)
class Ellipses:
    """Filled ellipses, given on a picture of ``width_px`` and ``height_px``, ``grown`` times."""

    width_px: int
    height_px: int
    shapes: tuple[Ellipse, ...]
    grown: float = 1.0


MaskSource = MaskFiles | Ellipses


def draw_mask(source: MaskSource, shape: tuple[int, int], *, scaled_by: float = 1.0) -> Mask:
    """Return a mask in photo pixels.

    Args:
        source: where it comes from.
        shape: rows and columns of the photo as it was opened.
        scaled_by: by how much the decoder reduced a very large photo; masks follow.

    Raises:
        InputError: a file is no picture or has another size than the photo.
    """
    if isinstance(source, Ellipses):
        return _filled(source, shape)
    marked = np.zeros(shape, bool)
    for path in source.shown:
        marked |= _read(path, shape, scaled_by=0.0 if source.any_size else scaled_by)
    for path in source.hidden:
        marked &= ~_read(path, shape, scaled_by=0.0 if source.any_size else scaled_by)
    return marked


def _read(path: Path, shape: tuple[int, int], *, scaled_by: float) -> Mask:
    """Read one file; ``scaled_by`` 0 takes any size."""
    try:
        values: LabelMap = decode_labels(path.read_bytes())
    except (OSError, StoreError) as error:
        raise InputError(
            "A mask was expected to be a picture (PNG, white where something is marked); "
            "this file cannot be read as one. Save it again as PNG."
        ) from error
    if values.shape != shape:
        _check_size((values.shape[0], values.shape[1]), shape, scaled_by)
        columns_rows = (shape[1], shape[0])
        values = cv2.resize(values, columns_rows, interpolation=cv2.INTER_NEAREST)
    half = float(values.max()) / 2
    return np.asarray(values > half)


def _check_size(came: tuple[int, int], shape: tuple[int, int], scaled_by: float) -> None:
    """Refuse a mask that does not lie on its photo; one reduced with its photo does."""
    near = (abs(side * scaled_by - wanted) <= 1 for side, wanted in zip(came, shape, strict=True))
    if scaled_by == 0 or (scaled_by < 1 and all(near)):
        return
    hint = "Save the mask at the size of the photo."
    if came == shape[::-1]:
        hint = "The photo is turned by its orientation tag: paint the mask on the upright photo."
    raise InputError(
        f"A mask of {shape[1]} × {shape[0]} pixels was expected, as large as its photo; one of "
        f"{came[1]} × {came[0]} came. {hint}"
    )


def _filled(source: Ellipses, shape: tuple[int, int]) -> Mask:
    canvas = np.zeros(shape, np.uint8)
    by_x, by_y = shape[1] / source.width_px, shape[0] / source.height_px
    one = 1 << _SUBPIXEL_BITS
    for ellipse in source.shapes:
        centre = round(ellipse.x * by_x * one), round(ellipse.y * by_y * one)
        axes = (
            max(1, round(ellipse.semi_x * by_x * source.grown * one)),
            max(1, round(ellipse.semi_y * by_y * source.grown * one)),
        )
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, 1, cv2.FILLED, cv2.LINE_8, _SUBPIXEL_BITS)
    return np.asarray(canvas > 0)
