"""PSNR and SSIM against scikit-image, and bicubic against its published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from cutis.core.errors import InputError
from cutis.evaluation.picture_quality import luma, psnr_db, ssim, without_border
from cutis.imaging.resample import resize_rgb

SET5 = Path(__file__).resolve().parents[3] / "shared" / "data" / "dev" / "sr" / "set5"


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (40, 32, 3)).astype(np.uint8)


def test_psnr_equals_the_reference():
    assert psnr_db(drawn(0), drawn(1)) == pytest.approx(
        peak_signal_noise_ratio(drawn(1), drawn(0), data_range=255)
    )


def test_equal_pictures_are_infinitely_near():
    assert psnr_db(drawn(0), drawn(0)) == float("inf")
    assert ssim(drawn(0), drawn(0)) == pytest.approx(1.0)


def test_ssim_equals_the_reference():
    expected = structural_similarity(
        drawn(1),
        drawn(0) // 2 + drawn(1) // 2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=2,
    )
    assert ssim(drawn(0) // 2 + drawn(1) // 2, drawn(1)) == pytest.approx(expected, abs=1e-6)


def test_luma_of_black_and_white():
    assert luma(np.zeros((1, 1, 3), np.uint8))[0, 0] == 16
    assert luma(np.full((1, 1, 3), 255, np.uint8))[0, 0] == pytest.approx(235)


def test_other_sizes_are_refused():
    with pytest.raises(InputError, match="one size"):
        psnr_db(drawn(0), drawn(0)[1:])
    with pytest.raises(InputError, match="11 pixels"):
        ssim(drawn(0)[:8], drawn(0)[:8])


@pytest.mark.skipif(not SET5.is_dir(), reason="Set5 is not at hand (shared/data/dev/sr/set5)")
def test_bicubic_reaches_its_published_figure():
    """28.42 dB and 0.8104 on Set5 by 4 (Ledig et al. 2017, table 2)."""
    found = []
    for file in sorted(SET5.glob("*.png")):
        true = np.array(Image.open(file).convert("RGB"))
        rows, cols = (side // 4 * 4 for side in true.shape[:2])
        true = true[:rows, :cols]
        small = resize_rgb(true, (rows // 4, cols // 4))
        pair = [without_border(luma(p)) for p in (resize_rgb(small, (rows, cols)), true)]
        found.append((psnr_db(*pair), ssim(*pair)))
    psnr, similarity = np.mean(found, axis=0)
    assert psnr == pytest.approx(28.42, abs=0.03)
    assert similarity == pytest.approx(0.8104, abs=0.002)
