"""What naming single lesions is worth, from benchmarks/results/lesion_types.json."""

from __future__ import annotations

from typing import Any

from figures_speed import table

_WAYS = ("maps", "dropped", "moved", "both")
_LEVELS = ("at 3 false per face", "at 10 false per face", "at 20 false per face")


def lesions_section(result: dict[str, Any]) -> str:
    """Return the section of the lesion classifier."""
    trained = result["training"]
    found = trained["validation"]
    text = "## Names of lesions (`benchmarks/lesion_types.py`)\n\n"
    text += (
        f"On {found['crops']} crops of {found['persons']} painted people held out: balanced "
        f"accuracy {found['balanced_accuracy']:.2f}, calibration error "
        f"{trained['calibration']['ece_after']:.3f}; balanced accuracy by tone, "
    )
    text += ", ".join(
        f"{third} {row['balanced_accuracy']:.2f}" for third, row in found["by_tone"].items()
    )
    text += (
        f". Likelier a lesion than none: {100 * found['kept_lesions']:.0f} % of the lesions, "
        f"{100 * found['kept_background']:.0f} % of the background.\n\n"
    )
    classes, types = trained["classes"], []
    for name, row in zip(classes, found["confusion"], strict=True):
        wrong = [(n, other) for other, n in zip(classes, row, strict=True) if other != name]
        count, other = max(wrong)
        share = found["recall"][name]
        told = "–" if share is None else f"{share:.2f}"
        types.append([_spoken(name), told, f"{_spoken(other)} ({count} of {sum(row)})"])
    text += table(["type", "recall", "most often taken for"], types)
    text += _marked(result["marked photos"])
    return text + _clean(result["clean faces"])


def _marked(halves: dict[str, Any]) -> str:
    counts = " and ".join(f"{rows['photos']} ({half})" for half, rows in halves.items())
    text = (
        f"\nReal photos with marks of acne, {counts}. *Dropped*: without spots that are likelier "
    )
    text += "none; *moved*: without spots named as something else than acne.\n\n"
    keys = (("marks met", 3), ("false per face", 1), ("Spearman of count", 2))
    text += table(
        ["half", "way", "marks met", "false per face", "rank of the count"],
        [
            [half, way, *(f"{rows[way][key]:.{digits}f}" for key, digits in keys)]
            for half, rows in halves.items()
            for way in _WAYS
        ],
    )
    text += "\nRecall at equal false positives, the peaks of the map ranked anew:\n\n"
    text += table(
        ["half", "ranked by", *(level.removeprefix("at ") for level in _LEVELS)],
        [
            [half, key.removeprefix("recall by "), *(f"{row[level]:.3f}" for level in _LEVELS)]
            for half, rows in halves.items()
            for key, row in rows.items()
            if key.startswith("recall by ")
        ],
    )
    known = ", ".join(
        f"{rows['AUC, findings on a mark against others']:.2f} ({half})"
        for half, rows in halves.items()
    )
    text += f"\nFindings on a mark are told from others with an AUC of {known}.\n"
    for half, rows in halves.items():
        text += f"\nNamed as in the product, {half}: {_names(rows['named only'])}\n"
    return text


def _clean(rows: dict[str, Any]) -> str:
    text = f"\n{rows['faces']} faces without acne:\n\n"
    text += table(
        ["way", "acne spots a face", "highest third of tone over lowest"],
        [
            [
                way,
                f"{rows[way]['acne spots per face']:.2f}",
                f"{rows[way]['highest third over lowest']:.2f}",
            ]
            for way in _WAYS
        ],
    )
    text += f"\nNamed as in the product, where acne alone is named: {_names(rows['named only'])} "
    nodules = rows["named freely"]["faces with a sure nodule"]
    return text + f"Were every spot named, even if likelier none: {100 * nodules:.1f} %.\n"


def _names(named: dict[str, Any]) -> str:
    kinds = ", ".join(f"{_spoken(k)} {n:.2f}" for k, n in named["spots per face"].items())
    nodules = 100 * named["faces with a sure nodule"]
    return f"spots a face {kinds}; a sure nodule on {nodules:.1f} % of the faces."


def _spoken(name: str) -> str:
    return name.replace("_", " ")
