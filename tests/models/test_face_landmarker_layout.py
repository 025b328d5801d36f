"""How the tensors are laid out: anchors, names, the canonical mesh out of its message."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.models.face_landmarker_layout import (
    BLENDSHAPE_NAMES,
    BLENDSHAPE_POINTS,
    _varint,
    canonical_points,
    detector_anchors,
)

law = settings(deadline=None, max_examples=100, derandomize=True)


def test_anchors_lie_in_the_middle_of_their_cells():
    anchors = detector_anchors()
    assert anchors.shape == (896, 2)
    assert anchors[0] == pytest.approx([1 / 32, 1 / 32])
    assert anchors[2] == pytest.approx([3 / 32, 1 / 32])  # two a cell, along the row first
    assert anchors[512] == pytest.approx([1 / 16, 1 / 16])
    assert anchors[518] == pytest.approx([3 / 16, 1 / 16])  # six a cell
    assert anchors[-1] == pytest.approx([15 / 16, 15 / 16])


def test_names_and_points_of_the_expression_network():
    assert len(set(BLENDSHAPE_NAMES)) == 52
    assert len(set(BLENDSHAPE_POINTS.tolist())) == 146
    assert BLENDSHAPE_POINTS.max() == 477
    assert {"eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft"} <= set(BLENDSHAPE_NAMES)


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


@law
@given(st.integers(0, 2**40), st.binary(max_size=3))
def test_whole_numbers_are_read_back(value: int, after: bytes):
    encoded = varint(value)
    assert _varint(encoded + after, 0) == (value, len(encoded))


def test_the_mesh_is_read_from_its_message_in_millimetres():
    rng = np.random.default_rng(0)
    rows = rng.uniform(-10, 10, (468, 5)).astype(np.float32)
    numbers = varint(1 << 3 | 0) + varint(300)  # a whole number is passed over
    vertices = field(3, struct.pack(f"<{rows.size}f", *rows.ravel()))
    indices = field(4, bytes(12))
    points = canonical_points(field(1, numbers + vertices + indices) + field(2, b"other"))
    assert points.shape == (468, 3)
    assert points.dtype == np.float32
    assert points == pytest.approx(rows[:, :3] * 10)


def test_vertices_may_come_in_pieces():
    pieces = [field(3, struct.pack("<5f", i, 0, 0, 0, 0)) for i in range(4)]
    assert canonical_points(field(1, b"".join(pieces)))[:, 0].tolist() == [0, 10, 20, 30]
