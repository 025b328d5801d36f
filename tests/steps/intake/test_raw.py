"""Camera RAW: a DNG made here, whose colours are known."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from cutis.core.errors import MissingExtraError, PhotoTooLargeError, UnreadablePhotoError
from cutis.steps.intake import IntakeLimits, open_photo
from cutis.steps.intake.decoders.raw import decode_raw
from cutis.steps.intake.refusals import Reason, Refused, error_for

pytest.importorskip("rawpy", reason="the extra `raw` is not installed")


def mosaic(red: int, green: int, blue: int, shape: tuple[int, int] = (64, 96)) -> np.ndarray:
    """An evenly coloured RGGB mosaic of linear sensor values."""
    sensor = np.full(shape, green, np.uint16)
    sensor[::2, ::2] = red
    sensor[1::2, 1::2] = blue
    return sensor


def encoded(linear: float) -> float:
    """The sRGB code of linear light, 0 to 65535 (IEC 61966-2-1)."""
    share = linear / 65535
    code = 12.92 * share if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055
    return code * 65535


def test_known_colours_come_out(made: ModuleType):
    photo = open_photo(made.dng(mosaic(30_000, 20_000, 10_000)))
    middle = photo.rgb16[20:44, 20:76].reshape(-1, 3).mean(axis=0)
    expected = [encoded(value) for value in (30_000, 20_000, 10_000)]
    assert np.abs(middle - expected).max() < 65535 * 0.002
    assert photo.info.source_format == "camera RAW"
    assert photo.info.bit_depth == 16
    assert photo.info.warnings == (
        "The camera RAW was developed with the camera's white balance and without brightening.",
    )


def test_white_balance_of_the_camera_is_used(made: ModuleType):
    photo = open_photo(made.dng(mosaic(10_000, 20_000, 10_000), neutral=0.5))
    middle = photo.rgb16[20:44, 20:76].reshape(-1, 3).mean(axis=0)
    assert np.ptp(middle) < 65535 * 0.002


def test_orientation_of_the_camera_is_used(made: ModuleType):
    sensor = mosaic(20_000, 20_000, 20_000)
    sensor[:32, :48] = 5_000
    photo = open_photo(made.dng(sensor, orientation=6))
    assert photo.rgb.shape == (96, 64, 3)
    assert photo.rgb[20, 48].mean() < photo.rgb[20, 16].mean()
    assert photo.rgb[20, 48].mean() < photo.rgb[80, 48].mean()


def test_camera_is_kept_and_the_artist_is_not(made: ModuleType):
    photo = open_photo(made.dng(mosaic(9_000, 9_000, 9_000)))
    assert photo.info.camera == "Canon EOS R5"
    assert "Secret" not in repr(photo.info)


def test_size_is_checked_before_development(made: ModuleType):
    data = made.dng(mosaic(9_000, 9_000, 9_000))
    with pytest.raises(PhotoTooLargeError, match="96 by 64"):
        open_photo(data, IntakeLimits(max_side_px=95))


def test_very_large_photo_is_developed_at_half_size(made: ModuleType):
    photo = open_photo(made.dng(mosaic(9_000, 9_000, 9_000)), IntakeLimits(max_decode_px=6_000))
    assert photo.rgb.shape == (32, 48, 3)
    assert photo.info.scaled_by == 0.5
    assert any("reduced size" in warning for warning in photo.info.warnings)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_truncated_file_is_refused(share: float, made: ModuleType):
    data = made.dng(mosaic(9_000, 9_000, 9_000))
    with pytest.raises(UnreadablePhotoError):
        open_photo(data[: int(len(data) * share)])


def test_without_the_extra_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(Refused) as caught:
        decode_raw(memoryview(b""), IntakeLimits())
    assert caught.value.reason is Reason.NEEDS_RAW
    error = error_for(caught.value)
    assert isinstance(error, MissingExtraError)
    assert 'pip install "cutis[raw]"' in str(error)
