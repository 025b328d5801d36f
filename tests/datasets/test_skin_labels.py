"""Labels of skin without hand labelling: what is kept, accepted, corrected, packed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cutis.core.errors import InputError, StoreError
from cutis.core.face_parts import FacePart
from cutis.datasets.skin_labels.accept import AcceptLimits, accept_views, tone_thirds
from cutis.datasets.skin_labels.corrections import read_corrections, shipped_corrections
from cutis.datasets.skin_labels.sheet import write_label_sheet
from cutis.datasets.skin_labels.skin_pack import load_skin_pack, write_skin_pack
from cutis.datasets.skin_labels.store import LabelledView, load_view, load_views, save_view
from cutis.imaging.guided import guided_filter


def view(number: int = 0, **changes: object) -> LabelledView:
    rng = np.random.default_rng(number)
    labels = np.zeros((60, 50), np.uint8)
    labels[10:50, 10:40] = FacePart.FACE_SKIN.label
    labels[20:24, 15:20] = FacePart.EYE.label
    made = LabelledView(
        rgb=rng.integers(0, 255, (60, 50, 3), dtype=np.uint8),
        labels=labels,
        points=rng.random((478, 2), dtype=np.float32) * 50,
        yaw_deg=0.0,
        agreement=0.95,
        skin_share=0.7,
        glasses=0.1,
        ita_deg=float(number),
        person=f"drawn/{number}",
        source=f"drawn/{number}",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def saved(folder: Path, *views: LabelledView) -> Path:
    for one in views:
        save_view(one, folder / f"{one.source.replace('/', '__')}.npz")
    return folder


def test_a_labelled_face_returns_from_disk(tmp_path: Path):
    kept = load_view(saved(tmp_path, view()) / "drawn__0.npz")
    assert np.array_equal(kept.labels, view().labels)
    assert (kept.person, kept.agreement, kept.ita_deg) == ("drawn/0", 0.95, 0.0)
    assert [v.source for v in load_views(tmp_path)] == ["drawn/0"]


def test_a_broken_file_is_refused(tmp_path: Path):
    (tmp_path / "a.npz").write_bytes(b"none")
    with pytest.raises(StoreError, match="labelled face"):
        load_view(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("the two ways disagree", {"agreement": 0.8}),
        ("too little or too much skin", {"skin_share": 0.2}),
        ("turned too far", {"yaw_deg": -70.0}),
        ("perhaps glasses", {"glasses": 0.6}),
    ],
)
def test_doubtful_labels_are_left_out(tmp_path: Path, reason: str, changes: dict[str, float]):
    saved(tmp_path, view(0), view(1, **changes))
    accepted = accept_views(tmp_path, most=10)
    assert [file.name for file in accepted.chosen] == ["drawn__0.npz"]
    assert accepted.left_out == {reason: 1}
    assert accepted.seen == 2


def test_no_set_crowds_out_the_others(tmp_path: Path):
    many = [view(n, source=f"many/{n}") for n in range(12)]
    few = [view(20 + n, source=f"few/{n}") for n in range(4)]
    saved(tmp_path, *many, *few)
    accepted = accept_views(tmp_path, most=8, limits=AcceptLimits(set_share=0.5))
    assert sum(file.name.startswith("many") for file in accepted.chosen) == 4
    assert len(accepted.chosen) == 8


def test_a_person_has_the_last_word(tmp_path: Path):
    corrections = read_corrections(
        """
        [reject]
        "drawn/0" = "a hand was called skin"
        [[redraw]]
        source = "drawn/1"
        part = "covering"
        polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 0.5], [0.0, 0.5]]
        """
    )
    saved(tmp_path, view(0), view(1, agreement=0.5))
    accepted = accept_views(tmp_path, most=9, corrections=corrections)
    assert [file.name for file in accepted.chosen] == ["drawn__1.npz"]
    redrawn = corrections.applied(load_view(tmp_path / "drawn__1.npz")).labels
    assert (redrawn[:30] == FacePart.COVERING.label).all()
    assert np.array_equal(redrawn[30:], view().labels[30:])


def test_a_correction_names_a_part_there_is():
    with pytest.raises(InputError, match="nostril"):
        read_corrections('[[redraw]]\nsource="a/b"\npart="nostril"\npolygon=[[0,0],[1,0],[1,1]]')


def test_the_shipped_corrections_can_be_read():
    assert all(reason for reason in shipped_corrections().rejected.values())


def test_a_pack_keeps_persons_apart(tmp_path: Path):
    files = [saved(tmp_path, view(n)) / f"drawn__{n}.npz" for n in range(30)]
    write_skin_pack(files, tmp_path / "out" / "faces.npz")
    pack = load_skin_pack(tmp_path / "out" / "faces.npz")
    assert len(pack) == 30
    assert not set(pack.person[pack.indices("train")]) & set(pack.person[pack.indices("val")])
    assert np.array_equal(pack.label_map(7), view().labels)
    assert pack.picture(7).shape == (60, 50, 3)


def test_a_pack_needs_faces(tmp_path: Path):
    with pytest.raises(InputError, match="accepted"):
        write_skin_pack([], tmp_path / "faces.npz")
    with pytest.raises(StoreError, match="pack"):
        load_skin_pack(tmp_path / "faces.npz")


def test_a_sheet_shows_the_least_sure_first(tmp_path: Path):
    saved(tmp_path, view(0), view(1, agreement=0.3))
    assert write_label_sheet(tmp_path, tmp_path / "sheet.png", count=1) == 1
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_thirds_of_tone():
    assert tone_thirds([60, 10, -30]) == ["light", "medium", "dark"]


def test_a_guided_filter_follows_the_edge_of_the_picture():
    rgb = np.full((40, 40, 3), 40, np.uint8)
    rgb[:, 21:] = 200
    rough = np.zeros((40, 40), np.float32)
    rough[:, 18:] = 1  # three pixels off
    found = guided_filter(rough, rgb, 6)
    assert found[20, 23] > 0.8
    assert found[20, 15] < 0.35
    flat = guided_filter(np.full((40, 40), 0.3, np.float32), rgb, 6)
    assert flat == pytest.approx(np.full((40, 40), 0.3), abs=1e-3)
