"""The film of the fake camera and the photos of the journeys: a clean portrait or the astronaut.

``python film.py FOLDER`` writes ``face.jpg``, ``small.jpg`` (with few pixels for the face) and
``face.y4m`` (two frames, 1280 by 960).
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 1280, 960
SMALL_PX, SMALL_ASTRONAUT_PX = 170, 340
"""Width at which some 28 pixels lie between the eyes, fewer than the 32 an assessment needs."""
ROOT = Path(__file__).resolve().parents[2]


def portrait() -> Path:
    """Return a portrait that may be used here."""
    shared = Path(os.environ.get("CUTIS_SHARED") or ROOT.parent / "shared")
    clean = shared / "data" / "clean" / "interfaces" / "001.jpg"
    if clean.is_file():
        return clean
    package = importlib.util.find_spec("skimage")
    folders = (package.submodule_search_locations if package else None) or ()
    found = [p for p in (Path(f) / "data" / "astronaut.png" for f in folders) if p.is_file()]
    if not found:
        sys.exit("The journeys need a portrait: install the extra demo, or set CUTIS_SHARED.")
    return found[0]


def near(picture: np.ndarray, path: Path) -> np.ndarray:
    """Return the astronaut's face as near as a phone would see it; a portrait is left as it is."""
    return picture[0:260, 94:354] if path.name == "astronaut.png" else picture


def framed(picture: np.ndarray) -> np.ndarray:
    """Return the picture fitted into the camera's frame, with grey beside it."""
    scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    x, y = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    frame[y : y + size[1], x : x + size[0]] = resized
    return frame


def small(picture: np.ndarray, path: Path) -> np.ndarray:
    """Return the picture reduced until its face is so small that an assessment enlarges it."""
    width = SMALL_ASTRONAUT_PX if path.name == "astronaut.png" else SMALL_PX
    size = width, round(picture.shape[0] * width / picture.shape[1])
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def main() -> None:
    """Write the files."""
    folder, path = Path(sys.argv[1]), portrait()
    picture = cv2.imread(str(path))
    for name, photo in (("face", picture), ("small", small(picture, path))):
        cv2.imwrite(str(folder / f"{name}.jpg"), photo, [cv2.IMWRITE_JPEG_QUALITY, 95])
    planes = cv2.cvtColor(framed(near(picture, path)), cv2.COLOR_BGR2YUV_I420)
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F30:1 Ip A1:1 C420jpeg\n".encode()
    frame = b"FRAME\n" + planes.tobytes()
    (folder / "face.y4m").write_bytes(head + 2 * frame)


if __name__ == "__main__":
    main()
