"""Skin colour: L*a*b*, typology angle, the nearest Monk shade, evenness, pigment indices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float32, UInt8

from cutis.core.arrays import Lab
from cutis.core.assessment import SkinColour, SkinTone
from cutis.core.face import FaceCrop
from cutis.core.masks import SkinMask
from cutis.core.scores import NotMeasured, NotMeasuredCode, Quantity
from cutis.core.vocabulary import Region
from cutis.imaging.chromophores import separate
from cutis.imaging.colour import (
    delta_e_2000,
    ita_to_group,
    lab_to_ita_deg,
    linear_to_lab,
    rgb_to_lab,
)

# The ten shades of the Monk Skin Tone scale (Monk 2022, skintone.google), 1 to 10.
MONK_SHADES = (
    "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96",
    "a07e56", "825c43", "604134", "3a312a", "292420",
)  # fmt: skip
TONE_REGIONS = (
    Region.FOREHEAD,
    Region.SUBJECT_LEFT_CHEEK,
    Region.SUBJECT_RIGHT_CHEEK,
    Region.CHIN,
)
FITZPATRICK = NotMeasured(
    NotMeasuredCode.NOT_FROM_A_PHOTO,
    "Fitzpatrick type tells how skin reacts to sun. It is asked, never read off a photo.",
)
NO_COLOUR = NotMeasured(
    NotMeasuredCode.NO_COLOUR, "The photo has no natural colour, so colour is not measured."
)
_SAMPLES = 60000
_FEWEST = 50
_COLOURLESS_CHROMA = 3.0


@cache
def monk_lab() -> Lab:
    """Return the Monk shades as L*a*b*, shape (1, 10, 3)."""
    rgb = np.array([[list(bytes.fromhex(shade)) for shade in MONK_SHADES]], np.uint8)
    return rgb_to_lab(rgb)


@dataclass(frozen=True, slots=True, eq=False)
class ColourSample:
    """Colours of measurable skin, evenly spread over the crop, and the region of each."""

    linear: Float32[np.ndarray, "n 3"]
    lab: Float32[np.ndarray, "n 3"]
    labels: UInt8[np.ndarray, "n"]

    def of(self, *regions: Region) -> Float32[np.ndarray, "n 3"]:
        """Return the L*a*b* of some regions."""
        return self.lab[np.isin(self.labels, [r.label for r in regions])]


def sample_colour(crop: FaceCrop, skin: SkinMask) -> ColourSample:
    """Take the colours of measurable skin on a grid of at most about 60,000 pixels.

    Whole rows and columns around the middle are taken, so that a mirrored photo gives the same.
    """
    step = max(1, int(np.sqrt(crop.shape[0] * crop.shape[1] / _SAMPLES)))
    rows, cols = (slice((side - 1) % step // 2, None, step) for side in crop.shape)
    where = skin.measurable[rows, cols]
    linear = crop.linear[rows, cols][where]
    return ColourSample(linear, linear_to_lab(linear), crop.regions.labels[rows, cols][where])


def describe_colour(lab: Float32[np.ndarray, "n 3"]) -> SkinColour:
    """Return the median colour of some skin."""
    lightness, a_star, b_star = (float(v) for v in np.median(lab, axis=0))
    ita = lab_to_ita_deg(lightness, b_star)
    return SkinColour(lightness, a_star, b_star, ita, ita_to_group(ita))


def is_colourless(lab: Float32[np.ndarray, "n 3"]) -> bool:
    """Tell whether a photo is black and white, or tinted in one colour."""
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    return bool(len(lab)) and bool(np.median(chroma) < _COLOURLESS_CHROMA)


def tone_of(sample: ColourSample) -> SkinTone | NotMeasured:
    """Return the apparent skin tone of forehead, cheeks and chin."""
    lab = sample.of(*TONE_REGIONS)
    if len(lab) < _FEWEST:
        return NotMeasured(
            NotMeasuredCode.TOO_LITTLE_SKIN, "Too little skin is seen to tell its tone."
        )
    if is_colourless(lab):
        return NO_COLOUR
    colour = describe_colour(lab)
    own = np.array([colour.lightness, colour.a_star, colour.b_star])
    distance = delta_e_2000(np.broadcast_to(own, (10, 3)), monk_lab()[0])
    nearest = int(distance.argmin())
    return SkinTone(colour, nearest + 1, float(distance[nearest]), FITZPATRICK)


def colour_measures(sample: ColourSample) -> tuple[Quantity, ...]:
    """Return evenness and the spread of melanin and haemoglobin over the measurable skin."""
    lab = sample.lab
    if len(lab) < _FEWEST or is_colourless(lab):
        return ()
    median = np.broadcast_to(np.median(lab, axis=0), lab.shape)
    evenness = float(delta_e_2000(median, lab).mean())
    parts = separate(sample.linear[None])
    spreads = [
        float(np.ptp(np.quantile(part, [0.05, 0.95])))
        for part in (parts.melanin, parts.haemoglobin)
    ]
    return (
        Quantity("colour evenness (mean ΔE2000 to the median)", evenness, "ΔE2000"),
        Quantity("melanin spread (5–95 %)", spreads[0], "density"),
        Quantity("haemoglobin spread (5–95 %)", spreads[1], "density"),
    )
