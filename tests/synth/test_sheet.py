"""Sheets show what is there: clean, painted, labelled, and a legend in colours that stay apart."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from cutis.core.errors import InputError
from cutis.datasets.on_disk import open_set, write_manifest
from cutis.imaging.colour import delta_e_2000, linear_to_lab, rgb_to_linear
from cutis.imaging.skin_channels import TARGETS
from cutis.synth.item import ItemOrder, Painter
from cutis.synth.make import MakeOrder, make_set
from cutis.synth.parameters import Style
from cutis.synth.sheet import PALETTE, overlay_labels, write_sheet
from cutis.synth.sinks import FolderSink

GREY = np.full((8, 8, 3), 100, np.uint8)
DEUTERAN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
"""Linear sRGB as seen without green cones (Viénot 1999, doi:10.1002/…12:2<243)."""


def test_each_target_has_its_colour():
    assert list(PALETTE) == list(TARGETS)
    labels = np.zeros((8, 8), np.uint8)
    for bit in range(8):
        labels[bit] = 1 << bit
    shown = overlay_labels(GREY, labels)
    assert len({tuple(row[0]) for row in shown}) == 8


@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERAN], ids=["full", "without green cones"])
def test_colours_stay_apart(matrix: np.ndarray):
    colours = np.array(list(PALETTE.values()), np.uint8)[None]
    seen = np.clip(rgb_to_linear(colours) @ matrix.T, 0, 1)
    lab = linear_to_lab(seen.astype(np.float32))[0].astype(np.float64)
    assert min(float(delta_e_2000(a, b)) for a, b in combinations(lab, 2)) > 8


def test_pixels_without_label_are_untouched_and_smaller_targets_lie_on_top():
    labels = np.zeros((8, 8), np.uint8)
    labels[:, :6] |= 0b10
    labels[2:4, 2:4] |= 0b1
    shown = overlay_labels(GREY, labels)
    assert (shown[:, 6:] == 100).all()
    assert (shown[2, 2] != shown[0, 0]).any()
    assert abs(int(shown[2, 2, 1]) - 94) < abs(int(shown[0, 0, 1]) - 94)


def test_ignored_pixels_are_greyed_unless_labelled():
    ignore = np.ones((8, 8), np.uint8)
    labels = np.zeros((8, 8), np.uint8)
    labels[0] = 2
    shown = overlay_labels(GREY, labels, ignore)
    assert (shown[1:] == round(0.6 * 100 + 0.4 * 128)).all()
    assert np.array_equal(shown[0], overlay_labels(GREY, labels)[0])


def test_a_sheet_shows_as_many_as_asked(bank: Path, painter: Painter, tmp_path: Path):
    order = MakeOrder(7, bank, ItemOrder(1, Style.FIELD))
    make_set(order, painter, FolderSink(tmp_path / "a"))
    opened = open_set(tmp_path / "a")
    assert write_sheet(opened, tmp_path / "out" / "sheet.png", count=5) == 5
    assert write_sheet(opened, tmp_path / "all.png", count=50, columns=1) == 7
    sheet = cv2.cvtColor(cv2.imread(str(tmp_path / "all.png")), cv2.COLOR_BGR2RGB)
    item = opened.item(0)
    assert np.array_equal(sheet[14 : 14 + 48, :48], item.clean)
    assert np.array_equal(sheet[14 : 14 + 48, 52:100], item.image)


def test_an_empty_set_cannot_be_shown(tmp_path: Path):
    write_manifest(tmp_path, {"style": "field"})
    with pytest.raises(InputError, match="no item to show"):
        write_sheet(open_set(tmp_path), tmp_path / "sheet.png")
