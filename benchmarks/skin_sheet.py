"""Twelve hard faces with what the skin network sees, on one sheet to be looked at.

    python benchmarks/skin_sheet.py sheet.png

Green is skin that is measured; outlines are what was found: hair blue, glasses yellow, facial hair
orange, covering magenta. Where no photo shows a case it is made: two faces are two photos side by
side, a full beard and a hand on a cheek are drawn by `cutis.datasets.skin_occluders`.
Photos stay outside the project, and so does the sheet.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from photo_sets import shared_dir
from PIL import Image, ImageDraw
from prepared import lenient_tools

from cutis.core.arrays import RGB
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_occluders.beard import Style, grow_beard
from cutis.datasets.skin_occluders.canvas import Canvas
from cutis.datasets.skin_occluders.hands import draw_hand
from cutis.imaging.colour import rgb_to_linear
from cutis.models.skin_network import LearnedSkinSegmenter
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import crop_face

SIDE_PX, COLUMNS = 360, 4
COLOURS = {
    FacePart.HAIR: (0, 90, 255), FacePart.GLASSES: (255, 235, 0),
    FacePart.FACIAL_HAIR: (255, 130, 0), FacePart.COVERING: (255, 0, 255),
}  # fmt: skip
Drawn = Callable[[Canvas], None]


def full_beard(canvas: Canvas) -> None:
    """Draw a full beard."""
    grow_beard(canvas, Style(7000, 0.16, opacity=0.8, undercoat=0.85), "all")


CASES: tuple[tuple[str, str, Drawn | None], ...] = (
    ("hair over the face", "clean/interfaces/042.jpg", None),
    ("full beard, hood", "clean/interfaces/037.jpg", None),
    ("full beard, drawn", "clean/interfaces/089.jpg", full_beard),
    ("glasses", "clean/interfaces/050.jpg", None),
    ("hijab", "clean/interfaces/046.jpg", None),
    ("cap", "clean/interfaces/090.jpg", None),
    ("hand at the chin", "clean/interfaces/051.jpg", None),
    ("hand on the cheek, drawn", "clean/interfaces/088.jpg", draw_hand),
    ("turned aside", "clean/interfaces/095.jpg", None),
    ("dark face, low light", "clean/interfaces/066.jpg", None),
    ("side light, dark hair", "clean/interfaces/021.jpg", None),
)
PAIR = ("clean/interfaces/007.jpg", "clean/interfaces/071.jpg")


def main() -> None:
    """Draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="a picture outside the repository")
    options = parser.parse_args()
    tools, root = lenient_tools(), shared_dir()
    tiles = []
    for title, name, draw in CASES:
        photo = open_photo(root / name)
        tiles.append(_tile(title, _seen(photo, tools, draw)[0]))
    pictures = [open_photo(root / name).rgb for name in PAIR]
    rows = min(picture.shape[0] for picture in pictures)
    both = np.hstack([picture[:rows] for picture in pictures])
    pair = replace(open_photo(root / PAIR[0]), rgb=both)
    found = _seen(pair, tools, None)
    tiles.append(_tile("two faces, side by side", _beside(found)))
    lines = [np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)]
    Image.fromarray(np.vstack(lines)).save(options.out)


def _seen(photo: Photo, tools: Tools, draw: Drawn | None) -> list[RGB]:
    """Return the crop of every face with what is seen in it, the largest first."""
    if not isinstance(tools.skin, LearnedSkinSegmenter):
        raise SystemExit("The skin network is not installed.")
    order = full_mirror_order(tools.landmarker.canonical)
    pictures = []
    for face in find_faces(photo, tools.landmarker, tools.limits.landmarks):
        crop = crop_face(photo, face, order, tools.limits.crop)
        if draw is not None:
            crop = _drawn(crop, draw)
        pictures.append(_overlay(crop, tools.skin))
    return pictures


def _drawn(crop: FaceCrop, draw: Drawn) -> FaceCrop:
    labels = np.where(crop.oval, np.uint8(FacePart.FACE_SKIN.label), np.uint8(0))
    canvas = Canvas(crop.rgb, labels, crop.landmarks.points[:, :2], np.random.default_rng(4))
    draw(canvas)
    return replace(crop, rgb=canvas.rgb, linear=rgb_to_linear(canvas.rgb))


def _overlay(crop: FaceCrop, skin: LearnedSkinSegmenter) -> RGB:
    rgb = crop.rgb.astype(np.float32)
    found = skin.segment(crop)
    rgb[found.skin] = 0.6 * rgb[found.skin] + np.array([0, 100, 30], np.float32)
    picture = rgb.astype(np.uint8)
    parts = skin.find_parts(crop)
    for part, _, mask in () if parts is None else parts.masks():
        if part in COLOURS:
            rings, _ = cv2.findContours(
                mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
            )
            cv2.drawContours(picture, rings, -1, COLOURS[part], max(1, picture.shape[0] // 150))
    return np.hstack([crop.rgb, picture])


def _beside(pictures: list[RGB]) -> RGB:
    """Return pictures side by side, each as high as a tile."""
    scaled = [cv2.resize(p, (round(p.shape[1] * SIDE_PX / p.shape[0]), SIDE_PX)) for p in pictures]
    return np.hstack(scaled)


def _tile(title: str, picture: RGB) -> RGB:
    """Return a picture within a labelled tile twice as wide as high."""
    image = Image.fromarray(picture)
    image.thumbnail((2 * SIDE_PX, SIDE_PX))
    tile = Image.new("RGB", (2 * SIDE_PX, SIDE_PX))
    tile.paste(image, (0, 0))
    ImageDraw.Draw(tile).text((6, SIDE_PX - 16), title, fill=(255, 255, 0))
    return np.asarray(tile)


if __name__ == "__main__":
    main()
