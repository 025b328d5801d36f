"""Figures on change, forecasts and learned choices, as tables and as blocks within other pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import figures_skin
import figures_speed

DOCS = Path(__file__).resolve().parent
RESULTS = DOCS.parent / "benchmarks" / "results"
_THIRDS = ("all", "lightest", "middle", "darkest")


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _span(part: Mapping[str, float], digits: int = 2) -> str:
    """Return a mean with its 95 % interval."""
    mean = part["mean"] if "mean" in part else part["share"]
    return f"{mean:.{digits}f} ({part['low']:.{digits}f} to {part['high']:.{digits}f})"


def history(result: dict[str, Any]) -> str:
    """Return the section on change verdicts."""
    text = "## Change verdicts (`benchmarks/history.py`)\n\n"
    text += f"{result['photos']} clean photos, each against itself after six changes of the "
    text += "capture; those that are refused give no pair.\n\n"
    return text + false_changes(result) + "\n" + _by_condition(result) + "\n" + detection(result)


def false_changes(result: dict[str, Any]) -> str:
    """Return how often photos without a change were called changed."""
    part = result["false_changes"]
    row = [
        f"{part['compared_pairs']} of {part['pairs']}",
        _percent(part["any_condition"]),
        _percent(part["any_region"]),
    ]
    by = part["any_condition_by_variant"]
    told = ", ".join(f"{name} {_percent(share)}" for name, share in by.items())
    head = ["pairs compared", "any condition called changed", "any region"]
    return _table(head, [row]) + f"\nAny condition, by change of the capture: {told}.\n"


def _by_condition(result: dict[str, Any]) -> str:
    rows = [
        [condition, str(part["compared"]), _percent(part["changed_share"])]
        for condition, part in result["false_changes"]["by_condition"].items()
    ]
    return _table(["condition", "compared", "called changed"], rows)


def detection(result: dict[str, Any]) -> str:
    """Return the smallest painted size that is called a change in 80 % of the faces."""
    rows = [
        [
            condition,
            part["painted"],
            *(_smallest(part[group]) if group in part else "–" for group in _THIRDS),
        ]
        for condition, part in result["detection"].items()
        if part["all"]["detected_share"]
    ]
    text = (
        f"Painted on {result['painted_photos']} photos: the smallest size that is called a change "
        "in 80 % of them, and so are all larger ones.\n\n"
    )
    return text + _table(["condition", "painted", *_THIRDS], rows)


def _smallest(part: Mapping[str, Any]) -> str:
    found = part["smallest_detected_by_80_percent"]
    largest = list(part["detected_share"])[-1:] or ["–"]
    return f"{float(found):g}" if found is not None else f"more than {float(largest[0]):g}"


def forecast(result: dict[str, Any]) -> str:
    """Return the section on forecasts."""
    text = "## Forecasts (`benchmarks/forecast.py`)\n\n"
    text += f"{result['series']} simulated series of 4, 6 and 10 visits; nominal coverage 90 %.\n\n"
    return text + forecast_table(result) + "\n" + flares(result)


def forecast_table(result: dict[str, Any]) -> str:
    """Return baseline against LSTM, a kind of series a row."""
    rows = []
    for kind, part in result["kinds"].items():
        name = kind if part["seen_in_training"] else f"{kind} (held out)"
        for way in ("baseline", "likeliest alone", "lstm"):
            own = part[way]
            gain = _span(part["lstm_gain"]) if way == "lstm" else ""
            cells = [_percent(own["coverage"]["mean"]), _span(own["pinball"]), _span(own["error"])]
            rows.append([name, way, *cells, f"{own['width']:.1f}", gain])
    head = [
        "series",
        "way",
        "coverage",
        "pinball loss",
        "mean error",
        "interval width",
        "LSTM gain",
    ]
    verdict = (
        "The LSTM is surely better on every kind."
        if result["lstm_ships"]
        else "The LSTM is not surely better on every kind, so it does not ship."
    )
    return _table(head, rows) + f"\n{verdict}\n"


def flares(result: dict[str, Any]) -> str:
    """Return how flare-up chances fared."""
    part = result["flare_ups"]
    rows = [
        [
            f"{_percent(b['from'])} and more",
            str(b["forecasts"]),
            _percent(b["told"]),
            _percent(b["came"]),
        ]
        for b in part["bins"]
    ]
    text = (
        f"Flare-up chances of the baseline: Brier score {part['brier']:.3f}, that of the base rate "
        f"alone {part['brier_of_the_base_rate']:.3f}; calibration error "
        f"{part['calibration_error']:.3f}.\n\n"
    )
    return text + _table(["chance told", "forecasts", "mean told", "came true"], rows)


def policy(result: dict[str, Any]) -> str:
    """Return the section on learned choices."""
    text = "## Learned choices of routine, simulated (`benchmarks/policy.py`)\n\n"
    return text + policy_tables(result)


def policy_tables(result: dict[str, Any]) -> str:
    """Return returns per way of choosing and the off-policy estimates."""
    rows = [
        [skin, way, _span(part), _span(part["gain_over_rules"])]
        for skin, ways in result["returns"].items()
        for way, part in ways.items()
    ]
    off = [[name, _span(part)] for name, part in result["off_policy"].items()]
    verdict = (
        "The cautious way is surely better than the rules' plan in the simulator it was learned in."
        if result["beats_the_rules_in_simulation"]
        else "The cautious way is not surely better than the rules' plan; no table ships."
    )
    return (
        f"{result['episodes']} simulated persons to learn from, {result['persons']} others to "
        f"judge by. Of the effects {result['effects']['published']} are published, "
        f"{result['effects']['partly published']} in part, {result['effects']['assumed']} assumed."
        "\n\n"
        + _table(["skin", "way", "mean return", "gain over the rules' plan"], rows)
        + f"\n{verdict}\n\nOff-policy estimates of a softened greedy way, from random choices:\n\n"
        + _table(["estimate", "mean return"], off)
    )


BLOCKS: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "false-changes": ("history", false_changes),
    "detection": ("history", detection),
    "forecasts": ("forecast", forecast_table),
    "flare-ups": ("forecast", flares),
    "choices": ("policy", policy_tables),
    "living-colour": ("living_colour", figures_skin.living_section),
    **figures_speed.BLOCKS,
}
"""Blocks of explanation pages, between ``<!-- figures: NAME -->`` and ``<!-- end -->``."""


def quoted(page: str) -> Callable[[], str]:
    """Return what writes the blocks of one page below ``docs`` anew; the rest stays as it is."""

    def make() -> str:
        text = (DOCS / page).read_text(encoding="utf-8")
        for name, (source, block) in BLOCKS.items():
            start, end = f"<!-- figures: {name} -->\n", "<!-- end -->"
            if start in text:
                before, rest = text.split(start, 1)
                after = rest.split(end, 1)[1]
                text = f"{before}{start}\n{_made(source, block)}\n{end}{after}"
        return text

    return make


def _made(source: str, block: Callable[[dict[str, Any]], str]) -> str:
    path = RESULTS / f"{source}.json"
    if not path.exists():
        return f"Not measured yet: run `benchmarks/{source}.py`.\n"
    return block(json.loads(path.read_text(encoding="utf-8")))
