"""Training and validation: split by person, never by photo.

Which photos show the same person is told by their names (`cutis.datasets.clean_sets`) and by
their pictures: the sets of generated faces hold the same picture several times under other
names, so photos that look alike are put together, whatever they are called.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32

from cutis.core.arrays import RGB
from cutis.core.errors import InputError

SPLITS = ("train", "val")
VAL_SHARE = 0.2
ALIKE = 0.85
"""Correlation of two fingerprints from which two photos count as the same person. In the sets of
generated faces copies of one picture lie above 0.95 and one person with other hair above 0.87."""

_PRINT_ROWS, _PRINT_COLUMNS, _PRINT_SIGMA = 28, 24, 6.0
_BLOCK = 1024


def split_of(person: str, *, seed: int = 0, val_share: float = VAL_SHARE) -> str:
    """Return ``train`` or ``val`` for a person, the same wherever and whenever it is asked.

    >>> {split_of("congress/0001") for _ in range(3)}
    {'train'}
    """
    if not 0 <= val_share <= 1:
        raise InputError(f"A share between 0 and 1 was expected for validation; {val_share} came.")
    digest = hashlib.blake2b(f"{seed}:{person}".encode(), digest_size=8).digest()
    return "val" if int.from_bytes(digest, "big") < val_share * 2**64 else "train"


def fingerprint(face: RGB) -> Float32[np.ndarray, "values"]:
    """Return the look of the middle of a face crop: mean 0, norm 1, free of light and colour."""
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    rows, columns = grey.shape
    middle = grey[rows // 4 : rows - rows // 7, columns // 4 : columns - columns // 4]
    size = (_PRINT_COLUMNS, _PRINT_ROWS)
    small = cv2.resize(middle, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= cv2.GaussianBlur(small, (0, 0), _PRINT_SIGMA)
    flat = small.ravel() - small.mean()
    return np.asarray(flat / max(float(np.linalg.norm(flat)), 1e-6), np.float32)


def group_persons(
    persons: Sequence[str], fingerprints: Float32[np.ndarray, "n values"], *, alike: float = ALIKE
) -> list[str]:
    """Put persons together whose photos look alike.

    Args:
        persons: for each photo the person that its name tells.
        fingerprints: for each photo its `fingerprint`.
        alike: the correlation from which two photos show the same person.

    Returns:
        For each photo the person; of persons put together the one with most photos gives the name.
    """
    if len(persons) != len(fingerprints):
        raise InputError(
            f"One fingerprint a photo was expected; {len(fingerprints)} came for {len(persons)}."
        )
    first_of: dict[str, int] = {}
    parent = [first_of.setdefault(person, i) for i, person in enumerate(persons)]
    for start in range(0, len(persons), _BLOCK):
        alikes = fingerprints[start : start + _BLOCK] @ fingerprints.T >= alike
        for row, column in np.argwhere(alikes):
            a, b = _root(parent, start + int(row)), _root(parent, int(column))
            parent[max(a, b)] = min(a, b)
    return _named(persons, [_root(parent, i) for i in range(len(persons))])


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _named(persons: Sequence[str], groups: Sequence[int]) -> list[str]:
    members: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for person, group in zip(persons, groups, strict=True):
        members[group][person] += 1
    names = {g: min(m, key=lambda person: (-m[person], person)) for g, m in members.items()}
    return [names[group] for group in groups]
