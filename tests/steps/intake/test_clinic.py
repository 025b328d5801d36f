"""DICOM photographs: kinds of pixels, and nothing of the patient."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cutis.core.errors import MissingExtraError, PhotoTooLargeError, UnsupportedPhotoError
from cutis.steps.intake import IntakeLimits, open_photo
from cutis.steps.intake.decoders.dicom import decode_dicom
from cutis.steps.intake.process.diagnostics import Diagnostics
from cutis.steps.intake.refusals import Reason, Refused, error_for

pydicom = pytest.importorskip("pydicom", reason="the extra `clinic` is not installed")

from pydicom.dataset import Dataset, FileMetaDataset  # noqa: E402
from pydicom.encaps import encapsulate  # noqa: E402
from pydicom.uid import (  # noqa: E402
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    generate_uid,
)

Picture = NDArray[np.uint8]
Encoder = Callable[..., bytes]

VL_PHOTOGRAPH = "1.2.840.10008.5.1.4.1.1.77.1.4"
CT = "1.2.840.10008.5.1.4.1.1.2"


def dicom(
    pixels: NDArray[Any],
    *,
    photometric: str = "RGB",
    syntax: str = ExplicitVRLittleEndian,
    sop: str = VL_PHOTOGRAPH,
    **more: Any,
):
    """A DICOM photograph of a patient whose name must not pass."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = sop
    meta.MediaStorageSOPInstanceUID = generate_uid()
    photo = Dataset()
    photo.file_meta = meta
    photo.PatientName, photo.PatientID = "Zanzibar^Ada", "7731"
    photo.PatientBirthDate = "19810203"
    photo.SOPClassUID, photo.SOPInstanceUID = sop, meta.MediaStorageSOPInstanceUID
    photo.Rows, photo.Columns = pixels.shape[:2]
    photo.SamplesPerPixel = 1 if pixels.ndim == 2 else pixels.shape[2]
    photo.PhotometricInterpretation = photometric
    if photo.SamplesPerPixel > 1:
        photo.PlanarConfiguration = 0
    bits = pixels.dtype.itemsize * 8
    photo.BitsAllocated, photo.BitsStored, photo.HighBit = bits, bits, bits - 1
    photo.PixelRepresentation = 0
    photo.PixelData = more.pop("data", pixels.tobytes())
    for name, value in more.items():
        setattr(photo, name, value)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, photo, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_colour_photograph(syntax: str, scene: Picture):
    photo = open_photo(dicom(scene, syntax=syntax))
    assert np.array_equal(photo.rgb, scene)
    assert photo.info.source_format == "DICOM"
    assert not photo.info.lossy


def test_planes_one_after_the_other(scene: Picture):
    planes = np.ascontiguousarray(scene.transpose(2, 0, 1)).tobytes()
    photo = open_photo(dicom(scene, data=planes, PlanarConfiguration=1))
    assert np.array_equal(photo.rgb, scene)


def test_luma_and_chroma(scene: Picture):
    from pydicom.pixels import convert_color_space  # noqa: PLC0415

    stored = convert_color_space(scene, "RGB", "YBR_FULL")
    photo = open_photo(dicom(stored, photometric="YBR_FULL"))
    assert np.abs(photo.rgb.astype(int) - scene).max() <= 2


@pytest.mark.parametrize(("photometric", "sign"), [("MONOCHROME2", 1), ("MONOCHROME1", -1)])
def test_grey_photograph(photometric: str, sign: int, scene: Picture):
    grey = np.ascontiguousarray(scene[..., 1])
    photo = open_photo(dicom(grey, photometric=photometric))
    expected = grey if sign > 0 else 255 - grey
    assert np.array_equal(photo.rgb[..., 2], expected)


def test_twelve_bits_are_scaled_to_sixteen():
    deep = np.linspace(0, 4095, 32 * 32).round().astype(np.uint16).reshape(32, 32)
    photo = open_photo(dicom(deep, photometric="MONOCHROME2", BitsStored=12, HighBit=11))
    expected = np.round(deep.astype(np.float64) * 65535 / 4095)
    assert np.abs(photo.rgb16[..., 0] - expected).max() <= 1
    assert photo.info.bit_depth == 12


def test_jpeg_baseline(scene: Picture, encode: Encoder):
    coded = encode(scene, "JPEG", quality=92)
    data = dicom(
        scene, photometric="YBR_FULL_422", syntax=JPEGBaseline8Bit, data=encapsulate([coded])
    )
    photo = open_photo(data)
    assert np.array_equal(photo.rgb, open_photo(coded).rgb)
    assert photo.info.lossy


def test_first_of_several_frames(scene: Picture):
    both = np.stack((scene, 255 - scene)).tobytes()
    photo = open_photo(dicom(scene, data=both, NumberOfFrames=2))
    assert np.array_equal(photo.rgb, scene)
    assert "The file holds several pictures; the first was read." in photo.info.warnings


def test_nothing_of_the_patient_passes(scene: Picture):
    photo = open_photo(dicom(scene))
    carried = photo.rgb.tobytes() + repr(photo.info).encode()
    assert not [word for word in (b"Zanzibar", b"Ada", b"7731", b"1981") if word in carried]


def test_size_is_checked_before_the_pixels(scene: Picture):
    with pytest.raises(PhotoTooLargeError, match="megapixels"):
        open_photo(dicom(scene, Rows=60_000, Columns=60_000))
    with pytest.raises(PhotoTooLargeError):
        open_photo(dicom(scene), IntakeLimits(max_side_px=63))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"sop": CT}, "another kind of examination"),
        ({"syntax": JPEG2000Lossless, "data": encapsulate([b"\xff\x4f\xff\x51"])}, "compression"),
        ({"PixelRepresentation": 1}, "unusual kind"),
        ({"photometric": "PALETTE COLOR"}, "unusual kind"),
    ],
)
def test_other_dicom_files_are_unsupported(options: dict[str, Any], what: str, scene: Picture):
    with pytest.raises(UnsupportedPhotoError, match=what):
        open_photo(dicom(scene, **options))


def test_big_endian_is_read(scene: Picture):
    assert np.array_equal(open_photo(dicom(scene, syntax=ExplicitVRBigEndian)).rgb, scene)


def test_without_the_extra_the_install_line_is_given(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(Refused) as caught:
        decode_dicom(memoryview(b""), IntakeLimits(), Diagnostics())
    assert caught.value.reason is Reason.NEEDS_CLINIC
    error = error_for(caught.value)
    assert isinstance(error, MissingExtraError)
    assert 'pip install "cutis[clinic]"' in str(error)
