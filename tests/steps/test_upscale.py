"""Enhancement: the policy, the tiles, and what happens where a network is not true to the photo."""

from __future__ import annotations

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.core.ports import Upscaler
from cutis.imaging.resample import resize_rgb
from cutis.steps.upscale import UpscaleLimits, enhance, plan_enhancement
from cutis.testing import FakeUpscaler, sample_photo


def small_photo() -> np.ndarray:
    return resize_rgb(sample_photo(), (90, 70))


@pytest.mark.parametrize(
    ("inter_eye_px", "blur_px", "scale"),
    [(120, 1.0, 1), (90, 1.0, 1), (60, 1.0, 2), (30, 1.0, 4), (30, None, 4), (60, 4.0, 1)],
)
def test_small_sharp_faces_are_enhanced(inter_eye_px: float, blur_px: float | None, scale: int):
    plan = plan_enhancement(inter_eye_px, blur_px)
    assert plan.scale == scale
    assert plan.reason


def test_the_stand_in_is_an_upscaler():
    assert isinstance(FakeUpscaler(), Upscaler)


@pytest.mark.parametrize("scale", [2, 4])
def test_what_is_drawn_equals_the_photo_when_reduced_again(scale: int):
    photo = small_photo()
    made = enhance(photo, FakeUpscaler(), scale)
    assert made.rgb.shape == (90 * scale, 70 * scale, 3)
    again = resize_rgb(made.rgb, photo.shape[:2]).astype(int)
    assert np.abs(again - photo).mean() < 2
    assert made.drawn_share > 0.9
    assert made.consistency_db > 36


def test_a_false_part_falls_back_to_bicubic_and_says_so():
    """A tint that back-projection cannot take away, on the right: it alone is undone."""
    photo = small_photo()
    strict = UpscaleLimits(least_psnr_db=30.0)
    made = enhance(photo, FakeUpscaler(offset=2000.0, false_from=35), 4, strict)
    bicubic = resize_rgb(photo, made.rgb.shape[:2])
    right = np.s_[:, 4 * 52 :]
    assert made.drawn[:, : 4 * 16].mean() > 0.8
    assert "bicubic" in made.sentence
    assert (
        np.abs(
            made.rgb[right].astype(int)[~made.drawn[right]] - bicubic[right][~made.drawn[right]]
        ).max(initial=0)
        <= 1
    )


def test_tiles_leave_no_seam():
    photo = small_photo()
    limits = UpscaleLimits(tile_px=32, margin_px=16)
    tiled, whole = (enhance(photo, FakeUpscaler(), 2, limits_).rgb for limits_ in (limits, None))
    assert np.abs(tiled.astype(int) - whole).max() <= 1


def test_scales_and_sizes_are_refused():
    photo = small_photo()
    with pytest.raises(InputError, match="2 or 4"):
        enhance(photo, FakeUpscaler(), 3)
    with pytest.raises(InputError, match="2 or 4"):
        enhance(photo, FakeUpscaler(scale=2), 4)
    with pytest.raises(InputError, match="megapixels"):
        enhance(photo, FakeUpscaler(), 4, UpscaleLimits(most_pixels=1000))
