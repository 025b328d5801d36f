"""Held-out faces before and after enhancement, side by side, to be looked at.

    python benchmarks/upscale_sheet.py --pack PATCHES.npz --out DIR [--faces 12]

Each row is a face: reduced by 4 and enlarged bicubically, by *fidelity*, by *texture*, and as it
was. The sheets show people: DIR must lie outside the repository.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from upscale import Bench
from upscale_rows import look

from cutis.core.arrays import RGB
from cutis.imaging.resample import resize_rgb

ROWS_A_SHEET = 4
SIDE_PX = 320


def main() -> None:
    """Write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=12)
    options = parser.parse_args()
    root = Path(__file__).resolve().parents[1]
    if options.out.resolve().is_relative_to(root):
        raise SystemExit("The sheets show people; name a folder outside of the repository.")
    options.out.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    rows = [
        row for _, p in bench.held_out(3 * options.faces) if (row := _row(p, bench)) is not None
    ]
    rows = rows[: options.faces]
    for start in range(0, len(rows), ROWS_A_SHEET):
        sheet = np.vstack(rows[start : start + ROWS_A_SHEET])
        Image.fromarray(sheet).save(options.out / f"sheet-{start // ROWS_A_SHEET + 1}.png")


def _row(picture: RGB, bench: Bench) -> RGB | None:
    """Return bicubic, fidelity, texture and truth of the middle of a face."""
    seen = look(picture)
    if seen is None:
        return None
    x0, y0, x1, y1 = seen.landmarks.box
    middle = np.array([(y0 + y1) / 2, (x0 + x1) / 2])
    limit = np.array(picture.shape[:2]) - SIDE_PX
    if (limit < 0).any():
        return None
    top, left = np.clip(middle - SIDE_PX / 2, 0, limit).astype(int)
    true = picture[top : top + SIDE_PX, left : left + SIDE_PX]
    small = resize_rgb(true, (SIDE_PX // 4, SIDE_PX // 4))
    ways = ("bicubic", "fidelity", "texture")
    drawn = [bench.ways[way](small, (SIDE_PX, SIDE_PX)) for way in ways]
    return np.hstack([*drawn, true])


if __name__ == "__main__":
    main()
