"""Separation of melanin, haemoglobin and shading: exact on its own mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.imaging.chromophores import DARKEST, optical_density, separate, separation_matrix
from cutis.imaging.skin_optics import absorption_vectors, skin_colour

law = settings(deadline=None, max_examples=40, derandomize=True)
density = st.floats(-0.2, 0.7)


def mixture(melanin: float, haemoglobin: float, shading: float) -> np.ndarray:
    """One pixel of light that is left over by known densities along the unit vectors."""
    vectors = [*absorption_vectors(), np.full(3, 3**-0.5)]
    amounts = (melanin, haemoglobin, shading)
    total = sum(amount * vector for amount, vector in zip(amounts, vectors, strict=True))
    return (10.0**-total).astype(np.float32)[None, None]


@law
@given(density, density, density)
def test_a_known_mixture_is_undone(melanin: float, haemoglobin: float, shading: float):
    found = separate(mixture(melanin, haemoglobin, shading))
    values = [float(m[0, 0]) for m in (found.melanin, found.haemoglobin, found.shading)]
    assert values == pytest.approx([melanin, haemoglobin, shading], abs=2e-4)


def test_the_matrix_undoes_the_vectors():
    columns = np.column_stack([*absorption_vectors(), np.full(3, 3**-0.5)])
    assert separation_matrix() @ columns == pytest.approx(np.eye(3), abs=1e-4)


@law
@given(st.floats(0.05, 1.0))
def test_less_light_is_shading_and_no_pigment(light: float):
    skin = np.array([[[0.4, 0.22, 0.15]]], np.float32)
    full, dim = separate(skin), separate(skin * np.float32(light))
    assert (dim.melanin - full.melanin).item() == pytest.approx(0, abs=1e-4)
    assert (dim.haemoglobin - full.haemoglobin).item() == pytest.approx(0, abs=1e-4)
    expected = -np.log10(light) * 3**0.5
    assert (dim.shading - full.shading).item() == pytest.approx(expected, abs=1e-4)


def test_white_has_no_density_and_black_a_bounded_one():
    assert optical_density(np.ones((1, 1, 3), np.float32)).max() == 0
    black = optical_density(np.zeros((1, 1, 3), np.float32))
    assert black == pytest.approx(-np.log10(DARKEST))


def test_white_balance_moves_the_zero_and_not_the_differences():
    rng = np.random.default_rng(0)
    skin = rng.uniform(0.1, 0.6, (6, 6, 3)).astype(np.float32)
    warm = skin * np.array([1.0, 0.9, 0.7], np.float32)
    for name in ("melanin", "haemoglobin", "shading"):
        plain, shifted = getattr(separate(skin), name), getattr(separate(warm), name)
        assert shifted - shifted[0, 0] == pytest.approx(plain - plain[0, 0], abs=1e-4)


@pytest.mark.parametrize("melanin", [0.02, 0.05, 0.12])
@pytest.mark.parametrize("blood", [0.005, 0.015, 0.03])
def test_more_of_one_chromophore_is_seen_as_that_one(melanin: float, blood: float):
    """The model's skin of other tones than the one that the vectors were made of.

    Melanin is hardly taken for blood; blood is taken for some melanin in very pale skin.
    """
    base = separate(_pixel(melanin, blood))
    darker, redder = separate(_pixel(melanin * 1.3, blood)), separate(_pixel(melanin, blood * 1.5))
    tan = (darker.melanin - base.melanin).item(), (darker.haemoglobin - base.haemoglobin).item()
    red = (redder.melanin - base.melanin).item(), (redder.haemoglobin - base.haemoglobin).item()
    assert abs(tan[1]) < 0.12 * tan[0]
    assert abs(red[0]) < 0.4 * red[1]


def _pixel(melanin: float, blood: float) -> np.ndarray:
    return skin_colour(melanin, blood).astype(np.float32)[None, None]
