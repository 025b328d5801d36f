"""The optics of skin against published anchors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.core.vocabulary import ItaGroup
from cutis.imaging.colour import ita_to_group, lab_to_ita_deg, linear_to_lab
from cutis.imaging.skin_optics import (
    DEOXYHAEMOGLOBIN,
    OXYHAEMOGLOBIN,
    WAVELENGTH_NM,
    absorption_vectors,
    blood_absorption,
    eumelanin_absorption,
    linear_srgb_weights,
    reduced_scattering,
    reflectance,
    skin_colour,
)

law = settings(deadline=None, max_examples=30, derandomize=True)
melanin_shares, blood_shares = st.floats(0.01, 0.2), st.floats(0.003, 0.05)


def at(nm: int) -> int:
    return int(np.flatnonzero(nm == WAVELENGTH_NM)[0])


def vectors_of(melanin: float, blood: float) -> np.ndarray:
    """Unit density vectors of a small change of melanin and of blood in other skin."""
    base = np.log10(skin_colour(melanin, blood))
    more = [skin_colour(melanin * 1.02, blood), skin_colour(melanin, blood * 1.02)]
    changes = np.stack([base - np.log10(colour) for colour in more])
    return changes / np.linalg.norm(changes, axis=1, keepdims=True)


def degrees_between(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def test_the_spectra_cover_the_same_wavelengths():
    assert len(WAVELENGTH_NM) == len(OXYHAEMOGLOBIN) == len(DEOXYHAEMOGLOBIN) == 31
    assert (WAVELENGTH_NM[0], WAVELENGTH_NM[-1]) == (400, 700)


def test_haemoglobin_has_its_isosbestic_points():
    """Both forms absorb alike at 500, 529, 545, 570 and 584 nm (Prahl; Zijlstra 1991)."""
    sign = np.sign(OXYHAEMOGLOBIN - DEOXYHAEMOGLOBIN)
    changes = WAVELENGTH_NM[:-1][np.diff(sign) != 0]
    assert changes.tolist() == [420, 450, 500, 520, 540, 570, 580]
    assert OXYHAEMOGLOBIN[at(500)] == pytest.approx(DEOXYHAEMOGLOBIN[at(500)], rel=0.01)
    assert OXYHAEMOGLOBIN[at(570)] == pytest.approx(DEOXYHAEMOGLOBIN[at(570)], rel=0.02)


def test_oxyhaemoglobin_has_its_two_bands():
    """The α and β bands lie near 577 and 542 nm, with a valley near 560."""
    assert OXYHAEMOGLOBIN[at(540)] > OXYHAEMOGLOBIN[at(560)] < OXYHAEMOGLOBIN[at(580)]
    assert WAVELENGTH_NM[OXYHAEMOGLOBIN.argmax()] == 420  # the Soret band


def test_whole_blood_absorbs_as_published():
    """About 280 per cm near 540 nm and 2 to 8 per cm near 650 nm at 150 g/l (Jacques 2013)."""
    assert blood_absorption()[at(540)] == pytest.approx(280, rel=0.05)
    assert 2 < blood_absorption()[at(650)] < 8


def test_melanin_and_scattering_equal_their_formulas():
    """495 per cm at 550 nm inside a melanosome, 46 per cm at 500 nm for scattering (Jacques)."""
    assert eumelanin_absorption()[at(550)] == pytest.approx(494.8, rel=0.001)
    assert reduced_scattering()[at(500)] == pytest.approx(46.0)
    assert (np.diff(eumelanin_absorption()) < 0).all()
    assert (np.diff(reduced_scattering()) < 0).all()


@law
@given(melanin_shares, blood_shares)
def test_more_pigment_gives_less_light_at_every_wavelength(melanin: float, blood: float):
    base = reflectance(melanin, blood)
    assert ((base > 0) & (base < 1)).all()
    assert (reflectance(melanin * 1.1, blood) < base).all()
    assert (reflectance(melanin, blood * 1.1) < base).all()


def test_blood_darkens_green_most_and_red_least():
    loss = np.log10(reflectance(0.03, 0.01) / reflectance(0.03, 0.03))
    assert loss[at(540)] > 5 * loss[at(650)]


def test_white_is_white():
    assert linear_srgb_weights() @ np.ones(31) == pytest.approx(np.ones(3))


def test_skin_gets_darker_in_the_order_of_the_tone_groups():
    """1 to 6 % melanosomes are light skin, 11 to 16 % brown, above 18 % dark (Jacques 1998)."""
    angles = []
    for share in (0.01, 0.03, 0.06, 0.12, 0.2, 0.3):
        lightness, _, b_star = linear_to_lab(skin_colour(share, 0.015))
        angles.append(lab_to_ita_deg(float(lightness), float(b_star)))
    assert angles == sorted(angles, reverse=True)
    groups = [ita_to_group(angle) for angle in angles]
    assert groups[0] is ItaGroup.LIGHT
    assert groups[3] is groups[5] is ItaGroup.BROWN


def test_light_skin_has_the_colour_of_skin():
    """CIE a* of 5 to 25 and b* of 5 to 35 (natural colour of ISO/IEC 29794-5)."""
    for melanin, blood in ((0.02, 0.01), (0.03, 0.015), (0.1, 0.02)):
        lightness, a_star, b_star = linear_to_lab(skin_colour(melanin, blood))
        assert 45 < lightness < 80
        assert 5 < a_star < 25
        assert 5 < b_star < 35


def test_the_vectors_are_units_of_absorption():
    vectors = absorption_vectors()
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    assert (vectors > 0).all()
    melanin, blood = vectors
    assert melanin.argsort().tolist() == [0, 1, 2]  # melanin absorbs ever more towards blue
    assert blood[1] > melanin[1]  # blood takes relatively more green
    assert degrees_between(melanin, blood) > 10


@law
@given(st.floats(0.01, 0.15), st.floats(0.005, 0.03))
def test_the_vectors_are_stable_across_tones(melanin: float, blood: float):
    own, assumed = vectors_of(melanin, blood), absorption_vectors()
    assert degrees_between(own[0], assumed[0]) < 3
    assert (
        degrees_between(own[1], assumed[1]) < 7
    )  # blood's turns towards blue where there is little


def test_the_model_ends_where_its_blue_leaves_srgb():
    """Above about 20 % melanosomes the model is darker in blue than any photo of skin."""
    assert skin_colour(0.2, 0.015).min() > 0.01
    assert skin_colour(0.4, 0.015).min() < 0
