"""NIQE: its fit, its distance, and that blur and noise are told from photos."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.evaluation.naturalness import Pristine, _asymmetric_fit, fit_pristine, niqe


def textured(seed: int, slope: float = 1.0) -> np.ndarray:
    """Noise whose spectrum falls with the frequency, as that of photos does."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.fft2(rng.standard_normal((192, 288)))
    y, x = np.meshgrid(np.fft.fftfreq(192), np.fft.fftfreq(288), indexing="ij")
    values = np.real(np.fft.ifft2(spectrum / np.maximum(np.hypot(x, y), 1 / 288) ** slope))
    return 128 + 40 * (values - values.mean()) / values.std()


def pristine() -> Pristine:
    return fit_pristine(textured(seed) for seed in range(14))


def test_a_gaussian_is_fitted_as_a_gaussian():
    """Shape 2, and the width is σ√2."""
    shape, left, right = _asymmetric_fit(np.random.default_rng(0).normal(0, 3, (400, 400)))
    assert shape == pytest.approx(2.0, abs=0.05)
    assert left == pytest.approx(3 * 2**0.5, rel=0.02)
    assert right == pytest.approx(left, rel=0.02)


def test_blur_and_grain_are_less_natural():
    model, own = pristine(), niqe(textured(50), pristine())
    assert niqe(textured(50, slope=2.5), model) > 1.5 * own
    grain = textured(50) + np.random.default_rng(1).normal(0, 60, (192, 288))
    assert niqe(np.clip(grain, 0, 255), model) > 1.5 * own


def test_small_pictures_are_refused():
    with pytest.raises(InputError, match="two blocks"):
        niqe(textured(0)[:100, :100], pristine())
    with pytest.raises(InputError, match="72 blocks"):
        fit_pristine([textured(0)])
