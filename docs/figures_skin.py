"""The tables of facial skin against labels, and of the time that finding it takes."""

from __future__ import annotations

from typing import Any

_COLUMNS = ("photos", "iou", "iou worst tenth", "f1", "boundary f1")


def skin_section(result: dict[str, Any]) -> str:
    """Return the section on facial skin."""
    told = ", ".join(f"{name}: {count}" for name, count in result["photos"].items())
    text = (
        "## Facial skin (`benchmarks/skin.py`)\n\n"
        f"FASSEG, inside the face oval, evaluation only. Photos: {told}.\n"
    )
    for method, groups in result["methods"].items():
        text += f"\n### {method[0].upper()}{method[1:]}\n\n" + _head(["photos of", *_COLUMNS])
        text += "".join(_row([name, *_cells(values)]) for name, values in groups.items())
    beside = result["beside the label maker"]
    if beside:
        text += "\nMean IoU on the photos that the label maker was run on:\n\n"
        text += _head(["method", "iou"])
        text += "".join(_row([name, f"{iou:.3f}"]) for name, iou in beside.items())
    text += "\nMask AP of the network (FASSEG tells only these apart):\n\n" + _head(["part", "AP"])
    return text + "".join(_row([n, f"{ap:.3f}"]) for n, ap in result["mask_ap"].items())


def skin_time_section(result: dict[str, Any]) -> str:
    """Return the section on the time of the skin network."""
    text = "## Time of the skin network (`benchmarks/skin_time.py`)\n\n"
    text += f"{result['photo']}; median of {result['repeats']} runs on {result['threads']} threads."
    text += "\n\n" + _head(["runtime", "milliseconds", "times eager torch"])
    eager = result["milliseconds"]["eager torch, float32"]
    return text + "".join(
        _row([name, f"{value:.0f}", f"{eager / value:.2f}"])
        for name, value in result["milliseconds"].items()
    )


def skin_backbones_section(result: dict[str, Any]) -> str:
    """Return the section that compares backbones of the skin network."""
    faces = result["faces"]
    text = (
        "## Backbones of the skin network (`benchmarks/skin_backbones.py`)\n\n"
        f"{result['minutes']:g} minutes each on {result['threads']} processor cores, "
        f"{faces['train']} faces to learn from, {faces['val']} of people held out; "
        "mean mask AP, and IoU of skin over all pixels of a group. Far from trained: what is "
        "compared is how fast each gets anywhere. Below them, what was released.\n\n"
    )
    tones = ("skin_iou_light", "skin_iou_medium", "skin_iou_dark")
    text += _head(
        [
            "backbone",
            "starts from",
            "million parameters",
            "steps",
            "mask AP",
            "skin IoU",
            "light / medium / dark",
            "milliseconds a face",
        ]
    )
    for row in result["backbones"]:
        text += _row(
            [
                row["backbone"],
                row["start"],
                f"{row['million_parameters']:.1f}",
                "–" if row["steps"] is None else str(row["steps"]),
                f"{row['mask_ap']:.3f}",
                f"{row['skin_iou']:.3f}",
                " / ".join(f"{row[name]:.3f}" for name in tones),
                f"{row['milliseconds']:.0f}",
            ]
        )
    parts = [key for key in result["backbones"][0] if key.startswith("ap_")]
    text += "\nMask AP of each part:\n\n"
    text += _head(["backbone", "starts from", *(p.removeprefix("ap_") for p in parts)])
    for row in result["backbones"]:
        text += _row([row["backbone"], row["start"], *(f"{row[p]:.3f}" for p in parts)])
    return text


def living_section(result: dict[str, Any]) -> str:
    """Return how far chromaticity varies over people and over what is none."""
    text = f"Refused below {result['limit']:g} of optical density.\n\n"
    text += _head(["faces", "n", "refused", "least", "median", "greatest"])
    for name, told in result.items():
        if isinstance(told, dict):
            numbers = [f"{told[key]:.4f}" for key in ("least", "median", "greatest")]
            text += _row([name, str(told["faces"]), str(told["refused"]), *numbers])
    return text


def _cells(values: dict[str, float]) -> list[str]:
    return [str(values[c]) if c == "photos" else f"{values[c]:.3f}" for c in _COLUMNS]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _head(cells: list[str]) -> str:
    return _row(cells) + "|" + "---|" * len(cells) + "\n"
