"""What is drawn over the face in lines: outlines of regions, numbered frames around findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from cutis.core.assessment import Examination
from cutis.core.face import FaceCrop
from cutis.core.vocabulary import Region
from cutis.reports.figures import Picture
from cutis.reports.tables import listed_findings, region_numbers

DESIGN_WIDTH_PX = 600
"""Width of a picture at which lines and numbers on it have their designed size."""

_MARGIN, _DIGIT_WIDTH, _DIGIT_HEIGHT, _GAP = 4.0, 13.0, 20.0, 5.0

Frame = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Marker:
    """A frame around a finding and the place of its number, all in picture pixels.

    ``text_x`` is the left end of the number and ``text_y`` its base line.
    """

    number: int
    x: float
    y: float
    width: float
    height: float
    text_x: float
    text_y: float


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a region: SVG path data and where its number stands, in picture pixels."""

    number: int
    path: str
    x: float
    y: float


def region_outlines(examination: Examination, picture: Picture) -> tuple[Outline, ...]:
    """Return the outlines of the assessed regions that are seen in the crop."""
    if examination.crop is None:
        return ()
    return tuple(_outlines(examination.crop, region_numbers(examination.assessment), picture.scale))


def finding_markers(examination: Examination, picture: Picture) -> tuple[Marker, ...]:
    """Return a frame for each listed finding, numbered as in the table.

    A number stands beside its frame where it covers no other number, if there is such a place.
    """
    if examination.crop is None:
        return ()
    unit, taken, markers = picture.size[0] / DESIGN_WIDTH_PX, list[Frame](), []
    for number, finding in enumerate(listed_findings(examination.assessment), start=1):
        frame = _grown(_in_picture(finding.bbox_xyxy, examination.crop, picture), _MARGIN * unit)
        label = _label_place(frame, len(str(number)), unit, taken)
        taken.append(label)
        x0, y0, x1, y1 = frame
        values = (x0, y0, x1 - x0, y1 - y0, label[0], label[3] - 3 * unit)
        markers.append(Marker(number, *(round(value, 1) for value in values)))
    return tuple(markers)


def _in_picture(box: tuple[int, int, int, int], crop: FaceCrop, picture: Picture) -> Frame:
    scale = crop.crop_per_photo * picture.scale
    left, top = crop.box[:2]
    x0, y0, x1, y1 = box
    return (x0 - left) * scale, (y0 - top) * scale, (x1 - left) * scale, (y1 - top) * scale


def _grown(frame: Frame, by: float) -> Frame:
    return frame[0] - by, frame[1] - by, frame[2] + by, frame[3] + by


def _label_place(frame: Frame, digits: int, unit: float, taken: list[Frame]) -> Frame:
    """Return the first free place for a number: right, left, above, below; else right."""
    width, height, gap = digits * _DIGIT_WIDTH * unit, _DIGIT_HEIGHT * unit, _GAP * unit
    x0, y0, x1, y1 = frame
    corners = (
        (x1 + gap, y0 - height / 2),
        (x0 - gap - width, y0 - height / 2),
        (x1 + gap, y1 - height / 2),
        (x0 - gap - width, y1 - height / 2),
        ((x0 + x1 - width) / 2, y0 - gap - height),
        ((x0 + x1 - width) / 2, y1 + gap),
    )
    places = [(x, y, x + width, y + height) for x, y in corners]
    return next((p for p in places if not any(_overlap(p, t) for t in taken)), places[0])


def _overlap(a: Frame, b: Frame) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _outlines(crop: FaceCrop, numbers: dict[Region, int], scale: float) -> Iterator[Outline]:
    import cv2  # noqa: PLC0415

    for region, number in numbers.items():
        mask = crop.regions.mask(region).view(np.uint8)
        curves, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        if not curves:
            continue
        smooth = [cv2.approxPolyDP(curve, 1.5, closed=True)[:, 0] for curve in curves]
        path = " ".join(_path(points * scale) for points in smooth if len(points) > 2)
        x, y = _middle(mask)
        yield Outline(number, path, round(x * scale, 1), round(y * scale, 1))


def _middle(mask: UInt8[np.ndarray, "h w"]) -> tuple[float, float]:
    """Return the point of the mask that is farthest from its edge."""
    import cv2  # noqa: PLC0415

    depth = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return float(column) + 0.5, float(row) + 0.5


def _path(points: Float[np.ndarray, "n 2"]) -> str:
    return "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + "Z"
