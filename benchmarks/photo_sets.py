"""Which photos a benchmark runs over; none of them is part of the project."""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Sequence
from pathlib import Path

from cutis.datasets.clean_sets import person_of

PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def shared_dir() -> Path:
    """Return the folder of photos kept outside the project, from CUTIS_SHARED or beside it."""
    default = Path(__file__).resolve().parents[2] / "shared"
    folder = Path(os.environ.get("CUTIS_SHARED", default))
    if not (folder / "data").is_dir():
        raise SystemExit(
            "The photos are not here. Set CUTIS_SHARED to the folder that holds data/."
        )
    return folder / "data"


def photos_of(name: str, most: int | None = None, seed: int = 0) -> list[Path]:
    """Return the photos of a set such as ``clean/interfaces``; at most ``most``, drawn fixed."""
    found = sorted(p for p in (shared_dir() / name).iterdir() if p.suffix.lower() in PHOTO_ENDINGS)
    if most is not None and most < len(found):
        found = sorted(random.Random(seed).sample(found, most))  # noqa: S311  not a secret
    return found


def half_of(name: str, half: int) -> list[Path]:
    """Return the photos of one of two halves of a set; a person, as file names tell, is in one."""
    return [p for p in photos_of(name) if _half(person_of(p)) == half]


def _half(person: str) -> int:
    return hashlib.sha256(person.encode()).digest()[0] % 2


def spread_over(sets: Sequence[Sequence[Path]], most: int, seed: int = 0) -> list[Path]:
    """Draw photos, fixed, from each set alike; what a small set lacks, the larger ones give.

    They come mixed.
    """
    rng = random.Random(seed)  # noqa: S311  not a secret
    waiting = [rng.sample(list(part), len(part)) for part in sets]
    drawn: list[Path] = []
    while len(drawn) < most and any(waiting):
        drawn += [part.pop() for part in waiting if part]
    return rng.sample(drawn[:most], min(most, len(drawn)))


def largest_of(sets: Sequence[Sequence[Path]], most: int) -> list[Path]:
    """Return the photos with the most pixels of some sets."""
    from PIL import Image  # noqa: PLC0415

    def pixels(path: Path) -> int:
        with Image.open(path) as picture:
            return picture.width * picture.height

    found = [p for part in sets for p in part]
    return sorted(found, key=lambda p: (-pixels(p), p))[:most]
