"""Keep tables of `cutis train compare` as one set of the published figures.

    cutis train compare PACK --out table.json --minutes 4
    python benchmarks/variants.py "What sets the pack and the machine apart" table.json

All tables of a set are of one pack. A set of that name is replaced, the others stay.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

RESULT = Path("benchmarks/results/variants.json")


def main() -> None:
    """Read the tables, join them, write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("about", help="what sets the pack and the machine apart, for a heading")
    parser.add_argument("table", type=Path, nargs="+", help="written by cutis train compare, .json")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    new = joined(options.about, [json.loads(table.read_text()) for table in options.table])
    kept = json.loads(options.out.read_text())["sets"] if options.out.exists() else []
    sets = [told for told in kept if told["about"] != options.about] + [new]
    options.out.write_text(json.dumps({"sets": sets}, indent=1) + "\n", encoding="utf-8")


def joined(about: str, tables: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rows of all tables as one set; ends where they are of different packs."""
    pictures = tables[0]["pictures"]
    if any(table["pictures"] != pictures for table in tables):
        raise SystemExit("The tables are of different packs. Give those of one pack only.")
    rows = [row for table in tables for row in table["variants"]]
    return {"about": about, "pictures": pictures, "variants": rows}


if __name__ == "__main__":
    main()
