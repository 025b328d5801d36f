"""The table of region features: which pictures are planned, rows there and back, going on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from conftest_synth import drawn_skin

from cutis.core.errors import InputError, StoreError
from cutis.core.vocabulary import Region
from cutis.datasets.bank import FaceFacts
from cutis.datasets.faces import save_face
from cutis.pipeline import Tools
from cutis.steps.grading import FACE_NAMES, NAMES
from cutis.synth.graded import Purpose
from cutis.training import region_table
from cutis.training.region_table import measure_faces, plan_items, read_table, write_rows


def fact(name: str, mm_per_px: float = 0.5) -> FaceFacts:
    return FaceFacts(
        f"{name}.npz", name, f"drawn/{name}", 30.0, "frontal", "unknown", "0", mm_per_px
    )


def test_the_plan_depends_on_names_only_and_is_mixed():
    facts = [fact(f"f{i}") for i in range(30)]
    plan = plan_items(facts)
    assert plan == plan_items(list(reversed(facts)))
    assert len({item.seed for item in plan}) == len(plan)
    assert {item.purpose for item in plan[:60]} >= {Purpose.GRADED, Purpose.CLEAN}


def test_photos_of_known_age_and_coarse_ones_are_left_out():
    assert plan_items([fact("sfhq__variability_age_r05c01"), fact("far", 1.2)]) == []


def test_sharp_faces_come_more_often():
    plan = plan_items([fact("near", 0.3), fact("far", 0.6)])
    near = sum(item.fact.file == "near.npz" for item in plan)
    assert near > 2 * (len(plan) - near)


def row(value: float) -> dict[str, object]:
    regions = np.full(len(Region) * len(NAMES), value, np.float32)
    return {"person": "p", "regions": regions.tolist(), "face": [0.0] * len(FACE_NAMES)}


def test_rows_come_back(tmp_path: Path):
    write_rows(tmp_path / "block-000000.parquet", [row(1.0), row(float("nan"))])
    write_rows(tmp_path / "block-000008.parquet", [row(2.0)])
    table = read_table(tmp_path)
    assert table.regions.shape == (3, len(Region), len(NAMES))
    assert np.isnan(table.regions[1]).all()
    assert table.columns["person"].tolist() == ["p"] * 3
    assert len(table.where(np.array([True, False, True]))) == 2


def test_a_table_of_other_features_is_refused(tmp_path: Path):
    write_rows(tmp_path / "block-000000.parquet", [{"regions": [1.0], "face": [1.0]}])
    with pytest.raises(StoreError, match="another version"):
        read_table(tmp_path)


def test_no_table_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="cutis train features"):
        read_table(tmp_path)


def no_tools() -> Tools:
    raise AssertionError


def test_no_items_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="One item"):
        measure_faces(tmp_path, tmp_path, no_tools, count=0)


def test_what_is_measured_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With every block there, no process is started and no tool is made."""
    bank, folder = tmp_path / "bank", tmp_path / "table"
    bank.mkdir()
    folder.mkdir()
    save_face(drawn_skin(150), bank / "drawn.npz")
    monkeypatch.setattr(region_table, "BLOCK", 2)
    for at in (0, 2):
        write_rows(folder / f"block-{at:06d}.parquet", [row(0.0)])
    seen: list[tuple[int, int]] = []
    done = measure_faces(
        bank, folder, no_tools, count=4, progress=lambda made, of: seen.append((made, of))
    )
    assert done == 4
    assert seen == [(4, 4)]
