"""The first group of a DICOM file (PS3.10, 7.1): how it is coded, before any library reads it.

The deflated transfer syntax is refused with the others: it unpacks without a bound.
"""

from __future__ import annotations

from collections.abc import Iterator

from cutis.steps.intake.headers.header import Budget, Header
from cutis.steps.intake.headers.sniff import Kind
from cutis.steps.intake.limits import IntakeLimits
from cutis.steps.intake.refusals import Reason, Refused

_START = 132
_LONG_LENGTHS = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT"})
_CLASS, _SYNTAX = 0x0002, 0x0010

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
_SYNTAXES = frozenset(
    {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", JPEG_BASELINE}
)
"""Implicit and explicit little endian, explicit big endian, JPEG baseline (PS3.5, annex A)."""
_PHOTOGRAPHS = (
    "1.2.840.10008.5.1.4.1.1.77.1.",
    "1.2.840.10008.5.1.4.1.1.7",
)
"""Visible-light storage classes, and secondary capture (PS3.4, annex B.5)."""


def read_dicom_header(data: memoryview, limits: IntakeLimits) -> Header:
    """Read what a DICOM file claims; its size is left to the decoder.

    Args:
        data: The whole file.
        limits: Elements that are allowed.

    Raises:
        Refused: No photograph, or coded in a way that is not read.
    """
    budget = Budget(Kind.DICOM, limits)
    found: dict[int, str] = {}
    for element, value in _first_group(data, budget):
        found[element] = bytes(value[:64]).decode("ascii", "replace").strip("\x00 ")
    syntax, sop_class = found.get(_SYNTAX, ""), found.get(_CLASS, "")
    if not syntax:
        raise Refused(Reason.TRUNCATED, format=Kind.DICOM)
    if syntax not in _SYNTAXES:
        raise _refused("a compression other than JPEG baseline")
    if not _is_photograph(sop_class):
        raise _refused("no photograph but another kind of examination")
    return Header(Kind.DICOM, lossy=syntax == JPEG_BASELINE)


def _is_photograph(sop_class: str) -> bool:
    light, capture = _PHOTOGRAPHS
    return sop_class.startswith((light, f"{capture}.")) or sop_class == capture


def _first_group(data: memoryview, budget: Budget) -> Iterator[tuple[int, memoryview]]:
    """Yield number and value of the elements of group 2, always explicit little endian."""
    position = _START
    while position + 8 <= len(data) and bytes(data[position : position + 2]) == b"\x02\x00":
        budget.segment()
        element = int.from_bytes(data[position + 2 : position + 4], "little")
        if bytes(data[position + 4 : position + 6]) in _LONG_LENGTHS:
            start, length = position + 12, data[position + 8 : position + 12]
        else:
            start, length = position + 8, data[position + 6 : position + 8]
        size = int.from_bytes(length, "little")
        yield element, data[start : start + size]
        position = start + size


def _refused(what: str) -> Refused:
    return Refused(Reason.VARIANT_NOT_READ, format=Kind.DICOM, what=what)
