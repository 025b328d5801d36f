"""Held-out faces before and after enhancement, side by side, to be looked at.

    python benchmarks/upscale_sheet.py --pack PATCHES.npz --out DIR [--faces 12]

Each picture is a face: reduced by 4 and enlarged bicubically, by *fidelity*, by *texture*, and as
it was, each `SHOWN_PX` wide. A face of fewer than `LEAST_PX` is left out. They show people: DIR
must lie outside the repository.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw
from upscale import Bench
from upscale_rows import look

from cutis.core.arrays import RGB
from cutis.imaging.resample import resize_rgb

SHOWN_PX, HEAD_PX = 480, 24
LEAST_PX, CANDIDATES = 240, 200
AROUND = 1.15
WAYS = ("bicubic", "fidelity", "texture")


def main() -> None:
    """Write one picture per face."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=12)
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    if options.out.resolve().is_relative_to(root):
        raise SystemExit("The pictures show people; name a folder outside of the repository.")
    options.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    large = (face for p in bench.portraits(CANDIDATES) if (face := _face(p)) is not None)
    for number, true in enumerate(islice(large, options.faces), start=1):
        sheet = _side_by_side([*(_restored(true, way, bench) for way in WAYS), true])
        sheet.save(options.out / f"face-{number:02}.png")


def _face(picture: RGB) -> RGB | None:
    """Cut the square of a face, its side a multiple of 4; None without a whole, large face."""
    seen = look(picture)
    if seen is None:
        return None
    x0, y0, x1, y1 = seen.landmarks.box
    side = int(AROUND * max(x1 - x0, y1 - y0)) // 4 * 4
    limit = np.array(picture.shape[:2]) - side
    if (limit < 0).any() or side < LEAST_PX:
        return None
    middle = np.array([(y0 + y1) / 2, (x0 + x1) / 2])
    top, left = np.clip(middle - side / 2, 0, limit).astype(int)
    return picture[top : top + side, left : left + side]


def _restored(true: RGB, way: str, bench: Bench) -> RGB:
    side = true.shape[0]
    return bench.ways[way](resize_rgb(true, (side // 4, side // 4)), (side, side))


def _side_by_side(pictures: list[RGB]) -> Image.Image:
    """Show all at one width, each below its name."""
    sheet = Image.new("RGB", (SHOWN_PX * len(pictures), SHOWN_PX + HEAD_PX), "white")
    draw = ImageDraw.Draw(sheet)
    for place, (name, picture) in enumerate(zip((*WAYS, "original"), pictures, strict=True)):
        shown = cv2.resize(picture, (SHOWN_PX, SHOWN_PX), interpolation=cv2.INTER_LANCZOS4)
        sheet.paste(Image.fromarray(shown), (place * SHOWN_PX, HEAD_PX))
        draw.text((place * SHOWN_PX + 6, 6), name, fill="black")
    return sheet


if __name__ == "__main__":
    main()
