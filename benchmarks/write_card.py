r"""Write the digests and the measured figures of a shipped network into its card.

    python benchmarks/write_card.py CARD.toml --results benchmarks/results/conditions.json \
        --method learned:conditions
    python benchmarks/write_card.py src/cutis/models/cards/skin.toml \
        --results benchmarks/results/skin.json
    python benchmarks/write_card.py src/cutis/models/cards/lesions.toml \
        --results benchmarks/results/lesion_types.json
    python benchmarks/write_card.py src/cutis/models/cards/upscale_fidelity.toml \
        --results benchmarks/results/upscale_training.json --stage fidelity

The part of the card after the line ``# figures`` is replaced; nothing is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path
from typing import Any

MARK = "# figures: written by benchmarks/write_card.py from benchmarks/results\n"
ROWS = {
    "acne": (
        ("pixel average precision", "report"),
        ("recall at 10 false per face", "report"),
        ("recall at 10 false per face r>=5 px", "report"),
        ("Spearman of count, peaks", "report"),
    ),
    "redness": (("AUC, mean", "report"),),
    "negatives": (),
}


def main() -> None:
    """Rewrite the figures of a card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("card", type=Path)
    parser.add_argument("--results", type=Path, default=Path("benchmarks/results/conditions.json"))
    parser.add_argument("--method", help="the learned method's name in the results of conditions")
    parser.add_argument("--stage", help="fidelity or texture, of the training of enhancement")
    options = parser.parse_args()
    results = json.loads(options.results.read_text(encoding="utf-8"))
    if "marked photos" in results:
        found = lesion_metrics(results)
    elif options.stage:
        found = upscale_metrics(results[options.stage], options.stage)
    elif options.method:
        found = _metrics(results, options.method)
    else:
        found = _skin_metrics(results)
    write_figures(options.card, found)


def write_figures(card: Path, found: list[str]) -> None:
    """Write the digests of a card's files and its figures."""
    text = card.read_text(encoding="utf-8").split(MARK)[0].rstrip() + "\n\n" + MARK
    text = _with_digests(text, card.parents[1] / "weights")
    card.write_text(text + "".join(found), encoding="utf-8")


def upscale_metrics(run: dict[str, Any], stage: str) -> list[str]:
    """Return how long a generator was trained, and what its last validation gave."""
    learned = f"windows of its training, degradation {run['degradation']}"
    rows = (
        ("steps of training", learned, run["steps"]),
        ("windows in a step", learned, run["batch"]),
        ("minutes of training", learned, run["minutes"]),
        (
            "gain over bicubic on luma, dB",
            "windows of people held out",
            run["curve"][-1]["gain_db"],
        ),
    )
    return [_entry(stage, name, data, f"value = {value:.6g}\n") for name, data, value in rows]


def lesion_metrics(results: dict[str, Any]) -> list[str]:
    """Return how well painted lesions are named, by tone, and what real photos tell."""
    told = results["training"]["validation"]
    painted = "crops of painted people held out"
    rows = [
        ("balanced accuracy", painted, "all", told["balanced_accuracy"]),
        (
            "calibration error",
            painted,
            "all",
            results["training"]["calibration"]["ece_after"],
        ),
        *(
            ("balanced accuracy", painted, f"tone {third}", row["balanced_accuracy"])
            for third, row in told["by_tone"].items()
        ),
        (
            "AUC, spots on a mark against others",
            "photos kept for evaluation, report half",
            "all",
            results["marked photos"]["report"]["AUC, findings on a mark against others"],
        ),
        (
            "share of faces with a sure nodule",
            "clean faces whose own spots it was not shown",
            "all",
            results["clean faces"]["named only"]["faces with a sure nodule"],
        ),
    ]
    return [
        _entry("lesion types", name, data, f'group = "{group}"\nvalue = {value:.4g}\n')
        for name, data, group, value in rows
    ]


def _entry(subject: str, name: str, data: str, rest: str) -> str:
    return f'\n[[metrics]]\nsubject = "{subject}"\nname = "{name}"\ndata = "{data}"\n{rest}'


def _with_digests(card: str, weights: Path) -> str:
    """Fill in the digest and size that follow each file's name."""
    names = re.findall(r'^(?:name|member) = "([\w-]+\.(?:xml|bin))"', card, flags=re.MULTILINE)
    for name in dict.fromkeys(names):
        content = (weights / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        told = f'"{name}"\nsha256 = "{digest}"'
        card = re.sub(rf'"{name}"\nsha256 = "\w*"', told, card)
        card = re.sub(rf"({digest}\"\nsize_bytes = )\d+", rf"\g<1>{len(content)}", card)
    return card


def _metrics(results: dict[str, Any], method: str) -> list[str]:
    found = []
    for section, rows in ROWS.items():
        table = results.get(section, {})
        for name, part in rows:
            learned = table.get(method, {}).get(part, {}).get(name)
            classical = table.get("classical", {}).get(part, {}).get(name)
            if learned is not None:
                found.append(_metric(section, name, part, (learned, classical)))
    return found


def _metric(subject: str, name: str, part: str, values: tuple[float, float | None]) -> str:
    learned, classical = values
    beside = "" if classical is None else f"classical = {classical:.4g}\n"
    data = f"photos kept for evaluation, {part} half"
    return _entry(subject, name, data, f"value = {learned:.4g}\n{beside}")


def _skin_metrics(results: dict[str, Any]) -> list[str]:
    """Return the overlap with FASSEG of each part, turn of the head and third of tones."""
    network, rule = (results["methods"][m] for m in ("network", "landmarks and own colour"))
    return [
        _entry(
            "facial skin",
            name,
            "FASSEG inside the face oval",
            f'group = "{group}"\nvalue = {values[name]:.4g}\nclassical = {rule[group][name]:.4g}\n',
        )
        for group, values in network.items()
        for name in (("iou", "f1", "boundary f1") if group == "report" else ("iou",))
    ]


if __name__ == "__main__":
    main()
