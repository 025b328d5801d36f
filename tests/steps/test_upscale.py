"""Enhancement: the policy, the tiles, and what happens where a network is not true to the photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.core.masks import SkinMask
from cutis.core.ports import Upscaler
from cutis.imaging.resample import resize_rgb
from cutis.steps.upscale import (
    UpscaleLimits,
    cut_around,
    enhance,
    face_again,
    landmarks_in_photo,
    plan_enhancement,
    skin_in_photo,
)
from cutis.testing import FakeUpscaler, sample_crop, sample_photo
from cutis.testing.pictures import sample_landmarks


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


def test_tiles_are_even_and_no_longer_than_they_may_be(monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[int, ...]] = []
    plain = FakeUpscaler.enlarge

    def counted(self: FakeUpscaler, rgb: np.ndarray) -> np.ndarray:
        seen.append(rgb.shape[:2])
        return plain(self, rgb)

    monkeypatch.setattr(FakeUpscaler, "enlarge", counted)
    enhance(small_photo(), FakeUpscaler(), 2, UpscaleLimits(tile_px=50, margin_px=4))
    assert seen == [(49, 39)] * 4


def test_what_is_enlarged_around_a_face_stays_within_the_photo():
    face = sample_landmarks()
    shape = sample_photo().shape[:2]
    x0, y0, x1, y1 = cut_around(face, shape, UpscaleLimits(around=0.1))
    assert 0 <= x0 < face.box[0] < face.box[2] < x1 <= shape[1]
    assert 0 <= y0 < face.box[1] < face.box[3] < y1 <= shape[0]
    assert cut_around(face, shape, UpscaleLimits(around=9)) == (0, 0, shape[1], shape[0])


def test_landmarks_of_an_enlarged_cut_come_back_to_their_place():
    face, box = sample_landmarks(), (12, 7, 90, 80)
    back = landmarks_in_photo(face, box, 4)
    assert np.allclose((back.points - box[:2]) * 4, face.points, atol=1e-3)
    assert back.inter_eye_px == pytest.approx(face.inter_eye_px / 4)
    assert back.scale.mm_per_px == pytest.approx(face.scale.mm_per_px * 4)
    assert back.pose == face.pose


def test_the_same_face_is_known_again_and_no_other_one():
    face, box = sample_landmarks(), (12, 7, 90, 80)
    known = landmarks_in_photo(face, box, 4)
    aside = replace(known, points=known.points + np.float32(0.4 * known.inter_eye_px))
    near = replace(known, points=known.points + np.float32(0.1 * known.inter_eye_px))
    assert face_again([face], known, box, 4) is face
    assert face_again([face], near, box, 4) is face
    assert face_again([face], aside, box, 4) is None
    assert face_again([], known, box, 4) is None
    other = replace(face, points=face.points + np.float32(4 * known.inter_eye_px))
    assert face_again([other, face], known, box, 4) is face
    assert face_again([other], known, box, 4) is None


def test_skin_comes_back_to_the_same_crop_unchanged():
    crop = sample_crop()
    skin = crop.oval & ~crop.excluded
    none = np.zeros_like(skin)
    back = skin_in_photo(SkinMask(skin, none, none, "drawn", 1.0), crop, crop)
    assert (back.skin == skin).all()
    assert not back.glare.any()
