"""What a worker does: take a photo in, or assess one; bytes in, named files out.

Runs in the worker. A photo is decoded in the sandboxed process of the intake, then written again
as PNG: same pixels, nothing of the sender's file. Later analyses start from that copy, so they
never meet the hostile original again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cutis.core.capture import CaptureInfo, Photo
from cutis.core.errors import CutisError, StoreError, UnreadablePhotoError

if TYPE_CHECKING:
    from cutis.pipeline import Tools
    from cutis.steps.intake import IntakeLimits

Files = dict[str, bytes]

PHOTO, ASSESSMENT, REPORT, MASK = "photo.png", "assessment.json", "report.html", "mask.png"


def take_in(data: bytes, words: Mapping[str, Any], limits: IntakeLimits) -> tuple[Any, Files]:
    """Decode a photo and write it as PNG.

    Returns:
        The facts of the capture as plain data, and the PNG under its name.

    Raises:
        PhotoError: the photo is refused.
    """
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    photo = open_photo(data, limits, expected_sha256=words.get("sha256"))
    return asdict(photo.info), {PHOTO: to_png(photo)}


def take_mask(data: bytes, words: Mapping[str, Any], limits: IntakeLimits) -> tuple[Any, Files]:
    """Decode a corrected mask and write it as grey PNG, 255 where it is set, 0 elsewhere.

    Args:
        data: the picture that a reviewer sent.
        words: ``width_px`` and ``height_px`` of the photo that it lies over.
        limits: of the intake.

    Raises:
        PhotoError: the picture is refused, or has another size than the photo.
    """
    import numpy as np  # noqa: PLC0415

    from cutis.reports.maps import write_png  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    photo = open_photo(data, limits)
    wanted = words["width_px"], words["height_px"]
    if (photo.width_px, photo.height_px) != wanted:
        raise UnreadablePhotoError(
            f"The mask must be {wanted[0]} by {wanted[1]} pixels, as the photo is; "
            f"{photo.width_px} by {photo.height_px} came. Send it in the photo's size."
        )
    grey = np.where(photo.rgb.max(axis=2) > 127, np.uint8(255), np.uint8(0))
    return {}, {MASK: write_png(grey)}


def assess(
    data: bytes, words: Mapping[str, Any], tools: Tools, limits: IntakeLimits
) -> tuple[Any, Files]:
    """Assess a photo that `take_in` wrote.

    Args:
        data: the PNG.
        words: ``capture`` holds the facts that `take_in` gave.
        tools: models and limits.
        limits: of the intake.

    Returns:
        What the service needs to know of the answer, and its files: the assessment, the report,
        the skin mask, the labels of regions, one map per measured condition and, of a small face,
        which pixels were drawn larger to find it, and the face before and after.
    """
    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.reports.html import to_html  # noqa: PLC0415
    from cutis.reports.json import to_json  # noqa: PLC0415
    from cutis.reports.maps import map_files  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    opened = open_photo(data, limits)
    photo = replace(opened, info=capture_info(words["capture"]))
    found = examine(photo, tools, assessed_at=datetime.now(UTC).isoformat(timespec="seconds"))
    files = {
        ASSESSMENT: to_json(found.assessment).encode(),
        REPORT: to_html(found).encode(),
        **{f"maps/{n}.png": data for n, data in map_files(found, regions=True).items()},
    }
    return {"usable": found.assessment.usable}, files


def warm_up(tools: Tools, limits: IntakeLimits) -> None:
    """Do a whole task on a drawn face, so that the first photo finds everything loaded."""
    from cutis.testing import draw_face  # noqa: PLC0415

    drawn = draw_face()
    height_px, width_px = drawn.shape[:2]
    info = CaptureInfo("PNG", width_px, height_px, 8, "sRGB", "0" * 64, 0, lossy=False)
    assess(to_png(Photo(drawn, info)), {"capture": asdict(info)}, tools, limits)


def capture_info(facts: Mapping[str, Any]) -> CaptureInfo:
    """Return the facts of a capture from plain data."""
    return CaptureInfo(**{**facts, "warnings": tuple(facts.get("warnings", ()))})


def to_png(photo: Photo) -> bytes:
    """Return the pixels as PNG, 16 bits a channel where they came so; lossless, packed lightly."""
    import cv2  # noqa: PLC0415

    pixels = photo.rgb if photo.rgb16 is None else photo.rgb16
    done, data = cv2.imencode(
        ".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1]
    )
    if not done:
        raise StoreError("The photo could not be written as PNG. Send it again.")
    return bytes(data)


def failure(error: CutisError) -> dict[str, Any]:
    """Return an error as plain words."""
    return {"error": {"code": error.code, "message": str(error)}}
