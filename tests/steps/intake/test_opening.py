"""Opening photos of every kind: pixels come back as they were, refusals are typed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutis.core.errors import (
    DecodeLimitError,
    InputError,
    PhotoTooLargeError,
    UnreadablePhotoError,
    UnsupportedPhotoError,
)
from cutis.steps.intake import IntakeLimits, open_photo

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

LOSSLESS = [("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})]
LOSSY = [("JPEG", {"quality": 90}), ("WEBP", {"quality": 90}), ("AVIF", {"quality": 90})]


@pytest.mark.parametrize(("kind", "options"), LOSSLESS)
def test_lossless_pixels_come_back_exactly(
    kind: str, options: dict[str, Any], scene: Picture, encode: Encoder
):
    photo = open_photo(encode(scene, kind, **options))
    assert np.array_equal(photo.rgb, scene)
    assert not photo.info.lossy
    assert (photo.width_px, photo.height_px) == (64, 48)


@pytest.mark.parametrize(("kind", "options"), LOSSY)
def test_lossy_pixels_equal_those_of_pillow(
    kind: str, options: dict[str, Any], scene: Picture, encode: Encoder
):
    data = encode(scene, kind, **options)
    photo = open_photo(data)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(photo.rgb, np.asarray(image.convert("RGB")))
    assert photo.info.lossy


def test_facts_of_the_file(scene: Picture, encode: Encoder):
    data = encode(scene, "JPEG", quality=83)
    info = open_photo(data).info
    assert info.source_format == "JPEG"
    assert info.sha256 == hashlib.sha256(data).hexdigest()
    assert info.size_bytes == len(data)
    assert info.bit_depth == 8
    assert info.colour_profile == "sRGB (assumed)"
    assert info.jpeg_quality == 83
    assert (info.scaled_by, info.damaged, info.warnings) == (1.0, False, ())


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview])
def test_every_kind_of_bytes(wrap: Callable[[Any], Any], scene: Picture, encode: Encoder):
    assert open_photo(wrap(encode(scene, "PNG"))).rgb.shape == scene.shape


@pytest.mark.parametrize("wrap", [str, Path])
def test_every_kind_of_path(
    wrap: Callable[[Any], Any], scene: Picture, encode: Encoder, tmp_path: Path
):
    path = tmp_path / "photo.bin"
    path.write_bytes(encode(scene, "PNG"))
    assert np.array_equal(open_photo(wrap(path)).rgb, scene)


def test_pixels_may_be_written_and_are_the_callers_own(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    first, second = open_photo(data), open_photo(data)
    first.rgb[:] = 0
    assert np.array_equal(second.rgb, scene)


@pytest.mark.parametrize("source", [3, None, ["photo.jpg"]])
def test_other_sources_are_the_callers_mistake(source: Any):
    with pytest.raises(InputError, match="bytes or as a path"):
        open_photo(source)


def test_digest_is_compared(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    digest = hashlib.sha256(data).hexdigest()
    open_photo(data, expected_sha256=digest.upper())
    with pytest.raises(UnreadablePhotoError, match="SHA-256"):
        open_photo(data, expected_sha256="0" * 64)
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        open_photo(data, expected_sha256="abc")


def test_missing_file_is_refused_without_its_path(tmp_path: Path):
    with pytest.raises(UnreadablePhotoError, match="no such file") as caught:
        open_photo(tmp_path / "someone.jpg")
    assert "someone" not in str(caught.value)


def test_folder_is_refused(tmp_path: Path):
    with pytest.raises(UnreadablePhotoError, match="folder"):
        open_photo(tmp_path)


def test_name_with_a_null_character_is_refused():
    with pytest.raises(UnreadablePhotoError, match="null character"):
        open_photo("photo\0.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes on disk")
def test_pipe_and_device_are_refused_without_waiting(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadablePhotoError, match="pipe"):
        open_photo(tmp_path / "pipe")
    with pytest.raises(UnreadablePhotoError, match="device"):
        open_photo("/dev/zero")


def test_huge_file_is_refused_unread(tmp_path: Path):
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PhotoTooLargeError, match="at most 128 MiB"):
        open_photo(path)


def test_byte_cap(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    open_photo(data, IntakeLimits(max_bytes=len(data)))
    with pytest.raises(PhotoTooLargeError):
        open_photo(data, IntakeLimits(max_bytes=len(data) - 1))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (IntakeLimits(max_pixels=48 * 64 - 1), PhotoTooLargeError),
        (IntakeLimits(max_side_px=63), PhotoTooLargeError),
        (IntakeLimits(min_side_px=49), UnsupportedPhotoError),
    ],
)
def test_size_limits_hold_for_every_kind(
    kind: str, limits: IntakeLimits, error: type[Exception], scene: Picture, encode: Encoder
):
    data = encode(scene, kind)
    open_photo(data, IntakeLimits(max_pixels=48 * 64, max_side_px=64, min_side_px=48))
    with pytest.raises(error, match="64"):
        open_photo(data, limits)


def test_limits_must_be_positive():
    with pytest.raises(InputError, match="max_pixels"):
        IntakeLimits(max_pixels=0)


def test_too_little_memory_is_a_limit_error(encode: Encoder):
    data = encode(np.zeros((3000, 4000, 3), np.uint8), "PNG")
    with pytest.raises(DecodeLimitError, match="memory"):
        open_photo(data, IntakeLimits(decode_memory_bytes=20 << 20))
    assert open_photo(data).rgb.shape == (3000, 4000, 3)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "JPEG2000", "ICO", "PDF"])
def test_other_pictures_are_unsupported_and_say_what_is_read(
    kind: str, scene: Picture, encode: Encoder
):
    with pytest.raises(UnsupportedPhotoError, match="Photos are read as JPEG, PNG"):
        open_photo(encode(scene, kind))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<svg/>", "SVG"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 20, "video"),
        (b"\x1aE\xdf\xa3" + b"\x00" * 20, "video"),
        (b"PK\x03\x04" + b"\x00" * 20, "ZIP"),
        (b"GIF89a" + b"\x00" * 20, "GIF"),
    ],
)
def test_other_files_are_named(data: bytes, kind: str):
    with pytest.raises(UnsupportedPhotoError, match=kind):
        open_photo(data)


def test_empty_file_is_unreadable():
    with pytest.raises(UnreadablePhotoError, match="empty"):
        open_photo(b"")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_first_of_several_pictures_is_read(kind: str, scene: Picture, encode: Encoder):
    other = Image.fromarray(255 - scene)
    options = {} if kind == "AVIF" else {"lossless": True} if kind == "WEBP" else {}
    data = encode(scene, kind, save_all=True, append_images=[other, other], **options)
    photo = open_photo(data)
    assert "The file holds several pictures; the first was read." in photo.info.warnings
    assert np.abs(photo.rgb.astype(int) - scene).mean() < 3


def test_too_many_pictures_are_refused(scene: Picture, encode: Encoder):
    other = Image.fromarray(255 - scene)
    data = encode(scene, "TIFF", save_all=True, append_images=[other] * 5)
    open_photo(data, IntakeLimits(max_frames=6))
    with pytest.raises(PhotoTooLargeError, match="at most 5 pictures"):
        open_photo(data, IntakeLimits(max_frames=5))


def test_multi_picture_jpeg_of_a_phone_gives_its_first_picture(scene: Picture, encode: Encoder):
    other = Image.fromarray(255 - scene)
    data = encode(scene, "MPO", save_all=True, append_images=[other])
    photo = open_photo(data)
    with Image.open(io.BytesIO(encode(scene, "JPEG"))) as image:
        assert np.array_equal(photo.rgb, np.asarray(image))
    assert photo.info.source_format == "JPEG"


@pytest.mark.parametrize(("limit", "scale"), [(48 * 64, 1.0), (48 * 64 - 1, 0.5), (200, 0.25)])
def test_very_large_jpeg_is_decoded_smaller_and_says_so(
    limit: int, scale: float, scene: Picture, encode: Encoder
):
    photo = open_photo(encode(scene, "JPEG"), IntakeLimits(max_decode_px=limit))
    assert photo.info.scaled_by == scale
    assert photo.rgb.shape[:2] == (48 * scale, 64 * scale)
    reduced = any("reduced size" in warning for warning in photo.info.warnings)
    assert reduced == (scale < 1)
    small = np.asarray(Image.fromarray(scene).resize(photo.rgb.shape[1::-1], Image.Resampling.BOX))
    assert np.abs(photo.rgb.astype(int) - small).max() < 12
