"""Photos made ready for a condition segmenter, kept on disk between runs.

Finding a face, cutting it out, marking its skin and judging the capture cost more than a network
does, and do not depend on it. They are kept per photo, and so are the classical maps. The key of
the folder is a digest of the source that makes them, so a change there makes them anew.
The cache holds pictures of people: keep it out of the repository.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import sys
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from photo_sets import photos_of

import cutis
from cutis.core.assessment import Quality
from cutis.core.capture import Photo
from cutis.core.face import FaceCrop
from cutis.core.masks import ConditionMap, SkinMask
from cutis.core.ports import ConditionSegmenter
from cutis.core.vocabulary import Condition, Strictness
from cutis.imaging.colour import rgb_to_linear
from cutis.pipeline import Tools
from cutis.settings import QualitySettings, Settings
from cutis.steps.intake import open_photo
from cutis.steps.landmarks import find_faces, full_mirror_order
from cutis.steps.quality import assess_quality
from cutis.steps.regions import crop_face
from cutis.wiring import build_tools

PREPARED_BY = (
    "steps/landmarks.py",
    "steps/regions.py",
    "steps/skin.py",
    "imaging/outlines.py",
    "imaging/instances.py",
    "models/instances.py",
    "models/skin_network.py",
    "models/cards/skin.toml",
)
CLASSICAL_BY = ("steps/conditions", "imaging/filters.py", "imaging/chromophores.py")
KEPT = (
    Condition.ACNE,
    Condition.REDNESS,
    Condition.PIGMENTATION,
    Condition.WRINKLES,
    Condition.SCARRING,
)
"""The conditions of which the classical map is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedPhoto:
    """The largest face of a photo, ready to be measured; ``name`` is the photo's file name."""

    name: str
    crop: FaceCrop
    skin: SkinMask
    quality: Quality


def lenient_tools() -> Tools:
    """Build the tools of the product, with no photo refused."""
    return build_tools(Settings(quality=QualitySettings(strictness=Strictness.OFF)))


def prepare(name: str, photo: Photo, tools: Tools) -> PreparedPhoto | None:
    """Do what comes before the condition maps; None where no face is found."""
    limits = tools.limits
    faces = find_faces(photo, tools.landmarker, limits.landmarks)
    if not faces:
        return None
    order = full_mirror_order(tools.landmarker.canonical)
    crop = crop_face(photo, faces[0], order, limits.crop)
    skin = tools.skin.segment(crop)
    quality = assess_quality(
        photo, faces[0], crop, skin, strictness=tools.strictness, limits=limits.quality
    )
    return PreparedPhoto(name, crop, skin, quality)


def prepared_photos(paths: list[Path], tools: Tools, cache_dir: Path) -> Iterator[PreparedPhoto]:
    """Yield the photos in which a face is found, from the cache where they are there."""
    folder = cache_dir / f"prepared-{source_digest(PREPARED_BY)}"
    for number, path in enumerate(paths):
        kept = folder / path.parent.name / f"{path.stem}.bin"
        if kept.exists():
            photo = _restored(_read(kept))
        else:
            photo = prepare(path.name, open_photo(path), tools)
            _write(kept, _slim(photo))
        print(f"\r{path.parent.name} {number + 1} of {len(paths)} ", end="", file=sys.stderr)
        if photo is not None:
            yield photo


def classical_maps(
    photo: PreparedPhoto, of: str, segmenter: ConditionSegmenter, cache_dir: Path
) -> Mapping[Condition, ConditionMap]:
    """Return the classical maps of ``photo`` from the set ``of``; probabilities have 11 bits."""
    folder = cache_dir / f"classical-{source_digest(CLASSICAL_BY)}-{source_digest(PREPARED_BY)}"
    kept = folder / of / f"{Path(photo.name).stem}.bin"
    if not kept.exists():
        maps = segmenter.segment(photo.crop, photo.skin)
        _write(kept, {c: _packed(maps[c]) for c in KEPT if c in maps})
    rows = _read(kept)
    return {c: _unpacked(c, row) for c, row in rows.items()}


@cache
def source_digest(parts: tuple[str, ...]) -> str:
    """Return eight hexadecimal digits of the package's files, or folders of files, ``parts``.

    It is made once a run, so that an edit meanwhile does not pass for what is running.
    """
    root = Path(cutis.__file__).parent
    digest = hashlib.sha256()
    for part in parts:
        place = root / part
        for file in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _slim(photo: PreparedPhoto | None) -> PreparedPhoto | None:
    """Leave out the linear picture, which follows from the encoded one."""
    if photo is None:
        return None
    return replace(photo, crop=replace(photo.crop, linear=np.zeros((1, 1, 3), np.float32)))


def _restored(photo: PreparedPhoto | None) -> PreparedPhoto | None:
    if photo is None:
        return None
    return replace(photo, crop=replace(photo.crop, linear=rgb_to_linear(photo.crop.rgb)))


def _packed(found: ConditionMap) -> tuple[np.ndarray, np.ndarray, str]:
    return found.probability.astype(np.float16), np.packbits(found.looked_at), found.method


def _unpacked(condition: Condition, row: tuple[np.ndarray, np.ndarray, str]) -> ConditionMap:
    probability, bits, method = row
    looked_at = np.unpackbits(bits, count=probability.size).reshape(probability.shape)
    return ConditionMap(condition, probability.astype(np.float32), looked_at.astype(bool), method)


def _write(file: Path, value: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(zlib.compress(pickle.dumps(value), 1))
    part.rename(file)


def _read(file: Path) -> object:
    return pickle.loads(zlib.decompress(file.read_bytes()))  # noqa: S301  written by _write


def main() -> None:
    """Fill the cache with one or more sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+", help="such as dev/acne")
    parser.add_argument("--cache", type=Path, required=True, help="a folder outside the repository")
    parser.add_argument("--most", type=int, default=None)
    options = parser.parse_args()
    tools = lenient_tools()
    for name in options.sets:
        paths = photos_of(name, options.most)
        for photo in prepared_photos(paths, tools, options.cache):
            classical_maps(photo, Path(name).name, tools.conditions[0], options.cache)


if __name__ == "__main__":
    main()
