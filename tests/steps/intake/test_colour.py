"""From a file's colours to sRGB: profiles, CMYK, CIELab, grey, palettes, alpha, 16 bits."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, rgb2lab

from cutis.steps.intake import open_photo
from cutis.steps.intake.decoders.alpha import over_white
from cutis.steps.intake.decoders.colour import rgb8_to_srgb, to_eight_bits
from cutis.steps.intake.decoders.profile import (
    ProfileError,
    is_srgb,
    numbered_profile,
    parse_matrix_profile,
)
from cutis.steps.intake.decoders.shaper import to_srgb8

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

SPACES = [("DISPLAY_P3", 2.2, "Display P3"), ("ADOBE_RGB", 563 / 256, "Adobe RGB (1998)")]
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))


def srgb_of(codes: NDArray[Any], to_xyz: NDArray[Any], gamma: float, srgb_to_xyz: NDArray[Any]):
    """What a matrix profile means in sRGB, 0 to 1, by the formula of ICC.1 alone."""
    linear = np.clip(codes**gamma @ to_xyz.T @ np.linalg.inv(srgb_to_xyz).T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def delta_e(first: NDArray[Any], second: NDArray[Any]):
    """CIEDE2000 between two pictures with values from 0 to 1."""
    return deltaE_ciede2000(rgb2lab(first), rgb2lab(second)).max()


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(("space", "gamma", "name"), SPACES)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_wide_gamut_photo_comes_to_srgb(
    kind: str,
    space: str,
    gamma: float,
    name: str,
    scene: Picture,
    encode: Encoder,
    made: ModuleType,
):
    primaries = getattr(made, space)
    profile = made.matrix_profile(primaries, gamma, name)
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    photo = open_photo(encode(scene, kind, icc_profile=profile, **options))
    expected = srgb_of(scene / 255, made._adapted(primaries), gamma, made._adapted(SRGB))
    assert photo.info.colour_profile == name
    assert delta_e(photo.rgb / 255, expected) < (3.0 if kind == "JPEG" else 1.0)
    assert delta_e(scene / 255, expected) > 4.0


@pytest.mark.parametrize(("space", "gamma", "name"), SPACES)
def test_shaper_equals_little_cms_to_one_step(
    space: str, gamma: float, name: str, made: ModuleType
):
    profile = made.matrix_profile(getattr(made, space), gamma, name)
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 52, 3)
    ours = to_srgb8(grid, parse_matrix_profile(profile))
    theirs = ImageCms.profileToProfile(
        Image.fromarray(grid),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    assert np.abs(ours.astype(int) - np.asarray(theirs)).max() <= 1


@pytest.mark.parametrize(("space", "gamma", "name"), SPACES)
def test_wide_gamut_with_16_bits(
    space: str, gamma: float, name: str, scene: Picture, made: ModuleType
):
    primaries = getattr(made, space)
    deep = scene.astype(np.uint16) * 257
    buffer = io.BytesIO()
    profile = made.matrix_profile(primaries, gamma, name)
    tifffile.imwrite(buffer, deep, photometric="rgb", iccprofile=profile)
    photo = open_photo(buffer.getvalue())
    expected = srgb_of(deep / 65535, made._adapted(primaries), gamma, made._adapted(SRGB))
    assert np.abs(photo.rgb16 - 65535 * expected).max() < 80
    assert np.array_equal(photo.rgb, to_eight_bits(photo.rgb16))


def test_srgb_profile_changes_nothing(scene: Picture, encode: Encoder):
    photo = open_photo(encode(scene, "PNG", icc_profile=srgb_profile()))
    assert np.array_equal(photo.rgb, scene)
    assert photo.info.colour_profile == "sRGB"
    assert is_srgb(parse_matrix_profile(srgb_profile()))


def test_name_of_a_profile_is_never_taken_from_the_file(
    scene: Picture, encode: Encoder, made: ModuleType
):
    profile = made.matrix_profile(made.DISPLAY_P3, 1.8, "Jane Doe's monitor")
    info = open_photo(encode(scene, "PNG", icc_profile=profile)).info
    assert info.colour_profile == "embedded RGB profile"


@pytest.mark.parametrize("profile", [b"nonsense" * 40, srgb_profile()[:200], b"\x00"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_broken_profile_is_said_and_srgb_assumed(
    kind: str, profile: bytes, scene: Picture, encode: Encoder
):
    options = {"lossless": True} if kind == "WEBP" else {}
    photo = open_photo(encode(scene, kind, icc_profile=profile, **options))
    plain = open_photo(encode(scene, kind, **options))
    assert np.array_equal(photo.rgb, plain.rgb)
    assert photo.info.warnings == ("The colour profile is broken; sRGB was assumed.",)


def test_profile_for_another_space_is_taken_as_broken(scene: Picture):
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    pixels, name, cautions = rgb8_to_srgb(scene, grey)
    assert np.array_equal(pixels, scene)
    assert (name, cautions) == ("sRGB (assumed)", ("profile_broken",))


@given(st.binary(max_size=400))
def test_any_bytes_as_profile_are_refused_in_one_way(raw: bytes):
    header = b"\x00" * 16 + b"RGB XYZ " + b"\x00" * 12 + b"acsp" + b"\x00" * 88
    for profile in (raw, header + raw):
        try:
            parse_matrix_profile(profile)
        except ProfileError:
            continue


def test_colours_named_by_number(made: ModuleType):
    """Display P3 by number gives what Display P3 by profile gives."""
    numbered = numbered_profile(12)
    assert numbered is not None
    profile, name = numbered
    assert name == "Display P3"
    assert np.abs(profile.to_xyz - made._adapted(made.DISPLAY_P3)).max() < 2e-4
    assert numbered_profile(1) is None


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_without_profile_is_approximate(kind: str, encode: Encoder):
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[:, 16:, 0] = 255
    photo = open_photo(encode(Image.fromarray(inks, "CMYK"), kind))
    assert np.abs(photo.rgb[8, 4].astype(int) - (255, 255, 255)).max() < 6
    assert np.abs(photo.rgb[8, 28].astype(int) - (0, 255, 255)).max() < 6
    assert photo.info.warnings == (
        "The photo is CMYK without a profile; its colours are approximate.",
    )


def test_cielab_tiff_comes_to_srgb(scene: Picture):
    lab = ImageCms.profileToProfile(
        Image.fromarray(scene),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    buffer = io.BytesIO()
    lab.save(buffer, "TIFF")
    photo = open_photo(buffer.getvalue())
    assert delta_e(photo.rgb / 255, scene / 255) < 2.5


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_grey_photo_has_three_equal_channels(kind: str, scene: Picture, encode: Encoder):
    photo = open_photo(encode(scene[..., 1], kind))
    assert np.array_equal(photo.rgb[..., 0], photo.rgb[..., 1])
    assert np.array_equal(photo.rgb[..., 0], photo.rgb[..., 2])
    assert np.abs(photo.rgb[..., 0].astype(int) - scene[..., 1]).max() < 4


def test_palette_photo(scene: Picture, encode: Encoder):
    image = Image.fromarray(scene).quantize(64)
    photo = open_photo(encode(image, "PNG"))
    assert np.array_equal(photo.rgb, np.asarray(image.convert("RGB")))


def test_palette_with_a_transparent_colour(encode: Encoder):
    image = Image.new("P", (20, 20), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 10, 20))
    photo = open_photo(encode(image, "PNG", transparency=0))
    assert photo.rgb[5, 5].tolist() == [255, 255, 255]
    assert photo.rgb[5, 15].tolist() == [200, 100, 50]
    assert photo.info.warnings == ("Transparent parts were filled with white.",)


def test_black_and_white_picture(encode: Encoder):
    photo = open_photo(encode(Image.new("1", (20, 20), 1), "PNG"))
    assert (photo.rgb == 255).all()
    assert photo.info.warnings == ("The picture holds black and white only.",)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparent_parts_become_white(kind: str, scene: Picture, encode: Encoder):
    alpha = np.tile(np.linspace(0, 255, 64).round().astype(np.uint8), (48, 1))
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    photo = open_photo(encode(np.dstack((scene, alpha)), kind, **options))
    share = alpha[..., None] / 255
    expected = scene * share + 255 * (1 - share)
    assert np.abs(photo.rgb - expected).max() <= 0.5 + 1e-9
    assert "Transparent parts were filled with white." in photo.info.warnings


def test_full_alpha_says_nothing(scene: Picture, encode: Encoder):
    photo = open_photo(encode(np.dstack((scene, np.full((48, 64), 255, np.uint8))), "PNG"))
    assert np.array_equal(photo.rgb, scene)
    assert photo.info.warnings == ()


def test_alpha_that_is_multiplied_in_already():
    half = np.array([[[100, 50, 0, 128]]], np.uint8)
    assert over_white(half, premultiplied=True)[0].tolist() == [[[227, 177, 127]]]


def deep_scene() -> np.ndarray:
    generator = np.random.default_rng(5)
    return generator.integers(0, 65536, (24, 40, 3), dtype=np.uint16)


def deep_png(pixels: np.ndarray) -> bytes:
    order = cv2.COLOR_RGB2BGR if pixels.ndim == 3 and pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    stored = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, order)
    return cv2.imencode(".png", stored)[1].tobytes()


def deep_tiff(pixels: np.ndarray, **options: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        deep_png(deep_scene()),
        deep_tiff(deep_scene(), photometric="rgb"),
        deep_tiff(deep_scene(), photometric="rgb", byteorder=">"),
        deep_tiff(deep_scene(), photometric="rgb", compression="zlib", predictor=True),
        deep_tiff(deep_scene(), photometric="rgb", tile=(16, 16)),
    ],
    ids=["png", "tiff", "big-endian", "deflate", "tiles"],
)
def test_16_bits_come_back_exactly(data: bytes):
    photo = open_photo(data)
    assert np.array_equal(photo.rgb16, deep_scene())
    assert np.array_equal(photo.rgb, np.round(deep_scene() / 257).astype(np.uint8))
    assert photo.info.bit_depth == 16


def test_16_bit_grey():
    grey = deep_scene()[..., 0]
    for data in (deep_png(grey), deep_tiff(grey, photometric="minisblack")):
        photo = open_photo(data)
        assert np.array_equal(photo.rgb16, np.repeat(grey[..., None], 3, axis=2))


def test_16_bit_grey_that_counts_from_white():
    grey = deep_scene()[..., 0]
    photo = open_photo(deep_tiff(grey, photometric="miniswhite"))
    assert np.array_equal(photo.rgb16[..., 0], 65535 - grey)


def test_16_bit_alpha_becomes_white():
    pixels = np.dstack((deep_scene(), deep_scene()[..., :1]))
    alpha = pixels[..., 3:] / 65535
    for data in (
        deep_png(pixels),
        deep_tiff(pixels, photometric="rgb", extrasamples=["unassalpha"]),
    ):
        photo = open_photo(data)
        expected = pixels[..., :3] * alpha + 65535 * (1 - alpha)
        assert np.abs(photo.rgb16 - expected).max() <= 0.5 + 1e-6


@given(st.integers(0, 65535))
def test_eight_bits_are_rounded_exactly(value: int):
    assert int(to_eight_bits(np.array([[value]], np.uint16))[0, 0]) == round(value / 257)


def test_16_bit_photo_with_a_table_profile_keeps_8_bits(encode: Encoder, made: ModuleType):
    """A profile of another kind than curves and matrix goes the 8-bit way, and says so."""
    profile = made.matrix_profile(made.DISPLAY_P3, 2.2, "Display P3").replace(b"rTRC", b"xTRC")
    data = deep_tiff(deep_scene(), photometric="rgb", iccprofile=profile)
    photo = open_photo(data)
    assert photo.rgb16 is None
    assert "The photo was read with 8 bits a channel; the file holds more." in photo.info.warnings


def test_gamma_of_a_png_is_not_applied_and_said(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    chunk = (4).to_bytes(4, "big") + b"gAMA" + (100_000).to_bytes(4, "big")
    import zlib  # noqa: PLC0415

    chunk += zlib.crc32(chunk[4:]).to_bytes(4, "big")
    photo = open_photo(data[:33] + chunk + data[33:])
    assert np.array_equal(photo.rgb, scene)
    assert photo.info.warnings == ("The PNG states a gamma other than sRGB's; sRGB was assumed.",)
