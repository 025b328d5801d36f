"""Contact sheets: items before, after, and with their labels in colour, for the eye to judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import RGB, LabelMap
from cutis.core.errors import InputError, StoreError
from cutis.core.vocabulary import Condition
from cutis.datasets.on_disk import DiskItem, DiskSet
from cutis.datasets.pack import encode_picture
from cutis.imaging.skin_channels import TARGETS

PALETTE: dict[Condition, tuple[int, int, int]] = {
    Condition.ACNE: (213, 94, 0),
    Condition.REDNESS: (204, 121, 167),
    Condition.PIGMENTATION: (230, 159, 0),
    Condition.WRINKLES: (0, 114, 178),
    Condition.PORES: (86, 180, 233),
    Condition.TEXTURE: (0, 158, 115),
    Condition.DRYNESS: (240, 228, 66),
    Condition.SCARRING: (255, 255, 255),
}
"""Colours that stay apart without full colour vision (Okabe & Ito 2008), and white."""

_OPACITY = 0.55
_GAP_PX, _TEXT_PX, _LEGEND_PX = 4, 14, 26
_GROUND, _INK = (24, 24, 24), (230, 230, 230)
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.36


def write_sheet(opened: DiskSet, path: Path, *, count: int = 24, columns: int = 2) -> int:
    """Write a sheet of items spread evenly over a set and return how many it shows.

    Raises:
        InputError: the set is empty.
        StoreError: the disk refused.
    """
    numbers = list(opened.records)
    if not numbers:
        raise InputError("The set holds no item to show. Make some with `cutis synth make`.")
    picked = np.unique(np.linspace(0, len(numbers) - 1, min(count, len(numbers))).astype(int))
    sheet = contact_sheet([opened.item(numbers[i]) for i in picked], columns=columns)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_picture(sheet))
    except OSError as error:
        raise StoreError(
            f"The sheet cannot be written ({error.strerror}). Name another file."
        ) from error
    return len(picked)


def contact_sheet(items: Sequence[DiskItem], *, columns: int = 2) -> RGB:
    """Return one picture of many items: clean, painted, labelled side by side, with a legend."""
    tiles = [_tile(item) for item in items]
    height, width = (max(tile.shape[i] for tile in tiles) for i in (0, 1))
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    sheet = np.full((rows * height + _LEGEND_PX, columns * width, 3), _GROUND, np.uint8)
    for place, tile in enumerate(tiles):
        y, x = place // columns * height, place % columns * width
        sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
    _draw_legend(sheet, rows * height)
    return sheet


def overlay_labels(image: RGB, labels: LabelMap, ignore: LabelMap | None = None) -> RGB:
    """Return the picture with each target in its colour; smaller targets lie on top.

    Where all targets of a pixel are to be ignored and none is labelled, it is greyed.
    """
    shown = image.astype(np.float32)
    if ignore is not None:
        grey = (ignore > 0) & (labels == 0)
        shown[grey] = 0.6 * shown[grey] + 0.4 * 128
    masks = [(labels & (1 << bit) > 0, target) for bit, target in enumerate(TARGETS)]
    for mask, target in sorted(masks, key=lambda pair: -int(pair[0].sum())):
        shown[mask] = (1 - _OPACITY) * shown[mask] + _OPACITY * np.array(PALETTE[target])
    return np.round(shown).astype(np.uint8)


def _tile(item: DiskItem) -> RGB:
    size = item.image.shape[0]
    overlay = overlay_labels(item.image, item.labels, item.ignore)
    tile = np.full((size + _TEXT_PX + _GAP_PX, 3 * (size + _GAP_PX), 3), _GROUND, np.uint8)
    for place, picture in enumerate((item.clean, item.image, overlay)):
        x = place * (size + _GAP_PX)
        tile[_TEXT_PX : _TEXT_PX + size, x : x + size] = picture
    record = item.record
    _write(tile, f"{record['item']:06d}  {record['severity']}  {record['tone']}", (2, 10))
    _write(tile, f"{record['mm_per_px']:.2f} mm/px  {record['split']}", (size + _GAP_PX, 10))
    return tile


def _draw_legend(sheet: RGB, top: int) -> None:
    step = max(1, sheet.shape[1] // len(TARGETS))
    for place, target in enumerate(TARGETS):
        x = place * step + 4
        cv2.rectangle(sheet, (x, top + 8), (x + 10, top + 18), PALETTE[target], cv2.FILLED)
        _write(sheet, target.value, (x + 14, top + 17))


def _write(picture: RGB, text: str, at: tuple[int, int]) -> None:
    cv2.putText(picture, text, at, _FONT, _FONT_SCALE, _INK, 1, cv2.LINE_AA)
