"""Does chromophore separation recover known changes of melanin and haemoglobin on real faces?

    python benchmarks/chromophore_recovery.py [--most 15] [--out FILE]

On forehead, cheeks and chin of each photo, soft-edged discs are painted with a skin-optics model:
linear light is multiplied by the colour of skin with more melanin, more blood or both, over the
colour of the same skin without (`cutis.imaging.skin_optics.skin_colour`). The model's melanin is
set to the typology angle of the face in the photo and its blood is drawn, so the base skin
differs from the one that the separation assumes. Before and after, the photo is stored with
8 bits and read again. Each face is painted three times, on other places each time, in three ways:

* ``matte``: the model as it is, up to 20 % melanosomes (beyond, its blue leaves sRGB); stored as
  JPEG of quality 92, chroma halved;
* ``matte_lossless``: the same, stored without loss;
* ``surface``: the model, up to 40 % melanosomes, below a surface that mirrors 2.8 % of the light
  (Fresnel, refractive index 1.4), which the separation does not know of; JPEG.

What is found is compared with the optical density that was painted (0.02 to about 0.5, evenly on
a logarithmic scale) by Spearman's rank correlation, over all discs of a third of skin tone (by
typology angle) and face by face (median and lowest tenth):

* ``single``: discs with one chromophore changed, before against after;
* ``single_visible``: those of at least 0.05, about the least that the eye notices on skin;
* ``mixed``: discs with both changed independently, before against after;
* ``contrast``: discs with one changed, against the skin around them in the one painted photo,
  so that the unevenness of real skin counts as error.

``cross_talk`` is what a disc of one chromophore shows in the other's map, as a share of what it
shows in its own (median, and the size that 95 % of the discs of a visible strength stay below).
The camera is unknown and so are its own changes of colour; they are part of the test. The model
shares its tables of absorption with the separation, so errors of the tables do not show.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from photo_sets import photos_of
from PIL import Image

from cutis.core.arrays import RGB, Gray, LinearRGB, Mask
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import Region
from cutis.imaging.chromophores import Chromophores, separate
from cutis.imaging.colour import lab_to_ita_deg, linear_to_lab, linear_to_rgb, rgb_to_linear
from cutis.imaging.filters import shrink
from cutis.imaging.skin_optics import skin_colour
from cutis.pipeline import Tools
from cutis.settings import Settings
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import crop_face
from cutis.wiring import build_tools

PLACES = (Region.FOREHEAD, Region.SUBJECT_LEFT_CHEEK, Region.SUBJECT_RIGHT_CHEEK, Region.CHIN)
MELANIN_ADDED = (0.003, 0.06)
BLOOD_ADDED = (0.001, 0.03)
BLOOD_OWN = (0.008, 0.03)
SKIN_MM2 = 500
RADIUS_MM = (2.0, 4.0)
DISCS = 15
PAINTINGS = 3
VISIBLE = 0.05
"""Density from which a change is noticed and counts for cross-talk."""
JPEG_QUALITY = 92
FEWEST_DISCS = 8
"""Discs of a kind from which a face has a rank correlation of its own."""


@dataclass(frozen=True, slots=True)
class Model:
    """Model skin: the share of light that its surface mirrors, and its most melanosomes."""

    surface: float
    most_melanin: float
    jpeg: bool = True

    def colour(self, melanin: float, blood: float) -> np.ndarray:
        """Return the linear sRGB colour of skin with these volume shares."""
        return (1 - self.surface) * skin_colour(melanin, blood) + self.surface

    def ita_deg(self, melanin: float, blood: float) -> float:
        """Return the typology angle of skin with these volume shares."""
        lightness, _, b_star = linear_to_lab(self.colour(melanin, blood))
        return lab_to_ita_deg(float(lightness), float(b_star))

    def added(self, own: tuple[float, float], disc: Disc) -> dict[str, float]:
        """Return the optical density that each chromophore of a disc adds to skin ``own``."""
        base = np.log10(self.colour(*own))
        melanin = base - np.log10(self.colour(own[0] + disc.melanin, own[1]))
        blood = base - np.log10(self.colour(own[0], own[1] + disc.blood))
        return {
            "melanin_added": float(np.linalg.norm(melanin)),
            "blood_added": float(np.linalg.norm(blood)),
        }

    def melanin_at(self, ita_deg: float, blood: float) -> float:
        """Return the share of melanosomes whose skin is nearest to a typology angle."""
        shares = np.geomspace(0.01, self.most_melanin, 60)
        angles = np.array([self.ita_deg(share, blood) for share in shares])
        return float(shares[np.abs(angles - ita_deg).argmin()])


MODELS = {
    "matte": Model(surface=0.0, most_melanin=0.2),
    "matte_lossless": Model(surface=0.0, most_melanin=0.2, jpeg=False),
    "surface": Model(surface=((1.4 - 1) / (1.4 + 1)) ** 2, most_melanin=0.4),
}


@dataclass(frozen=True, slots=True)
class Disc:
    """A painted disc: centre and radius in crop pixels, what is added as volume shares."""

    x: float
    y: float
    radius_px: float
    melanin: float
    blood: float


def main() -> None:
    """Run, write the figures, print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    out = Path("benchmarks/results/chromophore_recovery.json")
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument("--most", type=int, default=None, help="photos, for a quick look")
    options = parser.parse_args()
    tools = build_tools(Settings())
    rows: dict[str, list[dict]] = {name: [] for name in MODELS}
    for number, path in enumerate(photos_of("clean/interfaces", options.most)):
        crop, skin = face_of(open_photo(path), tools)
        for name, model in MODELS.items() if crop is not None else ():
            rng = np.random.default_rng(number)
            for _ in range(PAINTINGS):
                found = paint_and_read(crop, skin, model, rng)
                rows[name] += [r | {"face": number} for r in found]
        print(f"\r{number + 1} photos", end="", file=sys.stderr)
    result = {name: summarise(own) for name, own in rows.items()}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print()
    print(json.dumps(result, indent=1))


def face_of(photo: Photo, tools: Tools) -> tuple[FaceCrop, Mask] | tuple[None, None]:
    """Return the face's crop and its measurable skin, or None twice."""
    faces = find_faces(photo, tools.landmarker)
    if not faces:
        return None, None
    crop = crop_face(photo, faces[0], full_mirror_order(tools.landmarker.canonical))
    return crop, tools.skin.segment(crop).measurable


def paint_and_read(
    crop: FaceCrop, skin: Mask, model: Model, rng: np.random.Generator
) -> list[dict]:
    """Paint discs on a face, store and read it, and return painted and found per disc."""
    where = skin & np.isin(crop.regions.labels, [r.label for r in PLACES])
    if where.sum() * crop.mm_per_px**2 < SKIN_MM2:
        return []
    lightness, _, b_star = np.median(linear_to_lab(crop.linear[where]), axis=0)
    ita = lab_to_ita_deg(float(lightness), float(b_star))
    blood = float(rng.uniform(*BLOOD_OWN))
    own = model.melanin_at(ita, blood), blood
    discs = list(place(where, crop.mm_per_px, rng))
    pictures = crop.rgb, linear_to_rgb(paint(crop.linear, discs, model, own))
    kept = [stored(picture) if model.jpeg else picture for picture in pictures]
    before, after = (separate(rgb_to_linear(picture)) for picture in kept)
    return [
        {"ita_deg": ita, **model.added(own, disc), **read(disc, before, after, skin)}
        for disc in discs
    ]


def place(where: Mask, mm_per_px: float, rng: np.random.Generator) -> Iterator[Disc]:
    """Yield discs well inside ``where`` that keep clear of each other, a third of each kind."""
    inside = shrink(where, RADIUS_MM[1] * 1.5 / mm_per_px)
    free, number = inside.copy(), 0
    rows, cols = np.indices(where.shape, sparse=True)
    while free.any() and number < DISCS:
        y, x = np.argwhere(free)[rng.integers(int(free.sum()))]
        melanin, blood = (log_uniform(a, rng) for a in (MELANIN_ADDED, BLOOD_ADDED))
        kind = number % 3
        radius_px = rng.uniform(*RADIUS_MM) / mm_per_px
        added = melanin * (kind != 1), blood * (kind != 0)
        yield Disc(float(x), float(y), float(radius_px), *added)
        free &= np.hypot(rows - y, cols - x) > 3.5 * RADIUS_MM[1] / mm_per_px
        number += 1


def log_uniform(limits: tuple[float, float], rng: np.random.Generator) -> float:
    """Draw evenly on a logarithmic scale, so that faint changes are as frequent as strong ones."""
    return float(np.exp(rng.uniform(*np.log(limits))))


def paint(
    linear: LinearRGB, discs: list[Disc], model: Model, own: tuple[float, float]
) -> LinearRGB:
    """Multiply linear light by the model's change of colour, softly within each disc.

    ``own`` are the volume shares of melanin and blood of the skin that is painted on.
    """
    painted = linear.copy()
    base = model.colour(*own)
    for disc in discs:
        window, distance = around(disc, linear.shape[:2], 1.25)
        changed = model.colour(own[0] + disc.melanin, own[1] + disc.blood)
        amount = np.clip((1.25 - distance) / 0.5, 0, 1)[..., None]
        painted[window] *= ((changed / base) ** amount).astype(np.float32)
    return painted


def around(
    disc: Disc, shape: tuple[int, ...], radii: float
) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return the window of ``radii`` around a disc, and each pixel's distance in its radii."""
    reach = math.ceil(disc.radius_px * radii)
    x, y = int(disc.x), int(disc.y)
    rows = slice(max(0, y - reach), min(shape[0], y + reach + 1))
    cols = slice(max(0, x - reach), min(shape[1], x + reach + 1))
    down, across = np.ogrid[rows, cols]
    return (rows, cols), np.hypot(down - disc.y, across - disc.x) / disc.radius_px


def stored(rgb: RGB) -> RGB:
    """Return the picture after storage as JPEG."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=JPEG_QUALITY)
    return np.asarray(Image.open(file).convert("RGB"))


def read(disc: Disc, before: Chromophores, after: Chromophores, skin: Mask) -> dict:
    """Return what is found in a disc."""
    window, distance = around(disc, skin.shape, 2.2)
    core, ring = distance < 0.7, (distance > 1.4) & (distance < 2.2) & skin[window]
    pairs = {
        "melanin": (before.melanin[window], after.melanin[window]),
        "blood": (before.haemoglobin[window], after.haemoglobin[window]),
    }
    found = {f"{name}_found": _change(*pair, core) for name, pair in pairs.items()}
    contrasts = {f"{name}_contrast": _contrast(pair[1], core, ring) for name, pair in pairs.items()}
    return found | contrasts


def _change(before: Gray, after: Gray, core: Mask) -> float:
    return float(after[core].mean() - before[core].mean())


def _contrast(after: Gray, core: Mask, ring: Mask) -> float:
    return float(after[core].mean() - np.median(after[ring])) if ring.any() else 0.0


def summarise(rows: list[dict]) -> dict:
    """Return the figures of all discs, and per third of skin tone, lightest first."""
    tone = {r["face"]: r["ita_deg"] for r in rows}
    faces = sorted(tone, key=lambda face: -tone[face])
    thirds = dict(zip(("lightest", "middle", "darkest"), np.array_split(faces, 3), strict=True))
    groups = {**thirds, "ita_below_10": np.array([f for f in faces if tone[f] < 10])}
    result = {"faces": len(faces), "all": figures(rows)}
    for name, own in groups.items():
        if len(own):
            span = [round(tone[own[0]], 1), round(tone[own[-1]], 1)]
            found = figures([r for r in rows if r["face"] in set(own.tolist())])
            result[name] = {"faces": len(own), "ita_deg": span, **found}
    return result


def figures(rows: list[dict]) -> dict:
    """Return rank correlations and cross-talk of some discs."""
    single = {
        "melanin": [r for r in rows if not r["blood_added"]],
        "blood": [r for r in rows if not r["melanin_added"]],
    }
    mixed = [r for r in rows if r["blood_added"] and r["melanin_added"]]
    names = {"melanin": "melanin", "blood": "haemoglobin"}
    return {
        "discs": len(rows),
        "single": {names[k]: _rank(own, k, "found") for k, own in single.items()},
        "single_visible": {
            names[k]: _rank([r for r in own if r[f"{k}_added"] >= VISIBLE], k, "found")
            for k, own in single.items()
        },
        "mixed": {names[k]: _rank(mixed, k, "found") for k in single},
        "contrast": {names[k]: _rank(own, k, "contrast") for k, own in single.items()},
        "cross_talk": {
            "melanin_seen_as_haemoglobin": _cross_talk(single["melanin"], "melanin", "blood"),
            "haemoglobin_seen_as_melanin": _cross_talk(single["blood"], "blood", "melanin"),
        },
    }


def _rank(rows: list[dict], name: str, read_as: str) -> dict[str, float | None]:
    """Return the rank correlation over all discs and face by face."""
    pairs = [(r["face"], r[f"{name}_added"], r[f"{name}_{read_as}"]) for r in rows]
    by_face = []
    for face in sorted({p[0] for p in pairs}):
        own = [p[1:] for p in pairs if p[0] == face]
        if len(own) >= FEWEST_DISCS:
            by_face.append(spearman(*zip(*own, strict=True)))
    low, middle = np.quantile(by_face, [0.1, 0.5]) if by_face else (np.nan, np.nan)
    pooled = spearman(*zip(*[p[1:] for p in pairs], strict=True))
    found = {"pooled": pooled, "face_median": float(middle), "face_p10": float(low)}
    return {name: None if np.isnan(value) else round(value, 4) for name, value in found.items()}


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """Return Spearman's rank correlation of two lists without ties."""
    ranks = [np.argsort(np.argsort(values)) for values in (a, b)]
    return float(np.corrcoef(ranks)[0, 1])


def _cross_talk(rows: list[dict], own: str, other: str) -> dict[str, float]:
    shares = [r[f"{other}_found"] / r[f"{own}_found"] for r in rows if r[f"{own}_found"] >= VISIBLE]
    median, most = float(np.median(shares)), float(np.quantile(np.abs(shares), 0.95))
    return {"discs": len(shares), "median": round(median, 3), "p95_of_size": round(most, 3)}


if __name__ == "__main__":
    main()
