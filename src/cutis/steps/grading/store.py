"""Graders in one file: arrays without pickle, and a line of plain text that says what they are."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from cutis.core.errors import ModelError
from cutis.steps.grading.features import NAMES
from cutis.steps.grading.predictors import Matrix, Predictor, from_arrays, to_arrays
from cutis.steps.grading.vector import READS, columns_of, main_columns

_ABOUT = "about"


@dataclass(frozen=True, slots=True, eq=False)
class GraderWeights:
    """One grader: its name, classes and family, and what predicts."""

    name: str
    classes: tuple[str, ...]
    family: str
    predictor: Predictor

    @property
    def columns(self) -> Sequence[int]:
        """The columns of `cutis.steps.grading.vector.VECTOR_NAMES` that it reads."""
        return columns_of(self.name)

    def predict(self, matrix: Matrix) -> Float64[np.ndarray, "n classes"]:
        """Return calibrated probabilities of rows that hold the columns it reads."""
        return self.predictor.predict(matrix)

    def grade(self, rows: Matrix) -> Float64[np.ndarray, "n classes"]:
        """Return calibrated probabilities of whole rows; NaN where the main measure is missing."""
        probability = self.predict(rows[:, self.columns])
        missing = np.isnan(rows[:, main_columns(self.name)]).all(axis=1)
        return np.where(missing[:, None], np.nan, probability)


def save_graders(graders: Sequence[GraderWeights], path: Path) -> None:
    """Write graders; the same graders give the same bytes."""
    about = {
        "features": list(NAMES),
        "graders": {
            g.name: {
                "classes": g.classes,
                "family": g.family,
                "temperature": g.predictor.temperature,
                "reads": READS[g.name],
            }
            for g in graders
        },
    }
    arrays = {
        f"{g.name}.{name}": array
        for g in graders
        for name, array in to_arrays(g.predictor.form).items()
    }
    text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
    part = path.with_name(f"{path.stem}.part.npz")
    np.savez_compressed(part, **{_ABOUT: text}, **arrays)  # type: ignore[arg-type]
    part.replace(path)


def load_graders(data: bytes) -> Mapping[str, GraderWeights]:
    """Read graders by name.

    Raises:
        ModelError: the file is none of graders, or it was made for other features.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop(_ABOUT).tobytes())
        if about["features"] != list(NAMES) or any(
            tuple(g["reads"]) != READS[n] for n, g in about["graders"].items()
        ):
            raise ModelError(
                "The graders were made for other region features. Take the weights that belong "
                "to this version of Cutis."
            )
        return {name: _read(name, g, arrays) for name, g in about["graders"].items()}
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            "A file of graders was expected (.npz); this file is none. Take the weights that "
            "belong to this version of Cutis."
        ) from error


def _read(
    name: str, about: Mapping[str, object], arrays: Mapping[str, np.ndarray]
) -> GraderWeights:
    own = {k.split(".", 1)[1]: v for k, v in arrays.items() if k.startswith(f"{name}.")}
    classes = about["classes"]
    if not isinstance(classes, list):
        raise ValueError(name)  # noqa: TRY004 - told above with the others
    predictor = Predictor(from_arrays(own), float(str(about["temperature"])))
    return GraderWeights(name, tuple(map(str, classes)), str(about["family"]), predictor)
