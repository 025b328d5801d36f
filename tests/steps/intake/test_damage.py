"""Damaged files: the truncated are refused, the slightly damaged marked, none ends untyped."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cutis.core.errors import PhotoError, UnreadablePhotoError
from cutis.steps.intake import open_photo

Encoder = Callable[..., bytes]

END_MISSING = "The end of the file is missing; the picture itself is complete."
DAMAGED = "The picture data are damaged; parts of the photo may be wrong."
KINDS = [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("TIFF", {}), ("WEBP", {})]


def noisy(side: int = 160) -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def files(encode: Encoder):
    return {
        f"{kind}{'-progressive' if options else ''}": encode(noisy(), kind, **options)
        for kind, options in [*KINDS, ("AVIF", {})]
    }


NAMES = ["JPEG", "JPEG-progressive", "PNG", "TIFF", "WEBP", "AVIF"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95])
def test_truncated_file_is_refused(name: str, share: float, files: dict[str, bytes]):
    data = files[name]
    with pytest.raises(UnreadablePhotoError):
        open_photo(data[: int(len(data) * share)])


@pytest.mark.parametrize("name", ["JPEG", "JPEG-progressive", "PNG"])
@pytest.mark.parametrize("missing", [1, 2])
def test_file_without_its_end_mark_is_read_and_marked(
    name: str, missing: int, files: dict[str, bytes]
):
    data = files[name]
    photo = open_photo(data[:-missing])
    assert np.array_equal(photo.rgb, open_photo(data).rgb)
    assert photo.info.damaged
    assert photo.info.warnings == (END_MISSING,)


def test_progressive_file_cut_between_two_scans_is_refused(files: dict[str, bytes]):
    """All that is there is whole, and nothing tells but the scans that did not come."""
    data = files["JPEG-progressive"]
    last_scan = data.rindex(b"\xff\xda")
    last_table = data.rindex(b"\xff\xc4")
    with pytest.raises(UnreadablePhotoError, match="ends too early"):
        open_photo(data[: min(last_scan, last_table)])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_cut_file_with_an_end_mark_sewn_on_is_refused(share: float, files: dict[str, bytes]):
    data = files["JPEG"]
    with pytest.raises(UnreadablePhotoError, match="ends too early"):
        open_photo(data[: int(len(data) * share)] + b"\xff\xd9")


def test_a_few_lost_rows_are_marked(files: dict[str, bytes]):
    data = files["JPEG"]
    photo = open_photo(data[: int(len(data) * 0.97)] + b"\xff\xd9")
    assert photo.info.damaged
    assert photo.info.warnings == (DAMAGED,)


def test_damage_inside_a_jpeg_is_marked(files: dict[str, bytes]):
    data = bytearray(files["JPEG"])
    middle = len(data) // 2
    data[middle : middle + 40] = b"\x00" * 40
    photo = open_photo(bytes(data))
    assert photo.info.damaged
    assert photo.info.warnings == (DAMAGED,)


def test_damage_of_one_photo_is_not_told_of_the_next(files: dict[str, bytes]):
    test_damage_inside_a_jpeg_is_marked(files)
    photo = open_photo(files["JPEG"])
    assert not photo.info.damaged
    assert photo.info.warnings == ()


def test_bytes_behind_the_end_are_ignored(files: dict[str, bytes]):
    for name in ("JPEG", "PNG"):
        photo = open_photo(files[name] + b"PK\x03\x04 and more" * 100)
        assert np.array_equal(photo.rgb, open_photo(files[name]).rgb)
        assert not photo.info.damaged


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_altered_file_is_read_or_refused_by_type(
    name: str, data: st.DataObject, files: dict[str, bytes]
):
    """Some bytes replaced, some cut out: a photo or a `PhotoError`, never anything else."""
    altered = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 8))):
        altered[data.draw(st.integers(0, len(altered) - 1))] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, len(altered)))
    del altered[start : start + data.draw(st.integers(0, 20))]
    with contextlib.suppress(PhotoError):
        assert open_photo(bytes(altered)).rgb.dtype == np.uint8


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
@pytest.mark.parametrize(
    "start",
    [
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"II*\x00\x08\x00\x00\x00",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
        b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x00crx isom",
        b"\x00" * 128 + b"DICM",
        b"",
    ],
)
def test_any_bytes_after_a_known_beginning_are_refused_by_type(start: bytes, rest: bytes):
    with pytest.raises(PhotoError):
        open_photo(start + rest)


def test_jpeg_without_pixels_or_scans(files: dict[str, bytes]):
    data = files["JPEG"]
    frame = data.index(b"\xff\xc0")
    for part in (slice(frame + 5, frame + 7), slice(frame + 7, frame + 9)):
        altered = bytearray(data)
        altered[part] = b"\x00\x00"
        with pytest.raises(UnreadablePhotoError, match="without pixels"):
            open_photo(bytes(altered))
    with pytest.raises(UnreadablePhotoError, match="ends too early"):
        open_photo(data[: data.index(b"\xff\xda")] + b"\xff\xd9")


def test_size_that_the_data_cannot_fill_is_refused(encode: Encoder):
    """A header that claims much more than the file can hold never reaches a decoder."""
    flat = Image.new("RGB", (64, 64))
    png = bytearray(encode(flat, "PNG"))
    png[16:24] = (7000).to_bytes(4, "big") * 2
    buffer = io.BytesIO()
    flat.save(buffer, "JPEG")
    jpeg = bytearray(buffer.getvalue())
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = (7000).to_bytes(2, "big") * 2
    for data in (png, jpeg):
        with pytest.raises(UnreadablePhotoError, match="ends too early"):
            open_photo(bytes(data))
