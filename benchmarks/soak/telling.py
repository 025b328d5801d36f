"""How a soak script tells its figures: as JSON, with the machine that they were measured on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

LOAD_BEFORE = round(os.getloadavg()[0], 1)
"""How many processes wanted a processor before; figures of a busy machine say so."""


def tell(target: str, figures: dict[str, Any], out: Path | None) -> None:
    """Print the figures of one target, keep them where ``out`` says, and leave with the verdict."""
    tell_all({target: figures}, out)


def tell_all(figures: dict[str, dict[str, Any]], out: Path | None) -> None:
    """Print the figures of several targets, keep them, and leave with what they tell."""
    machine = {"processors": os.cpu_count(), "load_before": LOAD_BEFORE}
    text = json.dumps({**figures, "machine": machine}, indent=2)
    print(text)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n", encoding="utf-8")
    sys.exit(0 if all(one["passed"] for one in figures.values()) else 1)
