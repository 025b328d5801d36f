"""The orientation mark: every one of the eight, in every kind that carries it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from cutis.steps.intake import open_photo
from cutis.steps.intake.decoders.orientation import upright

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

STORED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""How an upright picture is stored under each mark (CIPA DC-008, tag 274)."""


def exif_with(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[274] = orientation
    return exif


@pytest.mark.parametrize("orientation", STORED)
def test_pixels_are_turned(orientation: int, scene: Picture):
    stored = np.ascontiguousarray(STORED[orientation](scene))
    assert np.array_equal(upright(stored, orientation), scene)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})]
)
def test_every_orientation_equals_the_upright_picture(
    kind: str, options: dict[str, Any], orientation: int, scene: Picture, encode: Encoder
):
    stored = np.ascontiguousarray(STORED[orientation](scene))
    photo = open_photo(encode(stored, kind, exif=exif_with(orientation), **options))
    assert np.array_equal(photo.rgb, scene)
    assert (photo.info.width_px, photo.info.height_px) == (64, 48)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "AVIF"])
def test_every_orientation_of_a_lossy_kind(
    kind: str, orientation: int, scene: Picture, encode: Encoder
):
    stored = np.ascontiguousarray(STORED[orientation](scene))
    photo = open_photo(encode(stored, kind, exif=exif_with(orientation), quality=95))
    assert photo.rgb.shape == scene.shape
    assert np.abs(photo.rgb.astype(int) - scene).max() < 16


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_with_16_bits(orientation: int, scene: Picture):
    deep = scene.astype(np.uint16) * 257
    buffer = io.BytesIO()
    stored = np.ascontiguousarray(STORED[orientation](deep))
    mark = [(274, 3, 1, orientation, True)]
    tifffile.imwrite(buffer, stored, photometric="rgb", extratags=mark)
    photo = open_photo(buffer.getvalue())
    assert np.array_equal(photo.rgb16, deep)


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_an_invalid_mark_is_ignored_and_said(orientation: int, scene: Picture, encode: Encoder):
    photo = open_photo(encode(scene, "PNG", exif=exif_with(orientation)))
    assert np.array_equal(photo.rgb, scene)
    assert "The orientation mark is invalid; the photo was taken as upright." in photo.info.warnings
