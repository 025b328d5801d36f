"""How far chromaticity varies over living faces, and over the same faces turned to one material.

    python benchmarks/living_colour.py FACES...

FACES are folders of `cutis synth faces` or `cutis synth skin-labels`. No photo of a statue is among
the sets, so statues are rendered from every sixth face: lightness alone (stone, or a photo without
colour), toned by lightness (sepia), one tint (bronze), and grey between a warm and a cool lamp;
each as JPEG. Photos named in COLOURLESS were seen to be black and white or toned: those of a low
spread were looked at one by one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from cutis.core.arrays import RGB, LinearRGB, Mask, Points
from cutis.core.errors import CutisError
from cutis.datasets.faces import load_face
from cutis.datasets.skin_labels.store import load_view
from cutis.imaging.colour import linear_to_rgb, rgb_to_linear
from cutis.imaging.living_colour import colour_spread
from cutis.steps.skin import LEAST_COLOUR_SPREAD

COLOURLESS = {
    "interfaces/002", "interfaces/030", "interfaces/070", "features/012", "features/019",
    "sfhq_t2i/physical_characteristics_r03c00", "sfhq_t2i/accessories_r04c06",
    "sfhq_t2i/ethnicity_r04c06", "sfhq_t2i/face_pose_r05c05", "sfhq_t2i/face_pose_r04c07",
    "sfhq_t2i/expression_r02c03", "sfhq_t2i/glasses_style_r02c04",
}  # fmt: skip
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
JPEG_QUALITY = 85
DARK_ITA_DEG = -30.0


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/living_colour.json"))
    options = parser.parse_args()
    living: dict[str, float] = {}
    dark: list[float] = []
    without: dict[str, float] = {}
    made: dict[str, list[float]] = {}
    for number, (source, ita_deg, rgb, points) in enumerate(_faces(options.faces)):
        linear, oval = rgb_to_linear(rgb), _oval(rgb.shape[:2], points)
        spread = colour_spread(linear, oval)
        if spread is None:
            continue
        (without if source in COLOURLESS else living)[source] = spread
        if source not in COLOURLESS and ita_deg < DARK_ITA_DEG:
            dark.append(spread)
        for name, picture in _statues(linear) if number % 6 == 0 else ():
            made.setdefault(name, []).append(colour_spread(picture, oval) or 0.0)
    result = {
        "limit": LEAST_COLOUR_SPREAD,
        "people in colour": _told(list(living.values())),
        f"of them darker than {DARK_ITA_DEG:g} degrees ITA": _told(dark),
        "people without colour": _told(list(without.values())),
        **{name: _told(values) for name, values in made.items()},
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


def _told(values: list[float]) -> dict[str, float]:
    found = np.array(values)
    return {
        "faces": len(found),
        "refused": int((found < LEAST_COLOUR_SPREAD).sum()),
        "least": round(float(found.min()), 4),
        "median": round(float(np.median(found)), 4),
        "greatest": round(float(found.max()), 4),
    }


def _faces(folders: list[Path]) -> Iterator[tuple[str, float, RGB, Points]]:
    """Yield source, typology angle, picture and landmarks, every photo once."""
    seen = set()
    for path in sorted(path for folder in folders for path in folder.glob("*.npz")):
        if path.stem in seen or not path.stat().st_size:
            continue
        seen.add(path.stem)
        try:
            face = load_face(path)
        except CutisError:
            face = load_view(path)
        yield face.source, face.ita_deg, np.ascontiguousarray(face.rgb), face.points


def _oval(shape: tuple[int, int], points: Points) -> Mask:
    ring = cv2.convexHull(np.round(points[:468]).astype(np.int32))
    return cv2.fillConvexPoly(np.zeros(shape, np.uint8), ring, 1) > 0


def _statues(linear: LinearRGB) -> Iterator[tuple[str, LinearRGB]]:
    light = (linear @ LUMINANCE)[..., None]
    across = np.linspace(-1, 1, linear.shape[1], dtype=np.float32)[None, :, None]
    lamps = np.exp(across * np.array([0.06, 0.0, -0.1], np.float32))
    yield "rendered: lightness alone", _photo(np.repeat(light, 3, axis=2))
    yield "rendered: sepia", _photo(light ** np.array([0.9, 1.0, 1.15], np.float32))
    yield "rendered: bronze tint", _photo(light * np.array([1.2, 0.85, 0.45], np.float32))
    yield "rendered: grey between two lamps", _photo(light * lamps)


def _photo(linear: LinearRGB) -> LinearRGB:
    """Return a picture as a JPEG keeps it."""
    rgb = linear_to_rgb(np.clip(linear, 0, 1).astype(np.float32))
    kept = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return rgb_to_linear(cv2.imdecode(kept, cv2.IMREAD_COLOR))


if __name__ == "__main__":
    main()
