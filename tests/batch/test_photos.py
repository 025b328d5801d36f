"""Where photos are looked for, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cutis.batch.photos import UnreachedError, find_addresses, read_photo
from cutis.core.errors import InputError, UnreadablePhotoError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "sub/c.jpeg", "notes.txt", ".hidden.jpg", ".git/d.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "in"


def names(folder: Path, *inputs: str) -> list[str]:
    found = find_addresses(inputs, leave_out=folder / "out")
    return [Path(a).relative_to(folder).as_posix() for a in found]


def test_a_folder_is_walked_in_order_without_what_is_hidden(folder: Path):
    assert names(folder, str(folder)) == ["a.png", "b.JPG", "sub/c.jpeg"]


def test_the_folder_of_results_is_left_out(folder: Path):
    (folder / "out" / "maps").mkdir(parents=True)
    (folder / "out" / "maps" / "skin.png").write_bytes(b"x")
    assert names(folder, str(folder)) == ["a.png", "b.JPG", "sub/c.jpeg"]


def test_patterns_and_files(folder: Path):
    assert names(folder, str(folder / "**" / "*.jpeg")) == ["sub/c.jpeg"]
    assert names(folder, str(folder / "notes.txt")) == ["notes.txt"]


def test_manifests_count_from_their_folder(folder: Path):
    (folder / "list.csv").write_text(
        "id,photo\n1,a.png\n2,\n3,s3://bucket/x.jpg\n", encoding="utf-8"
    )
    pq.write_table(pa.table({"where": ["b.JPG"]}), folder / "list.parquet")
    assert list(find_addresses([str(folder / "list.csv")])) == [
        str(folder / "a.png"),
        "s3://bucket/x.jpg",
    ]
    listed = find_addresses([str(folder / "list.parquet")], column="where")
    assert list(listed) == [str(folder / "b.JPG")]


def test_a_manifest_without_the_column_says_what_it_has(folder: Path):
    (folder / "list.csv").write_text("id,path\n1,a.png\n", encoding="utf-8")
    with pytest.raises(InputError, match="id, path"):
        list(find_addresses([str(folder / "list.csv")]))


def test_what_is_not_there_is_told():
    with pytest.raises(InputError, match="Correct it"):
        list(find_addresses(["no-such-folder"]))


def test_object_storage_is_listed_and_read(folder: Path):
    url = f"file://{folder}/"
    found = sorted(a for a in find_addresses([url]) if "/." not in a)
    assert found == [f"{url}a.png", f"{url}b.JPG", f"{url}sub/c.jpeg"]
    assert read_photo(f"{url}sub/c.jpeg", 100) == b"sub/c.jpeg"
    assert read_photo(f"{url}sub/c.jpeg", 3) == b"sub/"
    with pytest.raises(UnreadablePhotoError):
        read_photo(f"{url}none.jpg", 100)


def test_reading_stops_at_the_cap(folder: Path):
    assert read_photo(str(folder / "sub/c.jpeg"), 3) == b"sub/"


def test_absent_is_the_photos_fault_and_unreachable_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(UnreadablePhotoError):
        read_photo(str(folder / "none.jpg"), 100)

    def fail(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(UnreachedError, match="denied"):
        read_photo(str(folder / "a.png"), 100)
