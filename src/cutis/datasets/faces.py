"""A bank of clean faces, each cut out once, with skin, regions and scale, to be painted on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB, LabelMap, Mask, Points
from cutis.core.capture import Photo
from cutis.core.errors import PhotoError
from cutis.core.face import FaceCrop, Landmarks
from cutis.core.masks import SkinMask
from cutis.imaging.colour import lab_to_ita_deg, linear_to_lab, rgb_to_linear
from cutis.imaging.skin_channels import skin_baseline
from cutis.pipeline import Tools
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.regions import CropLimits, crop_face

LEAST_SKIN_PX = 3000
"""A face with less visible skin than this is left out."""
_CROP = CropLimits(target_mm_per_px=0.2)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFace:
    """A clean face: the crop, what is skin in it, where it comes from.

    ``points`` are the 478 landmarks in crop pixels. ``ita_deg`` is the individual typology angle
    of the median skin colour. ``person`` groups photos that may show the same person.
    """

    rgb: RGB
    skin: Mask
    regions: LabelMap
    excluded: Mask
    creases: Mask
    points: Points
    mm_per_px: float
    ita_deg: float
    yaw_deg: float
    person: str
    source: str

    @property
    def baseline(self) -> Float32[np.ndarray, "3"]:
        """The median optical density of the skin, red, green, blue."""
        pixels = self.rgb[::2, ::2][self.skin[::2, ::2]][None]
        if pixels.size == 0:
            pixels = self.rgb
        return skin_baseline(rgb_to_linear(pixels), np.ones(pixels.shape[:2], bool))


def median_ita_deg(crop: FaceCrop, skin: SkinMask) -> float:
    """Return the individual typology angle of the median skin colour."""
    density = skin_baseline(crop.linear, skin.skin)
    lightness, _, b_star = (float(v) for v in linear_to_lab(10.0 ** -density.astype(np.float64)))
    return lab_to_ita_deg(lightness, b_star)


def prepared_face(crop: FaceCrop, skin: SkinMask, *, person: str, source: str) -> PreparedFace:
    """Return the plain data of a crop and its skin."""
    return PreparedFace(
        rgb=crop.rgb,
        skin=skin.skin & ~crop.excluded,
        regions=crop.regions.labels,
        excluded=crop.excluded,
        creases=crop.creases,
        points=crop.landmarks.points.astype(np.float32),
        mm_per_px=crop.mm_per_px,
        ita_deg=median_ita_deg(crop, skin),
        yaw_deg=crop.landmarks.pose.yaw_deg,
        person=person,
        source=source,
    )


def prepare_faces(
    photos: Iterable[Path],
    tools: Tools,
    folder: Path,
    *,
    person_of: Callable[[Path], str] = lambda path: f"{path.parent.name}/{path.stem}",
    progress: Callable[[Path, str], None] = lambda _path, _outcome: None,
) -> int:
    """Cut the largest face out of every photo and keep it in ``folder``; done ones are skipped.

    ``progress`` is told each photo and what became of it. Returns how many faces the folder gained.
    """
    folder.mkdir(parents=True, exist_ok=True)
    gained = 0
    for path in photos:
        target = folder / f"{path.parent.name}__{path.stem}.npz"
        if target.exists():
            progress(path, "was there")
            continue
        face = _prepare(path, tools, person_of(path))
        if face is not None:
            save_face(face, target)
            gained += 1
        progress(path, "no usable face" if face is None else "prepared")
    return gained


def largest_face(path: Path, tools: Tools) -> tuple[Photo, Landmarks] | None:
    """Return a photo and the largest face in it; None where either cannot be read."""
    try:
        photo = open_photo(path)
    except PhotoError:
        return None
    found = find_faces(photo, tools.landmarker, tools.limits.landmarks)
    return (photo, found[0]) if found else None


def _prepare(path: Path, tools: Tools, person: str) -> PreparedFace | None:
    found = largest_face(path, tools)
    if found is None:
        return None
    crop = crop_face(*found, full_mirror_order(tools.landmarker.canonical), _CROP)
    skin = tools.skin.segment(crop)
    if int(skin.measurable.sum()) < LEAST_SKIN_PX:
        return None
    return prepared_face(crop, skin, person=person, source=f"{path.parent.name}/{path.stem}")


def save_face(face: PreparedFace, path: Path) -> None:
    """Write a face whole or not at all."""
    part = path.with_suffix(".part.npz")
    arrays: dict[str, Any] = {f.name: np.asarray(getattr(face, f.name)) for f in fields(face)}
    np.savez_compressed(part, **arrays)
    part.replace(path)


def load_face(path: Path) -> PreparedFace:
    """Read one face.

    Raises:
        PhotoError: the file is not a prepared face.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            values = {f.name: file[f.name] for f in fields(PreparedFace)}
    except (OSError, ValueError, KeyError) as error:
        raise PhotoError(
            "A prepared face was expected (.npz with rgb, skin, regions …); this file is none. "
            "Make it anew with `cutis synth faces`."
        ) from error
    plain = {n: v.item() if v.ndim == 0 else v for n, v in values.items()}
    return PreparedFace(**plain)


def load_faces(folder: Path) -> Iterator[PreparedFace]:
    """Yield the faces of a folder in the order of their names."""
    for path in sorted(folder.glob("*.npz")):
        if not path.name.endswith(".part.npz"):
            yield load_face(path)
