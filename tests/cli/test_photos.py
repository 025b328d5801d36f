"""Which photos are found, and what their folders of results are called."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cutis.cli.photos import find_photos, result_names


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def found(folder: Path, *paths: Path, leave_out: Path | None = None) -> list[str]:
    photos = find_photos(paths or (folder,), leave_out=leave_out)
    return [photo.relative_to(folder).as_posix() for photo in photos]


def test_folders_are_searched_in_order(tmp_path: Path):
    touch(tmp_path, "b.JPG", "a.png", "sub/c.heic", "notes.txt", "d.dcm", "e.dng")
    assert found(tmp_path) == ["a.png", "b.JPG", "d.dcm", "e.dng", "sub/c.heic"]


def test_hidden_files_and_results_are_left_out(tmp_path: Path):
    touch(tmp_path, "a.jpg", ".b.jpg", ".cache/c.jpg", "out/a/maps/skin.png")
    assert found(tmp_path, leave_out=tmp_path / "out") == ["a.jpg"]


def test_a_named_file_is_taken_as_it_is(tmp_path: Path):
    assert found(tmp_path, tmp_path / "no-such.file") == ["no-such.file"]


def test_a_photo_named_twice_is_taken_once(tmp_path: Path):
    touch(tmp_path, "a.jpg")
    assert found(tmp_path, tmp_path / "a.jpg", tmp_path) == ["a.jpg"]


def test_equal_stems_are_numbered():
    photos = [Path(p) for p in ("x/selfie.jpg", "x/selfie.png", "y/Selfie.jpg", "x/selfie-2.jpg")]
    assert result_names(photos) == ["selfie", "selfie-3", "Selfie-4", "selfie-2"]


stems = st.text("aAbB-12", min_size=1, max_size=4)


@given(st.lists(stems, max_size=12))
def test_names_differ_even_without_case(stems: list[str]):
    names = result_names([Path(f"{stem}.jpg") for stem in stems])
    assert len({name.casefold() for name in names}) == len(stems)
    assert all(name.startswith(stem) for name, stem in zip(names, stems, strict=True))


@given(st.lists(stems, max_size=8, unique_by=str.casefold))
def test_unique_stems_keep_their_names(stems: list[str]):
    assert result_names([Path(f"{stem}.jpg") for stem in stems]) == stems
