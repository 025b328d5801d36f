"""Export trained generators into the package and write their digests and curves.

    python benchmarks/export_upscale.py --fidelity DIR --texture DIR

Writes the weights, the digests on their cards, and benchmarks/results/upscale_training.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from pathlib import Path
from typing import Any

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
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def export(folder: Path, name: str) -> dict[str, Any]:
    """Write one generator and its digests; return how it was trained."""
    generator, description = load_generator(folder)
    exported = export_generator(generator, MODELS / "weights", name=name)
    card = MODELS / "cards" / f"{name}.toml"
    text = card.read_text(encoding="utf-8")
    for file, facts in exported["files"].items():
        pattern = rf'(= "{re.escape(file)}"\nsha256 = ")\w*'
        text = re.sub(pattern, rf"\g<1>{facts['sha256']}", text)
        sized = rf'(sha256 = "{facts["sha256"]}"\nsize_bytes = )\d+'
        text = re.sub(sized, rf"\g<1>{facts['size_bytes']}", text)
    card.write_text(text, encoding="utf-8")
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
