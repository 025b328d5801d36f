"""The tables of explanations put to the test, from benchmarks/results/explanation.json."""

from __future__ import annotations

from typing import Any

_NAMES = {
    "brightest of the map": "the map itself",
    "occlusion": "occlusion",
    "lime": "LIME",
    "grad_cam": "Grad-CAM",
    "integrated_gradients": "integrated gradients",
    "random": "random map",
}


def explanation_section(result: dict[str, Any]) -> str:
    """Return the section on explanations."""
    text = "## Explanations (`benchmarks/explanation.py`)\n\n"
    text += (
        f"{result['spots']} spots of 2 to 5 mm painted on {result['faces']} faces of people held "
        f"out of training; the network sees {result['spots_seen']} of them (probability of one "
        "half or more). LIME and integrated gradients ran on a part of them.\n\n"
    )
    return text + _pointing(result) + _curves(result) + _randomised(result) + _times(result)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |\n"


def _head(cells: list[str]) -> str:
    return _row(cells) + "|" + "---|" * len(cells) + "\n"


def _pointing(result: dict[str, Any]) -> str:
    names = list(_NAMES)
    text = "### Pointing game\n\nShare of spots that the map's highest point hits, within 1 mm; "
    text += "95 % interval (Wilson), number of spots.\n\n"
    text += _head(["spots", "chance", *(_NAMES[n] for n in names)])
    for group, part in result["pointing"].items():
        if part["spots"]:
            cells = [_hits(part[name]) for name in names]
            text += _row([group, f"{100 * part['chance']:.1f} %", *cells])
    return text + "\n"


def _hits(part: list[float]) -> str:
    if not part:
        return "–"
    share, low, high, count = part
    return f"{100 * share:.0f} % ({100 * low:.0f}–{100 * high:.0f}), {count:.0f}"


def _curves(result: dict[str, Any]) -> str:
    curves = result["curves"]
    if not curves["spots"]:
        return ""
    text = f"### Deletion and insertion\n\nMean area over {curves['spots']} spots that are seen, "
    text += "as a share of the amount; of a true map deletion is low and insertion high.\n\n"
    text += _head(["map", "deletion", "insertion", "deletion better than random"])
    for name, part in curves.items():
        if name != "spots":
            better = "–" if name == "random" else f"{100 * part['better_than_random']:.0f} %"
            cells = [f"{part['deletion']:.2f}", f"{part['insertion']:.2f}", better]
            text += _row([_NAMES[name], *cells])
    return text + "\n"


def _randomised(result: dict[str, Any]) -> str:
    found = result["randomised"]
    if not found:
        return ""
    methods = [name for name in found if name != "spots"]
    shares = list(found[methods[0]])
    text = "### Randomised weights\n\nMedian rank correlation with the map of the trained "
    text += f"network over {found['spots']} spots, the last convolutions drawn anew.\n\n"
    text += _head(["map", *(f"{100 * float(s):.0f} % random" for s in shares)])
    for name in methods:
        text += _row([_NAMES[name], *(f"{found[name][s]:.2f}" for s in shares)])
    return text + "\n"


def _times(result: dict[str, Any]) -> str:
    text = "### Time of an explanation\n\nProcessor seconds of one thread for 20 mm of skin; "
    text += "agreement is the median rank correlation with occlusion.\n\n"
    text += _head(["map", "median", "90 % of spots within", "agreement with occlusion"])
    for name, part in result["cpu_s"].items():
        agreement = result["agreement_with_occlusion"][name]
        shown = "–" if agreement is None else f"{agreement:.2f}"
        text += _row([_NAMES[name], f"{part['median']:.2f} s", f"{part['p90']:.2f} s", shown])
    return text
