"""Export trained generators into the package and write their digests and curves.

    python benchmarks/export_upscale.py --fidelity DIR --texture DIR

Writes the weights, the digests and figures on their cards, and
benchmarks/results/upscale_training.json.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

from write_card import upscale_metrics, write_figures

import cutis
from cutis.training import checkpoint
from cutis.training.upscale import load_generator
from cutis.training.upscale_export import export_generator

MODELS = Path(cutis.__file__).parent / "models"
RESULTS = Path(__file__).parent / "results" / "upscale_training.json"


def main() -> None:
    """Export the stages that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fidelity", type=Path)
    parser.add_argument("--texture", type=Path)
    options = parser.parse_args()
    told = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for stage in ("fidelity", "texture"):
        folder: Path | None = getattr(options, stage)
        if folder is not None:
            told[stage] = export(folder, f"upscale_{stage}")
            card = MODELS / "cards" / f"upscale_{stage}.toml"
            write_figures(card, upscale_metrics(told[stage], stage))
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def export(folder: Path, name: str) -> dict[str, Any]:
    """Write one generator; return how it was trained."""
    generator, description = load_generator(folder)
    exported = export_generator(generator, MODELS / "weights", name=name)
    progress = checkpoint.load_json(folder / checkpoint.PROGRESS)
    training = description["training"]
    return {
        "steps": progress["step"],
        "minutes": round(progress["elapsed_s"] / 60, 1),
        "batch": training["order"]["size"],
        "degradation": training["order"]["degradation"],
        "export_difference": exported["max_difference"],
        "weights_bytes": exported["files"][f"{name}.bin"]["size_bytes"],
        "curve": curve(folder / "log.csv"),
    }


def curve(log: Path) -> list[dict[str, float]]:
    """Return the scores of each validation of a training."""
    with log.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("psnr_db")]
    names = ("step", "elapsed_s", "psnr_db", "gain_db", "feature_likeness")
    return [{n: round(float(r[n]), 4) for n in names if r.get(n)} for r in rows]


if __name__ == "__main__":
    main()
