"""What light skin gives back: published absorption and scattering, and a two-layer model.

* Haemoglobin: molar extinction of oxy- and deoxyhaemoglobin compiled by S. Prahl
  (omlc.org/spectra/hemoglobin).
* Eumelanin: ``6.6e11 · λ^-3.33`` per cm (S. Jacques, omlc.org/spectra/melanin).
* Scattering of skin: ``46 · (λ/500)^-1.421`` per cm (Jacques 2013,
  doi:10.1088/0031-9155/58/11/R37).
* Diffuse reflectance of the dermis: ``exp(-A / sqrt(3 (1 + μs'/μa)))`` with A = 7
  (Jacques 1999), seen twice through an epidermis of 60 µm.
* Colour: the CIE 1931 observer by the fits of Wyman, Sloan & Shirley (JCGT 2013, 2(2)), under
  a flat illuminant, in linear sRGB.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float

from cutis.imaging.colour import SRGB_TO_XYZ

WAVELENGTH_NM = np.arange(400, 701, 10)

# Molar extinction in 1/(cm · mol/l), at 400, 410 … 700 nm (Prahl's compilation).
OXYHAEMOGLOBIN = np.array(
    [266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209, 26629, 23684, 20933, 20035,
     24202, 39957, 53236, 43016, 32613, 44496, 50104, 14401, 3200, 1506, 942, 610, 442, 368, 320,
     294, 278, 276, 290],
    dtype=np.float64,
)  # fmt: skip
DEOXYHAEMOGLOBIN = np.array(
    [223296, 303956, 407560, 528600, 413280, 103292, 23389, 16156, 14550, 16684, 20862, 25774,
     31590, 39036, 46592, 53412, 53788, 45072, 37020, 28324, 14677, 9444, 6510, 5149, 4345, 3750,
     3227, 2795, 2408, 2052, 1794],
    dtype=np.float64,
)  # fmt: skip

SATURATION = 0.75
EPIDERMIS_CM = 0.006
BLOODLESS_ABSORPTION = 0.2
"""Absorption of tissue without blood and melanin, 1/cm."""
_HAEMOGLOBIN_MOLAR = 150.0 / 64500.0
_PATH_FACTOR = 7.0

Spectrum = Float[np.ndarray, "31"]


def blood_absorption() -> Spectrum:
    """Absorption of whole blood in 1/cm (natural logarithm) at 150 g/l and `SATURATION`."""
    extinction = SATURATION * OXYHAEMOGLOBIN + (1 - SATURATION) * DEOXYHAEMOGLOBIN
    return np.asarray(extinction * np.log(10) * _HAEMOGLOBIN_MOLAR)


def eumelanin_absorption() -> Spectrum:
    """Absorption of a melanosome's interior in 1/cm."""
    return np.asarray(6.6e11 * WAVELENGTH_NM.astype(np.float64) ** -3.33)


def reduced_scattering() -> Spectrum:
    """Reduced scattering of skin in 1/cm."""
    return np.asarray(46.0 * (WAVELENGTH_NM / 500.0) ** -1.421)


def reflectance(melanin_share: float, blood_share: float) -> Spectrum:
    """Diffuse reflectance 0–1 of skin.

    ``melanin_share`` is the volume share of melanosomes in the epidermis (0.01 very light to
    0.4 very dark), ``blood_share`` that of blood in the dermis (0.002 to 0.07).
    """
    absorption = blood_share * blood_absorption() + BLOODLESS_ABSORPTION
    dermis = np.exp(-_PATH_FACTOR / np.sqrt(3 * (1 + reduced_scattering() / absorption)))
    epidermis = np.exp(-2 * EPIDERMIS_CM * melanin_share * eumelanin_absorption())
    return np.asarray(epidermis * dermis)


def _lobe(centre: float, left: float, right: float) -> Spectrum:
    width = np.where(centre > WAVELENGTH_NM, left, right)
    return np.asarray(np.exp(-0.5 * ((WAVELENGTH_NM - centre) / width) ** 2))


@cache
def linear_srgb_weights() -> Float[np.ndarray, "3 31"]:
    """Return the weights that turn a reflectance into linear sRGB; white gives (1, 1, 1)."""
    x = (
        1.056 * _lobe(599.8, 37.9, 31.0)
        + 0.362 * _lobe(442.0, 16.0, 26.7)
        - 0.065 * _lobe(501.1, 20.4, 26.2)
    )
    y = 0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1)
    z = 1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8)
    rgb = np.linalg.inv(SRGB_TO_XYZ) @ np.stack([x, y, z])
    return np.asarray(rgb / rgb.sum(axis=1, keepdims=True))


def skin_colour(melanin_share: float, blood_share: float) -> Float[np.ndarray, "3"]:
    """Return the linear sRGB colour, 0–1, of skin; arguments as in `reflectance`."""
    return np.asarray(linear_srgb_weights() @ reflectance(melanin_share, blood_share))


@cache
def absorption_vectors() -> Float[np.ndarray, "2 3"]:
    """Return the unit density vectors (red, green, blue) of melanin and of haemoglobin.

    They are the change of ``-log10`` of the colour of intermediate skin (5 % melanosomes,
    1.5 % blood) when melanin, or blood, grows by a tenth.
    """
    base = np.log10(skin_colour(0.05, 0.015))
    changes = np.stack([base - np.log10(skin_colour(0.055, 0.015)),
                        base - np.log10(skin_colour(0.05, 0.0165))])  # fmt: skip
    return np.asarray(changes / np.linalg.norm(changes, axis=1, keepdims=True))
