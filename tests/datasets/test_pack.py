"""Packs: what goes in comes out, limits hold, and other files are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cutis.core.errors import InputError, StoreError
from cutis.datasets.pack import (
    JPEG_QUALITY,
    PackedSet,
    PackEntry,
    decode_picture,
    encode_labels,
    encode_picture,
    write_pack,
)


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)


def entry(seed: int, **changes: object) -> PackEntry:
    labels = np.full((32, 32), seed, np.uint8)
    values = {
        "image": encode_picture(picture(seed)),
        "labels": encode_labels(labels),
        "ignore": encode_labels(255 - labels),
        "baseline": np.array([0.1, 0.2, seed], np.float32),
        "mm_per_px": 0.25 + seed,
        "person": f"set/{seed}",
        "tone": seed % 6,
        "split": "val" if seed % 5 == 0 else "train",
        "source": f"set/{seed}",
    }
    return PackEntry(**(values | changes))  # type: ignore[arg-type]


def test_what_goes_in_comes_out(tmp_path: Path):
    path = tmp_path / "a.pack.npz"
    assert write_pack((entry(i) for i in range(12)), path, style="field") == 12
    pack = PackedSet.load(path)
    assert len(pack) == 12
    assert pack.style == "field"
    for i in range(12):
        item = pack.item(i)
        assert np.array_equal(item.image, picture(i))
        assert (item.labels == i).all()
        assert (item.ignore == 255 - i).all()
        assert item.baseline.tolist() == pytest.approx([0.1, 0.2, i])
        assert item.mm_per_px == 0.25 + i
        again = pack.entry(i)
        assert (again.person, again.tone, again.image) == (f"set/{i}", i % 6, entry(i).image)
    assert pack.indices("val").tolist() == [0, 5, 10]
    assert len(pack.indices("train")) == 9


def test_numpy_reads_it_too(tmp_path: Path):
    write_pack([entry(1), entry(2)], tmp_path / "a.npz", style="field")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        image = file["image_bytes"][file["image_at"][1] : file["image_at"][2]]
        assert np.array_equal(decode_picture(image.tobytes()), picture(2))


def test_writing_twice_gives_the_same_bytes(tmp_path: Path):
    for name in ("a.npz", "b.npz"):
        write_pack([entry(1), entry(2)], tmp_path / name, style="field")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]


def test_a_pack_stays_within_its_limit(tmp_path: Path):
    path = tmp_path / "a.npz"
    most = 60_000
    count = write_pack((entry(i) for i in range(40)), path, style="field", max_bytes=most)
    assert 5 < count < 20
    assert most * 0.7 < path.stat().st_size <= most
    with pytest.raises(InputError, match="at least one item within 100 bytes"):
        write_pack([entry(1)], path, style="field", max_bytes=100)
    assert len(PackedSet.load(path)) == count


def test_jpeg_keeps_colour_at_full_resolution():
    """Red and blue columns one pixel wide stay apart in 4:4:4; halved colour mixes them."""
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2, 0] = stripes[:, 1::2, 2] = 200
    back = decode_picture(encode_picture(stripes, jpeg_quality=JPEG_QUALITY))
    assert np.abs(back.astype(int) - stripes).max() < 30


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda _: b"no archive at all",
        lambda data: data[: len(data) // 2],
    ],
)
def test_other_files_are_refused(tmp_path: Path, spoil: Callable[[bytes], bytes]):
    path = tmp_path / "a.npz"
    write_pack([entry(1), entry(2)], path, style="field")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(StoreError, match="A pack was expected"):
        PackedSet.load(path)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(StoreError, match="FileNotFoundError"):
        PackedSet.load(tmp_path / "none.npz")


def test_pickles_are_refused(tmp_path: Path):
    path = tmp_path / "a.npz"
    write_pack([entry(1)], path, style="field")
    with np.load(path) as file:
        parts = {name: file[name] for name in file}
    np.savez(path, **(parts | {"person": np.array([{"a": 1}], object)}))
    with pytest.raises(StoreError, match="A pack was expected"):
        PackedSet.load(path)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("image_at", [0, 5]),
        ("label_at", [0, -1, 80]),
        ("mm_per_px", [1.0]),
        ("tone", [0.5, 0.5]),
        ("baseline", [[0.0], [0.0]]),
    ],
)
def test_columns_that_do_not_fit_are_refused(tmp_path: Path, name: str, values: list[object]):
    path = tmp_path / "a.npz"
    write_pack([entry(1), entry(2)], path, style="field")
    with np.load(path) as file:
        parts = {key: file[key] for key in file}
    parts[name] = np.array(values, None if name == "tone" else parts[name].dtype)
    np.savez(path, **parts)
    with pytest.raises(StoreError, match="A pack was expected"):
        PackedSet.load(path)


def test_broken_pictures_and_missing_items_are_told(tmp_path: Path):
    path = tmp_path / "a.npz"
    write_pack([entry(1, image=b"none")], path, style="field")
    pack = PackedSet.load(path)
    with pytest.raises(StoreError, match="PNG or JPEG"):
        pack.item(0)
    with pytest.raises(InputError, match="holds 1 items; item 1"):
        pack.item(1)
