"""The log of a training: rows in ``log.csv``, curves in ``log.png``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cutis.core.errors import ModelError, StoreError

_EVERY = 20
_STEP_COLUMNS = ("step", "elapsed_s", "loss", "rate")
_NOT_DRAWN = ("_light", "_medium", "_dark", "_s")
"""Thirds of tone would hide the curve of all, and seconds are no share; the table has both."""


@dataclass(slots=True, eq=False)
class Log:
    """Rows of a training: the mean loss of every 20 steps, and the scores of each validation."""

    folder: Path
    rows: list[dict[str, float]] = field(default_factory=list)
    _losses: list[float] = field(default_factory=list)

    @classmethod
    def reopened(cls, folder: Path) -> Log:
        """Return the log that a folder holds; raises ModelError if there is none."""
        try:
            with (folder / "log.csv").open(encoding="utf-8", newline="") as file:
                rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
        except (OSError, ValueError) as error:
            raise ModelError("log.csv is missing or broken. Train without --resume.") from error
        return cls(folder, rows)

    def step(self, step: int, elapsed_s: float, loss: float, rate: float) -> None:
        """Note the loss of a step."""
        self._losses.append(loss)
        if step % _EVERY == 0:
            mean = sum(self._losses) / len(self._losses)
            self.rows.append({"step": step, "elapsed_s": elapsed_s, "loss": mean, "rate": rate})
            self._losses.clear()

    def validation(self, step: int, elapsed_s: float, scores: Mapping[str, float]) -> None:
        """Note the scores of a validation."""
        self.rows.append({"step": step, "elapsed_s": elapsed_s, **scores})

    def save(self) -> None:
        """Write the table, and the curves where matplotlib is installed.

        Raises:
            StoreError: the disk refused.
        """
        try:
            self._tabulate()
            self._plot()
        except OSError as error:
            raise StoreError(
                f"The log cannot be written ({error.strerror}). Free some space and --resume."
            ) from error

    def _tabulate(self) -> None:
        columns = dict.fromkeys([*_STEP_COLUMNS, *(name for row in self.rows for name in row)])
        with (self.folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(columns), restval="")
            writer.writeheader()
            writer.writerows(self.rows)

    def _plot(self) -> None:
        try:
            from matplotlib.figure import Figure  # noqa: PLC0415 - an extra, and slow to import
        except ImportError:
            return
        figure = Figure(figsize=(10, 4), layout="constrained")
        losses, scores = figure.subplots(1, 2)
        self._draw(losses, ["loss"])
        names = [name for row in self.rows for name in row if name not in _STEP_COLUMNS]
        names = [n for n in dict.fromkeys(names) if not n.endswith(_NOT_DRAWN)]
        self._draw(scores, names)
        if all(0 <= row[name] <= 1 for row in self.rows for name in names if name in row):
            scores.set_ylim(0, 1)
        figure.savefig(self.folder / "log.png", dpi=100)

    def _draw(self, axes: object, names: list[str]) -> None:
        for name in names:
            points = [(row["step"], row[name]) for row in self.rows if name in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=name)  # type: ignore[attr-defined]
        axes.set_xlabel("step")  # type: ignore[attr-defined]
        if any(name in row for row in self.rows for name in names):
            axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))  # type: ignore[attr-defined]
