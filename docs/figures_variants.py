"""The table of losses and networks compared, from benchmarks/results/variants.json."""

from __future__ import annotations

from typing import Any

_THIRDS = ("light", "medium", "dark")


def variants_section(result: dict[str, Any]) -> str:
    """Return the section that compares variants of the four-class recipe, set by set."""
    text = (
        "## Losses and networks compared (`cutis train compare`)\n\n"
        "`glowai-v1` with four kinds, one affected area a picture. Every variant was trained on "
        "two processor cores for the minutes told, which is far from enough for those that start "
        "from random weights. Rows of one set can be compared, the sets with each other hardly.\n"
    )
    return text + "".join(_set(told) for told in result["sets"])


def _set(told: dict[str, Any]) -> str:
    rows, about = told["variants"], told["pictures"]
    classes = [key.removeprefix("iou_") for key in rows[0] if _is_class(key)]
    text = (
        f"\n### {told['about']}\n\n{about['train']} pictures of {about['side_px']} pixels to learn "
        f"from, and {about['val']} of people held out, of whom a part is measured on.\n\n"
    )
    text += _head(["variant", "steps", "minutes", "mIoU", "mIoU with background", *classes])
    for row in rows:
        text += _row(
            [
                row["variant"],
                str(row["steps"]),
                f"{row['seconds'] / 60:.1f}",
                *(_cell(row[key]) for key in ("mean_iou", "mean_iou_with_background")),
                *(_cell(row[f"iou_{name}"]) for name in classes),
            ]
        )
    text += "\nIoU per class, light / medium / dark tones:\n\n"
    text += _head(["variant", "minutes", *classes])
    for row in rows:
        cells = (" / ".join(_cell(row[f"iou_{n}_{t}"]) for t in _THIRDS) for n in classes)
        text += _row([row["variant"], f"{row['seconds'] / 60:.1f}", *cells])
    return text


def _is_class(key: str) -> bool:
    return key.startswith("iou_") and not key.endswith(_THIRDS)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _head(cells: list[str]) -> str:
    return _row(cells) + "|" + "---|" * len(cells) + "\n"
