"""Which photos a benchmark runs over; none of them is part of the project."""

from __future__ import annotations

import os
import random
from pathlib import Path

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


def largest_of(names: tuple[str, ...], most: int) -> list[Path]:
    """Return the photos with the most pixels of some sets."""
    from PIL import Image  # noqa: PLC0415

    def pixels(path: Path) -> int:
        with Image.open(path) as picture:
            return picture.width * picture.height

    found = [p for name in names for p in photos_of(name)]
    return sorted(found, key=lambda p: (-pixels(p), p))[:most]
