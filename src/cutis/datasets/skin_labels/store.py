"""Labelled faces on disk: one small file each, so that making them can be stopped at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from cutis.core.arrays import RGB, LabelMap, Points
from cutis.core.errors import PhotoError, StoreError
from cutis.core.face_parts import FacePart
from cutis.datasets.clean_sets import person_of
from cutis.datasets.faces import load_face
from cutis.datasets.pack import decode_labels, decode_picture, encode_labels, encode_picture
from cutis.datasets.skin_labels.maker import SkinLabels, label_view
from cutis.datasets.skin_labels.view import FaceView, view_of_file, view_of_prepared
from cutis.imaging.colour import lab_to_ita_deg, linear_to_lab, rgb_to_linear
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import full_mirror_order

JPEG_QUALITY = 96
_PLAIN = ("points", "yaw_deg", "agreement", "skin_share", "glasses", "ita_deg", "person", "source")

TAUGHT = "taught"
"""Within a folder of labelled faces, the ones that a network labelled anew."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledView:
    """A face with its labels, as it is kept.

    ``agreement``, ``skin_share`` and ``glasses`` are those of `SkinLabels`; ``ita_deg`` is the
    typology angle of the median skin.
    """

    rgb: RGB
    labels: LabelMap
    points: Points
    yaw_deg: float
    agreement: float
    skin_share: float
    glasses: float
    ita_deg: float
    person: str
    source: str


def label_photos(
    photos: Iterable[Path],
    tools: Tools,
    folder: Path,
    *,
    faces: Path | None = None,
    progress: Callable[[Path, str], None] = lambda _path, _outcome: None,
) -> int:
    """Label the largest face of every photo and keep it in ``folder``; done ones are skipped.

    Args:
        photos: files whose folder's name is the set they belong to.
        tools: find the landmarks.
        folder: where the labelled faces go; a photo without a usable face leaves an empty file.
        faces: prepared faces (`cutis synth faces`), whose landmarks are taken where they fit.
        progress: is told each photo and what became of it.

    Returns:
        How many faces the folder gained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    gained = 0
    for path in photos:
        target = folder / f"{path.parent.name}__{path.stem}.npz"
        if target.exists():
            progress(path, "was there")
            continue
        view = _view(path, tools, faces)
        if view is None:
            target.touch()
        else:
            save_view(labelled(view, label_view(view), person_of(path)), target)
            gained += 1
        progress(path, "no usable face" if view is None else "labelled")
    return gained


def labelled(view: FaceView, labels: SkinLabels, person: str) -> LabelledView:
    """Put a view and its labels together."""
    skin = labels.mask(FacePart.FACE_SKIN)
    median = np.median(view.rgb[skin], axis=0) if skin.any() else np.array([128.0] * 3)
    pixel = np.round(median).astype(np.uint8)[None, None]
    lightness, _, b_star = (float(v) for v in linear_to_lab(rgb_to_linear(pixel))[0, 0])
    return LabelledView(
        rgb=view.rgb,
        labels=labels.labels,
        points=view.points,
        yaw_deg=view.yaw_deg,
        agreement=labels.agreement,
        skin_share=labels.skin_share,
        glasses=labels.glasses,
        ita_deg=lab_to_ita_deg(lightness, b_star),
        person=person,
        source=view.source,
    )


def _view(path: Path, tools: Tools, faces: Path | None) -> FaceView | None:
    prepared = faces / f"{path.parent.name}__{path.stem}.npz" if faces is not None else None
    if prepared is not None and prepared.exists():
        view = _from_prepared(prepared, path, full_mirror_order(tools.landmarker.canonical))
        if view is not None:
            return view
    return view_of_file(path, tools)


def _from_prepared(prepared: Path, path: Path, order: Int[np.ndarray, "478"]) -> FaceView | None:
    try:
        return view_of_prepared(load_face(prepared), open_photo(path), order)
    except PhotoError:
        return None


def save_view(view: LabelledView, path: Path) -> None:
    """Write a labelled face whole or not at all."""
    part = path.with_suffix(".part")
    plain = {name: np.asarray(getattr(view, name)) for name in _PLAIN}
    image = np.frombuffer(encode_picture(view.rgb, jpeg_quality=JPEG_QUALITY), np.uint8)
    labels = np.frombuffer(encode_labels(view.labels), np.uint8)
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, image=image, labels=labels, **plain)
    part.replace(path)


def load_view(path: Path) -> LabelledView:
    """Read a labelled face; raises StoreError if the file is none."""
    try:
        with np.load(path, allow_pickle=False) as file:
            plain = {name: file[name] for name in _PLAIN}
            image, labels = file["image"].tobytes(), file["labels"].tobytes()
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise StoreError(
            "A labelled face was expected (.npz); this file is none. Delete it and make it anew "
            "with `cutis synth skin-labels`."
        ) from error
    values = {name: v.item() if v.ndim == 0 else v for name, v in plain.items()}
    return LabelledView(rgb=decode_picture(image), labels=decode_labels(labels), **values)


def load_views(folder: Path) -> Iterator[LabelledView]:
    """Yield the labelled faces of a folder in the order of their names."""
    for path in sorted(folder.glob("*.npz")):
        if path.stat().st_size:
            yield load_view(path)
