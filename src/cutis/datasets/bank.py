"""What is known of every face of a bank without looking at it again: tone, light, age, person."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from cutis.core.errors import InputError
from cutis.datasets.clean_sets import age_of, person_of
from cutis.datasets.faces import PreparedFace, load_face
from cutis.datasets.splits import fingerprint, group_persons
from cutis.imaging.colour import LUMA, rgb_to_linear

LIGHTS = ("subject_left", "frontal", "subject_right")
"""The side of the subject that is lit more."""

SIDE_LIGHT = 0.25
"""Slope of log luminance over half the width of the skin from which light comes from a side."""

SURVEY = "survey.json"
_VERSION = 2
_PRINT_SCALE = 400.0


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """One face of a bank. ``person`` groups photos that may show the same person.

    ``mm_per_px`` is the scale of the face's crop; a smaller one shows finer detail.
    """

    file: str
    source: str
    person: str
    ita_deg: float
    light: str
    age: str
    sha256: str
    mm_per_px: float


def survey(
    folder: Path, *, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[FaceFacts, ...]:
    """Look once at every face of a bank; what was found is kept in the folder where it may be.

    Args:
        folder: prepared faces, one ``.npz`` each.
        progress: told how many faces are looked at, and of how many.

    Returns:
        The facts in the order of the file names.

    Raises:
        InputError: the folder holds no prepared face.
    """
    files = bank_files(folder)
    if not files:
        raise InputError(
            "A folder of prepared faces was expected; it holds none. "
            "Make one with `cutis synth faces PHOTOS --out DIR`."
        )
    kept = _kept(folder)
    rows = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        looked = pool.map(lambda file: kept.get(_key(file)) or _look(file), files)
        for done, row in enumerate(looked, start=1):
            rows.append(row)
            progress(done, len(files))
    _keep(folder, {_key(file): row for file, row in zip(files, rows, strict=True)})
    return _grouped(rows)


def bank_files(folder: Path) -> list[Path]:
    """Return the files of the prepared faces in a folder, sorted by name."""
    return sorted(p for p in folder.glob("*.npz") if not p.name.endswith(".part.npz"))


def bank_sha256(facts: tuple[FaceFacts, ...]) -> str:
    """Return one digest of all the faces of a bank."""
    lines = "".join(f"{face.sha256}  {face.file}\n" for face in facts)
    return hashlib.sha256(lines.encode()).hexdigest()


def light_of(face: PreparedFace) -> str:
    """Return which side of the subject is lit more, one of `LIGHTS`."""
    columns = np.nonzero(face.skin)[1]
    if len(columns) == 0:
        return "frontal"
    log_light = np.log(np.maximum(rgb_to_linear(face.rgb)[face.skin] @ LUMA, 1e-3))
    across = (columns - columns.mean()) / max(float(np.ptp(columns)) / 2, 1.0)
    slope = float(across @ (log_light - log_light.mean()) / max(float(across @ across), 1e-6))
    if abs(slope) < SIDE_LIGHT:
        return "frontal"
    return "subject_left" if slope > 0 else "subject_right"


def _look(file: Path) -> dict[str, Any]:
    face = load_face(file)
    facts = FaceFacts(
        file=file.name,
        source=face.source,
        person=_base_person(face),
        ita_deg=face.ita_deg,
        light=light_of(face),
        age=age_of(face.source),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        mm_per_px=face.mm_per_px,
    )
    coarse = np.clip(np.round(fingerprint(face.rgb) * _PRINT_SCALE), -127, 127).astype(np.int8)
    return asdict(facts) | {"fingerprint": base64.b64encode(coarse.tobytes()).decode()}


def _base_person(face: PreparedFace) -> str:
    """Return the person by the rules of the clean sets; by the bank where it knows better."""
    by_bank = face.person not in {"", face.source}
    return face.person if by_bank else person_of(face.source)


def _grouped(rows: list[dict[str, Any]]) -> tuple[FaceFacts, ...]:
    facts = [FaceFacts(**{n: v for n, v in row.items() if n != "fingerprint"}) for row in rows]
    prints = np.stack([_fingerprint(row["fingerprint"]) for row in rows])
    persons = group_persons([face.person for face in facts], prints)
    return tuple(replace(face, person=p) for face, p in zip(facts, persons, strict=True))


def _fingerprint(text: str) -> Float32[np.ndarray, "values"]:
    values = np.frombuffer(base64.b64decode(text), np.int8).astype(np.float32)
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-6), np.float32)


def _key(file: Path) -> str:
    facts = file.stat()
    return f"{file.name}:{facts.st_size}:{facts.st_mtime_ns}"


def _kept(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads((folder / SURVEY).read_text(encoding="utf-8"))
        return dict(kept["faces"]) if kept["version"] == _VERSION else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _keep(folder: Path, rows: dict[str, dict[str, Any]]) -> None:
    """Keep the rows for the next time; a folder that may not be written to does without."""
    part = folder / f".{SURVEY}.part"
    with contextlib.suppress(OSError):
        part.write_text(json.dumps({"version": _VERSION, "faces": rows}), encoding="utf-8")
        part.replace(folder / SURVEY)
