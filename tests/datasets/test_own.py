"""One's own photos into a pack: masks land where they were painted, and what is unknown is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from cutis.cli import own_data
from cutis.core.errors import InputError
from cutis.core.vocabulary import Condition
from cutis.datasets.face_windows import SIDE_PX, LabelledFace, Window, windows
from cutis.datasets.mask_sources import Ellipse, Ellipses, MaskFiles, draw_mask
from cutis.datasets.own import (
    OwnPhoto,
    labelled_face,
    pack_photos,
    read_own,
    skin_faces,
    splits_of,
)
from cutis.datasets.pack import PackedSet
from cutis.imaging.skin_channels import FINE_MM_PER_PX, TARGETS
from cutis.pipeline import Limits, Tools
from cutis.steps.landmarks import LandmarkLimits
from cutis.testing import FakeLandmarker, FakeSkinSegmenter, draw_face
from cutis.testing.fakes import drawn_face

PX_PER_MM = 3.0
ACNE, WRINKLES = 1 << TARGETS.index(Condition.ACNE), 1 << TARGETS.index(Condition.WRINKLES)
FACE = draw_face(PX_PER_MM)
CHEEK = (int(FACE.shape[1] * 0.36), int(FACE.shape[0] * 0.58))
"""Column and row of a place on skin."""


@pytest.fixture
def tools() -> Tools:
    """Stand-ins, which know full-size pictures only."""
    landmarker = FakeLandmarker(faces=(drawn_face(PX_PER_MM),))
    limits = Limits(landmarks=LandmarkLimits(search_px=10_000, trace_px=10_000.0))
    return Tools(landmarker, FakeSkinSegmenter(), (), software_version="test", limits=limits)


def write(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def dot(radius_px: int = 9, shape: tuple[int, ...] = FACE.shape[:2]) -> np.ndarray:
    return cv2.circle(np.zeros(shape, np.uint8), CHEEK, radius_px, 255, cv2.FILLED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos: one with acne, one without, one with wrinkles and an unsure place."""
    root = tmp_path / "own"
    for name in ("a", "b.2", "c"):
        write(root / f"photos/{name}.jpg", cv2.cvtColor(FACE, cv2.COLOR_RGB2BGR))
    write(root / "masks/a.acne.png", dot())
    write(root / "masks/b.2.acne.png", np.zeros(FACE.shape[:2], np.uint8))
    write(root / "masks/c.wrinkles.png", dot(4))
    write(root / "ignore/c.wrinkles.png", dot(20))
    return root


def marked(window: Window, bit: int) -> int:
    return int(((window.labels & bit) > 0).sum())


def test_photos_masks_and_persons_are_found(folder: Path):
    photos = {own.photo.name: own for own in read_own(folder)}
    assert {name: set(own.masks) for name, own in photos.items()} == {
        "a.jpg": {Condition.ACNE},
        "b.2.jpg": {Condition.ACNE},
        "c.jpg": {Condition.WRINKLES},
    }
    assert len({own.person for own in photos.values()}) == 3
    rows = "photo,person\na.jpg,ann\nb.2,ann\nc.jpg,bob\n"
    (folder / "persons.csv").write_text(rows, encoding="utf-8")
    assert [own.person for own in read_own(folder)] == ["own/ann", "own/ann", "own/bob"]


def test_a_mask_lands_on_the_face_where_it_was_painted(folder: Path, tools: Tools):
    """The dot is painted black into the photo, too: label and darkness must coincide."""
    spotted = np.where(dot(9)[..., None] > 0, 0, FACE).astype(np.uint8)
    write(folder / "photos/a.jpg", cv2.cvtColor(spotted, cv2.COLOR_RGB2BGR))
    labelled = labelled_face(read_own(folder)[0], tools)
    assert labelled is not None
    shown = [w for w in windows(labelled) if marked(w, ACNE)]
    assert {round(w.mm_per_px, 2) for w in shown} == {0.25, 0.6}
    for window in shown:
        labels = ((window.labels & ACNE) > 0).astype(np.uint8)
        inside = cv2.erode(labels, np.ones((3, 3))) > 0
        around = cv2.dilate(labels, np.ones((7, 7))) - cv2.dilate(labels, np.ones((3, 3))) > 0
        assert window.image.shape == (SIDE_PX, SIDE_PX, 3)
        assert window.image[inside].mean() < 25
        assert window.image[around].min() > 60
    whole = [marked(w, ACNE) * w.mm_per_px**2 for w in shown]
    assert max(whole) == pytest.approx(np.pi * (9.5 / PX_PER_MM) ** 2, rel=0.15)


def test_what_is_not_known_is_ignored_everywhere(folder: Path, tools: Tools):
    acne, clean, lines = (labelled_face(own, tools) for own in read_own(folder))
    assert acne is not None
    assert clean is not None
    assert lines is not None
    for window in (*windows(acne), *windows(clean)):
        assert ((window.ignore | ACNE) == 255).all()
    inside = [(w.ignore & ACNE) == 0 for w in windows(clean)]
    assert np.mean(inside) > 0.5
    assert sum(marked(w, ACNE) for w in windows(clean)) == 0
    ringed = [w for w in windows(lines) if marked(w, WRINKLES)]
    assert ringed
    for window in ringed:
        unsure = (window.ignore & WRINKLES) > 0
        assert unsure.any()
        assert not (unsure & ((window.labels & WRINKLES) > 0)).any()


def test_thin_marks_are_ignored_rather_than_taught_as_skin():
    """A mask that covers a tenth of every pixel gives neither label nor background."""
    face = labelled(cover=0.1)
    for window in windows(face):
        assert marked(window, ACNE) == 0
        assert (window.ignore & ACNE).all()
    assert all(marked(w, ACNE) == SIDE_PX**2 for w in windows(labelled(cover=0.5)))


def labelled(*, cover: float, mm_per_px: float = FINE_MM_PER_PX, side: int = 700) -> LabelledFace:
    from drawn_sets import drawn_face as drawn  # noqa: PLC0415 - another drawn face

    small = drawn("set/1")
    face = type(small)(
        rgb=cv2.resize(small.rgb, (side, side)),
        skin=np.ones((side, side), bool),
        regions=np.ones((side, side), np.uint8),
        excluded=np.zeros((side, side), bool),
        creases=np.zeros((side, side), bool),
        points=small.points,
        mm_per_px=mm_per_px,
        ita_deg=30.0,
        yaw_deg=0.0,
        person="set/1",
        source="set/1",
    )
    return LabelledFace(face, {Condition.ACNE: np.full((side, side), cover, np.float32)})


def test_windows_cover_the_whole_face_and_each_has_skin():
    at_fine = [w for w in windows(labelled(cover=1.0)) if w.mm_per_px < 0.3]
    assert len(at_fine) == 16
    half = labelled(cover=1.0)
    half.face.skin[:, 200:] = False
    assert 0 < len([w for w in windows(half) if w.mm_per_px < 0.3]) < 16


def test_a_coarse_photo_gives_coarse_windows_only():
    scales = {round(w.mm_per_px, 2) for w in windows(labelled(cover=1.0, mm_per_px=0.55))}
    assert scales == {0.6}
    assert not list(windows(labelled(cover=1.0, mm_per_px=1.3)))


def test_a_small_face_is_completed_and_the_rest_ignored():
    (window,) = (w for w in windows(labelled(cover=1.0, side=150)) if w.mm_per_px < 0.3)
    assert (window.ignore == 255).sum() == SIDE_PX**2 - 150**2


def test_the_pack_is_split_by_person(folder: Path, tools: Tools, tmp_path: Path):
    rows = "photo,person\na.jpg,ann\nb.2.jpg,ann\nc.jpg,bob\n"
    (folder / "persons.csv").write_text(rows, encoding="utf-8")
    seen: list[tuple[int, int]] = []
    path = tmp_path / "own.pack.npz"
    summary = pack_photos(
        read_own(folder), tools, path, progress=lambda done, every: seen.append((done, every))
    )
    pack = PackedSet.load(path)
    assert len(pack) == summary.windows > 6
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert summary.persons == {"train": 1, "val": 1}
    assert set(summary.showing) == {Condition.ACNE, Condition.WRINKLES}
    split_of_person = {(str(p), str(s)) for p, s in zip(pack.person, pack.split, strict=True)}
    assert len(split_of_person) == 2
    assert {split for _, split in split_of_person} == {"train", "val"}
    shown = {int(b) for i in range(len(pack)) for b in np.unique(pack.item(i).labels)}
    assert shown == {0, ACNE, WRINKLES}
    assert set(map(str, pack.source)) == {"own/a", "own/b.2", "own/c"}


def test_photos_without_a_face_are_counted(folder: Path, tools: Tools, tmp_path: Path):
    write(folder / "photos/d.png", np.full((120, 120, 3), 90, np.uint8))
    write(folder / "masks/d.acne.png", np.zeros((120, 120), np.uint8))
    (folder / "photos/e.jpg").write_bytes(b"no picture")
    write(folder / "masks/e.acne.png", np.zeros((300, 300), np.uint8))
    summary = pack_photos(read_own(folder), tools, tmp_path / "a.npz")
    assert summary.left_out == {"no usable face": 1, "unreadable": 1}


def test_of_few_persons_each_split_gets_one():
    for count in (2, 3, 4):
        splits = splits_of(f"own/{i}" for i in range(count))
        assert set(splits.values()) == {"train", "val"}
    with pytest.raises(InputError, match="at least two persons"):
        splits_of(["own/1", "own/1"])


def test_given_skin_takes_the_place_of_the_measured(folder: Path, tools: Tools):
    rows, columns = FACE.shape[:2]
    half = Ellipses(columns, rows, (Ellipse(0, rows / 2, columns / 2, 9 * rows),))
    given = OwnPhoto(folder / "photos/a.jpg", "p", "p", {}, skin=half)
    (face,) = skin_faces([given, *read_own(folder)], tools)
    middle = face.skin.shape[1] // 2
    assert (face.skin | face.excluded)[:, : middle - 3].all()
    assert not face.skin[:, middle + 3 :].any()
    assert not (face.skin & face.excluded).any()


def no_photos(folder: Path) -> None:
    for path in (folder / "photos").iterdir():
        path.unlink()


def no_masks(folder: Path) -> None:
    for path in (folder / "masks").iterdir():
        path.unlink()


def misspelt(folder: Path) -> None:
    write(folder / "masks/a.wrinkels.png", dot())


def stray(folder: Path) -> None:
    write(folder / "masks/z.acne.png", dot())


def twins(folder: Path) -> None:
    write(folder / "photos/a.png", FACE)


def person_missing(folder: Path) -> None:
    (folder / "persons.csv").write_text("photo,person\na.jpg,ann\n", encoding="utf-8")


def other_columns(folder: Path) -> None:
    (folder / "persons.csv").write_text("file;who\na.jpg;ann\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (no_photos, "photos/ is missing or holds no photo"),
        (no_masks, "No mask was found"),
        (misspelt, "'wrinkels'. Did you mean wrinkles"),
        (stray, "1 files in masks/ belong to no photo"),
        (twins, "1 photos have the name of another one"),
        (person_missing, "names no person for 2 of 3 photos"),
        (other_columns, "columns photo and person"),
    ],
)
def test_a_spoilt_folder_is_explained(folder: Path, spoil: Callable[[Path], None], told: str):
    spoil(folder)
    with pytest.raises(InputError, match=told) as caught:
        read_own(folder)
    assert str(folder) not in str(caught.value)


@pytest.mark.parametrize(
    ("mask", "told"),
    [
        (dot(shape=(20, 30)), "30 × 20 came. Save the mask at the size"),
        (np.ascontiguousarray(dot().T), "upright photo"),
        (None, "cannot be read"),
    ],
    ids=["small", "turned", "broken"],
)
def test_a_mask_that_does_not_fit_is_told_with_its_photo(
    folder: Path, tools: Tools, tmp_path: Path, mask: np.ndarray | None, told: str
):
    if mask is None:
        (folder / "masks/b.2.acne.png").write_bytes(b"no picture")
    else:
        write(folder / "masks/b.2.acne.png", mask)
    with pytest.raises(InputError, match=f"Photo 2 of 3.*{told}"):
        pack_photos(read_own(folder), tools, tmp_path / "a.npz")
    assert not list(tmp_path.glob("*.npz"))


def test_masks_of_zero_and_one_count_as_binary(tmp_path: Path):
    write(tmp_path / "m.png", (dot(9) > 0).astype(np.uint8))
    mask = draw_mask(MaskFiles((tmp_path / "m.png",)), FACE.shape[:2])
    assert np.array_equal(mask, dot(9) > 0)


def test_a_mask_is_reduced_with_its_photo(tmp_path: Path):
    write(tmp_path / "m.png", dot(9))
    shape = FACE.shape[0] // 2, FACE.shape[1] // 2
    mask = draw_mask(MaskFiles((tmp_path / "m.png",)), shape, scaled_by=0.5)
    assert mask.sum() == pytest.approx((dot(9) > 0).sum() / 4, rel=0.1)


def run(*words: object) -> tuple[int, str]:
    from typer import Typer  # noqa: PLC0415 - the command alone

    app = Typer()
    app.command()(own_data.pack_own)
    answer = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(answer.exception, InputError):
        return 2, str(answer.exception)
    return answer.exit_code, answer.output


def test_the_command_packs_and_warns(
    folder: Path, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("cutis.wiring.build_tools", lambda _settings: tools)
    code, told = run(folder, "--out", tmp_path / "own.npz")
    assert code == 0, told
    assert "EACH PHOTO COUNTS AS A PERSON" in told
    assert "windows of" in told
    assert "acne: in" in told
    rows = "photo,person\na.jpg,ann\nb.2.jpg,eve\nc.jpg,bob\n"
    (folder / "persons.csv").write_text(rows, encoding="utf-8")
    assert "EACH PHOTO" not in run(folder, "--out", tmp_path / "own.npz")[1]


def test_the_command_refuses_what_it_cannot_pack(tmp_path: Path):
    out = ("--out", tmp_path / "a.npz")
    assert run(tmp_path, *out, "--set", "acne4") == (
        2,
        "There is no research set 'acne4'. Did you mean acne04?",
    )
    assert "--accept-licence" in run(tmp_path, *out, "--set", "acne04")[1]
