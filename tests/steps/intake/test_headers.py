"""Our own walk over headers: it reads what Pillow reads, and refuses before a decoder sees."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from cutis.steps.intake.headers.dicom import read_dicom_header
from cutis.steps.intake.headers.isobmff import read_avif_header, read_heic_header
from cutis.steps.intake.headers.jpeg import read_jpeg_header
from cutis.steps.intake.headers.png import read_png_header, without_extras
from cutis.steps.intake.headers.read import read_header
from cutis.steps.intake.headers.sniff import Kind, sniff
from cutis.steps.intake.headers.tiff import read_tiff_header
from cutis.steps.intake.headers.webp import read_webp_header
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

LIMITS = IntakeLimits()
READERS = {
    Kind.JPEG: (read_jpeg_header, b"\xff\xd8\xff"),
    Kind.PNG: (read_png_header, b"\x89PNG\r\n\x1a\n"),
    Kind.WEBP: (read_webp_header, b"RIFF\x00\x00\x00\x00WEBP"),
    Kind.TIFF: (read_tiff_header, b"II*\x00\x08\x00\x00\x00"),
    Kind.HEIC: (read_heic_header, b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
    Kind.AVIF: (read_avif_header, b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif"),
    Kind.DICOM: (read_dicom_header, b"\x00" * 128 + b"DICM"),
}
FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WebP", "TIFF": "TIFF", "AVIF": "AVIF"}


def png_chunk(name: bytes, body: bytes) -> bytes:
    check = zlib.crc32(name + body)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)


@pytest.mark.parametrize(("written", "kind"), FORMATS.items())
@pytest.mark.parametrize("size", [(16, 16), (17, 301), (1023, 64)])
def test_size_is_read(written: str, kind: str, size: Any, encode: Encoder):
    header = read_header(encode(Image.new("RGB", size, 90), written), LIMITS)
    assert header.kind == kind
    assert (header.width_px, header.height_px) == size


@pytest.mark.parametrize(("written", "kind"), FORMATS.items())
def test_kind_is_sniffed(written: str, kind: str, scene: Picture, encode: Encoder):
    assert sniff(encode(scene, written)) == kind


@pytest.mark.parametrize("quality", [*range(1, 101, 9), 50, 75, 95, 98, 99])
def test_jpeg_quality_is_the_one_it_was_saved_at(quality: int, scene: Picture, encode: Encoder):
    assert read_header(encode(scene, "JPEG", quality=quality), LIMITS).jpeg_quality == quality


def test_jpeg_quality_of_other_tables_is_the_nearest(scene: Picture, encode: Encoder):
    tables = [[12] * 64, [20] * 64]
    quality = read_header(encode(scene, "JPEG", qtables=tables), LIMITS).jpeg_quality
    assert 50 < quality < 95


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=200, deadline=None)
@given(rest=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(kind: str, rest: bytes):
    read, start = READERS[kind]
    with contextlib.suppress(Refused):
        assert read(memoryview(start + rest), LIMITS).frames >= 1


@pytest.mark.parametrize("written", FORMATS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_altered_headers_are_read_or_refused(
    written: str, data: st.DataObject, scene: Picture, encode: Encoder
):
    altered = bytearray(encode(scene, written)[:600])
    for _ in range(data.draw(st.integers(1, 6))):
        altered[data.draw(st.integers(0, len(altered) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Refused):
        assert read_header(bytes(altered), LIMITS).frames >= 1


def test_scans_are_counted(encode: Encoder):
    generator = np.random.default_rng(1)
    noise = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encode(noise, "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    read_header(data, IntakeLimits(max_jpeg_scans=scans))
    with pytest.raises(Refused) as caught:
        read_header(data, IntakeLimits(max_jpeg_scans=scans - 1))
    assert caught.value.reason is Reason.TOO_MANY_SCANS


def test_many_segments_are_refused(scene: Picture, encode: Encoder):
    data = encode(scene, "JPEG")
    comments = b"\xff\xfe\x00\x02" * 2000
    with pytest.raises(Refused) as caught:
        read_header(data[:2] + comments + data[2:], IntakeLimits(max_segments=1000))
    assert caught.value.reason is Reason.TOO_MANY_SEGMENTS


def test_jpeg_codings_that_are_not_read(scene: Picture, encode: Encoder):
    data = bytearray(encode(scene, "JPEG"))
    frame = data.index(b"\xff\xc0")
    for code, what in ((0xC3, "lossless"), (0xCF, "lossless")):
        data[frame + 1] = code
        with pytest.raises(Refused, match="variant") as caught:
            read_header(bytes(data), LIMITS)
        assert what in str(caught.value.facts["what"])
    data[frame + 1], data[frame + 4] = 0xC1, 12
    with pytest.raises(Refused) as caught:
        read_header(bytes(data), LIMITS)
    assert "12 bits" in str(caught.value.facts["what"])


def test_png_without_its_extras_is_the_same_picture(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    extras = png_chunk(b"tEXt", b"Comment\x00secret") + png_chunk(b"tIME", b"\x07" * 7)
    clean = without_extras(memoryview(data[:33] + extras + data[33:]))
    assert clean == data


def test_png_animation_counts_its_own_frames(scene: Picture, encode: Encoder):
    data = encode(scene, "PNG")
    lie = png_chunk(b"acTL", struct.pack(">II", 0xFFFFFFFF, 0))
    assert read_header(data[:33] + lie + data[33:], LIMITS).frames == 1


def test_tiff_directories_in_a_ring_end(made: ModuleType):
    data = bytearray(made.tiff([made.long(256, 20), made.long(257, 20)], b"\x00" * 400))
    count = struct.unpack_from("<H", data, 8)[0]
    struct.pack_into("<I", data, 10 + 12 * count, 8)
    entries = [
        made.long(256, 20),
        made.long(257, 20),
        made.short(258, 8),
        made.short(262, 1),
        made.long(278, 20),
        made.long(279, 400),
    ]
    ring = bytearray(made.tiff(entries, b"\x00" * 400))
    count = struct.unpack_from("<H", ring, 8)[0]
    struct.pack_into("<I", ring, 10 + 12 * count, 8)
    assert read_header(bytes(ring), LIMITS).frames == 1


def test_uncompressed_tiff_must_hold_its_pixels(made: ModuleType):
    entries = [
        made.long(256, 2000),
        made.long(257, 2000),
        made.short(258, 8),
        made.short(262, 1),
        made.long(278, 2000),
        made.long(279, 400),
    ]
    with pytest.raises(Refused) as caught:
        read_header(made.tiff(entries, b"\x00" * 400), LIMITS)
    assert caught.value.reason is Reason.TRUNCATED


def test_boxes_nested_too_deeply_are_refused():
    box = b""
    for _ in range(40):
        box = struct.pack(">I", len(box) + 8) + b"moov" + box
    start = READERS[Kind.HEIC][1]
    with pytest.raises(Refused, match="bad_header") as caught:
        read_header(start + box, LIMITS)
    assert "nested" in str(caught.value.facts["what"])


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def heic_claiming(width: int, height: int, *extra: bytes) -> bytes:
    size = box(b"ispe", struct.pack(">III", 0, width, height))
    properties = box(b"iprp", box(b"ipco", size + b"".join(extra)))
    return READERS[Kind.HEIC][1] + box(b"meta", b"\x00" * 4 + properties)


def test_claims_of_a_heic_are_read():
    colour = box(b"colr", b"nclx" + struct.pack(">HHHB", 9, 16, 9, 0))
    depth = box(b"pixi", b"\x00" * 4 + b"\x03\x0a\x0a\x0a")
    header = read_header(heic_claiming(4032, 3024, colour, depth), LIMITS)
    assert (header.width_px, header.height_px) == (4032, 3024)
    assert (header.bit_depth, header.primaries, header.high_dynamic_range) == (10, 9, True)


def test_any_oversized_picture_in_a_heic_is_refused():
    huge = box(b"ispe", struct.pack(">III", 0, 60_000, 60_000))
    with pytest.raises(Refused) as caught:
        read_header(heic_claiming(640, 480, huge), LIMITS)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize("claim", [(1 << 31, 1 << 31), (0xFFFFFFFF, 1), (0, 5)])
def test_absurd_png_sizes_are_refused(claim: tuple[int, int], scene: Picture, encode: Encoder):
    data = bytearray(encode(scene, "PNG"))
    data[16:24] = struct.pack(">II", *(min(side, 0xFFFFFFFF) for side in claim))
    with pytest.raises(Refused):
        read_header(bytes(data), LIMITS)


def test_jpeg_inside_a_tiff_or_fax_is_told(made: ModuleType):
    buffer = io.BytesIO()
    Image.new("1", (64, 64), 1).save(buffer, "TIFF", compression="group4")
    with pytest.raises(Refused, match="variant"):
        read_header(buffer.getvalue(), LIMITS)
