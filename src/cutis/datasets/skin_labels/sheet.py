"""A sheet of labelled faces for a person to review, the least sure first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import RGB
from cutis.core.errors import InputError
from cutis.core.face_parts import FacePart
from cutis.datasets.pack import encode_picture
from cutis.datasets.skin_labels.store import LabelledView, load_view

COLOURS = {
    FacePart.FACE_SKIN: (90, 200, 120),
    FacePart.HAIR: (150, 90, 30),
    FacePart.BROW: (90, 40, 150),
    FacePart.EYE: (40, 90, 255),
    FacePart.LIPS: (255, 50, 60),
    FacePart.NOSE_OPENING: (255, 255, 0),
    FacePart.GLASSES: (0, 230, 255),
    FacePart.FACIAL_HAIR: (255, 140, 0),
    FacePart.COVERING: (255, 0, 220),
}
"""sRGB of each part."""

_TILE_PX, _TEXT_PX, _ROW = 150, 14, 6


def write_label_sheet(
    folder: Path, path: Path, *, count: int = 150, first: int = 0, names: list[str] | None = None
) -> int:
    """Write faces beside their labels; return how many.

    Args:
        folder: labelled faces.
        path: the picture (.png).
        count: how many at most.
        first: how many of the least sure are passed over.
        names: sources to show instead of the least sure.

    Raises:
        InputError: there is no labelled face.
    """
    views = [load_view(f) for f in sorted(folder.glob("*.npz")) if f.stat().st_size]
    if names is not None:
        views = [view for view in views if view.source in names]
    views = sorted(views, key=lambda view: view.agreement)[first : first + count]
    if not views:
        raise InputError("No labelled face was found. Make some with `cutis synth skin-labels`.")
    tiles = [_tile(view) for view in views]
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % _ROW)
    rows = [np.hstack(tiles[i : i + _ROW]) for i in range(0, len(tiles), _ROW)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_picture(np.vstack(rows)))
    return len(views)


def overlay(view: LabelledView) -> RGB:
    """Return a face with its parts in colour over it."""
    table = np.zeros((len(FacePart) + 1, 3), np.float32)
    for part, colour in COLOURS.items():
        table[part.label] = colour
    share = np.where(view.labels[..., None] > 0, 0.45, 0).astype(np.float32)
    mixed = view.rgb * (1 - share) + table[view.labels] * share
    return np.round(mixed).astype(np.uint8)


def _tile(view: LabelledView) -> RGB:
    pair = np.hstack([_fitted(view.rgb), _fitted(overlay(view))])
    text = np.zeros((_TEXT_PX, pair.shape[1], 3), np.uint8)
    name = f"{view.source.replace('variability', 'v')} {view.agreement:.2f} g{view.glasses:.1f}"
    cv2.putText(text, name[-48:], (2, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (255, 255, 255), 1)
    return np.vstack([text, pair])


def _fitted(picture: RGB) -> RGB:
    scale = _TILE_PX / max(picture.shape[:2])
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tile = np.zeros((_TILE_PX, _TILE_PX, 3), np.uint8)
    tile[: size[1], : size[0]] = small
    return tile
