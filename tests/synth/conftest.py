"""A bank of drawn faces, and the painter of squares."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn_sets import accept, draw_square, drawn_face, paint_square

from cutis.datasets.faces import save_face
from cutis.synth.item import Painter


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    folder = tmp_path / "faces"
    folder.mkdir()
    for number, tone in enumerate((120, 150, 165, 180, 195, 210)):
        face = drawn_face(f"set/{number:02d}", tone=tone, seed=number)
        save_face(face, folder / f"set__{number:02d}.npz")
    return folder


@pytest.fixture
def painter() -> Painter:
    return Painter(draw_square, paint_square, accept)
