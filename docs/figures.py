"""Pages of figures: every number comes from benchmarks/results or from the program itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import figures_future
import figures_speed
import figures_upscale
from figures_app import app_section
from figures_explanation import explanation_section
from figures_lesions import lesions_section
from figures_skin import skin_backbones_section, skin_section, skin_time_section
from figures_variants import variants_section

from cutis.core.vocabulary import Condition
from cutis.steps.explain import LIMITS, METHODS
from cutis.steps.quality import QualityLimits
from cutis.steps.quality.limits import Ramp
from cutis.steps.scoring.formulas import FORMULAS
from cutis.steps.scoring.repeatability import load_repeatability

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
_MARK = "<!-- Written by docs/generate.py; change the program or run the benchmarks. -->\n"


def score_formulas() -> str:
    """Return the page of all score formulas, methods, limits and repeatability."""
    intro = (
        "A score is a severity: 0 is none seen, 100 the strongest on the scale. "
        "Between two anchors it follows a straight line.\n"
    )
    parts = [f"# Score formulas\n\n{_MARK}", intro]
    deviation = load_repeatability().deviation
    for condition in Condition:
        formula, row = FORMULAS[condition], deviation[condition.value]
        anchors = ", ".join(f"{raw:g} → {score:g}" for raw, score in formula.anchors)
        parts.append(
            f"## {condition.value.replace('_', ' ').capitalize()}\n\n"
            f"- formula `{formula.name}`: {formula.raw_name}, in {formula.unit}\n"
            f"- anchors (raw → score): {anchors}\n"
            f"- why: {formula.why}\n"
            f"- method: {METHODS[condition]}\n"
            f"- limits: {LIMITS[condition]}\n"
            f"- repeatability: standard deviation {row['floor']:.2g} points + "
            f"{100 * row['share']:.2g} % of the score ({row['n']:g} photos)\n"
        )
    return "\n".join(parts)


def quality_scales() -> str:
    """Return the page of the scales of all capture-quality measures."""
    limits = QualityLimits()
    rows = [
        "| measure | 0 at | 100 at | refused below (normal) | refuses even lenient |",
        "|---|---|---|---|---|",
    ]
    for name in QualityLimits.__dataclass_fields__:
        ramp = getattr(limits, name)
        if isinstance(ramp, Ramp):
            refused = f"{ramp.retake_below:g}" if ramp.retake_below else "never alone"
            essential = "yes" if ramp.essential else "no"
            rows.append(f"| `{name}` | {ramp.worst:g} | {ramp.ideal:g} | {refused} | {essential} |")
    return (
        f"# Capture-quality scales\n\n{_MARK}\nUnits are in the names; the sources are told in "
        "`cutis.steps.quality.limits`.\n\n" + "\n".join(rows) + "\n"
    )


def figures() -> str:
    """Return the page of all measured figures."""
    makers = {
        "clean_set": _clean_set,
        "tone_fairness": _tone_fairness,
        "repeatability": _repeatability,
        "mirror_law": _mirror,
        "chromophore_recovery": _plain("Chromophore recovery", "chromophore_recovery.py"),
        "badinputs": _badinputs,
        "speed": figures_speed.speed,
        "conditions": _conditions,
        "variants": variants_section,
        "lesion_types": lesions_section,
        "skin": skin_section,
        "skin_time": skin_time_section,
        "skin_backbones": skin_backbones_section,
        "soak_log": _soak_log,
        "explanation": explanation_section,
        "graders": _graders,
        "history": figures_future.history,
        "forecast": figures_future.forecast,
        "policy": figures_future.policy,
        "app": app_section,
        "upscale": figures_upscale.upscale_section,
        "upscale_training": figures_upscale.training_section,
    }
    parts = [
        f"# Figures\n\n{_MARK}",
        "Each section names the benchmark that made it. `make bench` runs them all again.\n",
    ]
    for name, make in makers.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts.append(make(json.loads(path.read_text(encoding="utf-8"))))
    return "\n".join(parts)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _number(value: Any, digits: int = 3) -> str:
    if value is None:
        return "–"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def _clean_set(result: dict[str, Any]) -> str:
    rows = [
        [
            name,
            str(part["photos"]),
            f"{100 * part['face_found_share']:.1f} %",
            f"{100 * part['refused_share']:.1f} %",
            f"{part['p50_s']:.2f} s",
            f"{part['p95_s']:.2f} s",
        ]
        for name, part in result["sets"].items()
    ]
    text = "## Clean photos (`benchmarks/clean_set.py`)\n\n"
    text += _table(["set", "photos", "face found", "refused", "time p50", "time p95"], rows)
    text += f"\nPeak memory {result['peak_memory_mib']:.0f} MiB.\n\n"
    for name, part in result["sets"].items():
        text += f"Refused in {name}:\n\n"
        text += "".join(f"- {n} × {r}\n" for r, n in part["refused_reasons"].items()) + "\n"
    return text + _tone(result["tone"]) + _spread(result["scores"])


def _tone(tone: dict[str, Any]) -> str:
    thirds = ["lightest", "middle", "darkest"]
    ranges = [f"{t} ({tone['ita_deg'][t][0]:.0f}° to {tone['ita_deg'][t][1]:.0f}°)" for t in thirds]
    rows = [["**any**", *(f"{100 * tone['refused_share'][t]:.1f} %" for t in thirds)]]
    rows += _refusals(tone["measures"], thirds)
    text = "### Refused per third of apparent skin tone (mean score of the measure)\n\n"
    text += "Thirds by typology angle, so a dim photo of light skin counts as dark.\n\n"
    text += _table(["measure", *ranges], rows) + "\n### Mean score per third\n\n"
    scores = [[c, *(_number(part[t]) for t in thirds)] for c, part in tone["mean_scores"].items()]
    return text + _table(["condition", *thirds], scores) + "\n"


def _refusals(measures: dict[str, Any], groups: list[str]) -> list[list[str]]:
    """Rows of refused share and mean score, a measure each, a group of photos a column."""
    rows = []
    for name, part in measures.items():
        cells = [
            f"{100 * part[g]['refused_share']:.1f} % ({_number(part[g]['mean_score'], 3)})"
            for g in groups
        ]
        rows.append([name, *cells])
    return rows


def _tone_fairness(result: dict[str, Any]) -> str:
    tones = list(result["target_ita_deg"])
    head = [f"{t} ({result['target_ita_deg'][t]:.0f}°)" for t in tones]
    rows = _refusals(result["measures"], tones)
    text = "## The same photos in four skin tones (`benchmarks/tone_fairness.py`)\n\n"
    text += (
        f"Only the skin's melanin is changed, in {result['photos']} real photos: "
        "refused per measure (mean score).\n\n"
    )
    return text + _table(["measure", *head], rows)


def _spread(scores: dict[str, Any]) -> str:
    rows = [
        [name, str(part["measured"]), *(_number(v) for v in part["p05_25_50_75_95"] or [None] * 5)]
        for name, part in scores.items()
    ]
    head = ["condition", "measured", "5 %", "25 %", "50 %", "75 %", "95 %"]
    return "### Where ordinary faces fall\n\n" + _table(head, rows)


def _repeatability(result: dict[str, Any]) -> str:
    names = result["variants"]
    rows = [
        [condition, *(_number(shifts.get(n)) for n in names)]
        for condition, shifts in result["shift_by_variant"].items()
    ]
    text = "## Repeatability (`benchmarks/repeatability.py`)\n\n"
    text += (
        f"Mean shift in points when a photo is changed slightly ({result['photos']} photos).\n\n"
    )
    return text + _table(["condition", *names], rows)


def _mirror(result: dict[str, Any]) -> str:
    rows = [
        [
            name,
            str(part["measured"]),
            f"{100 * part['share_within_1']:.1f} %",
            *map(_number, part["p50_90_95_100"]),
        ]
        for name, part in result["scores"].items()
    ]
    text = "## Mirror law (`benchmarks/mirror_law.py`)\n\n"
    text += f"{result['photos']} photos and their mirror images.\n\n"
    return text + _table(["score", "measured", "within 1 point", "p50", "p90", "p95", "most"], rows)


def _badinputs(result: dict[str, Any]) -> str:
    rows = [[k, str(v)] for k, v in result["outcomes"].items()]
    text = f"## Bad inputs (`benchmarks/badinputs.py`)\n\n{result['files']} files.\n\n"
    text += _table(["outcome", "files"], rows)
    return text + (
        f"\nUntyped exceptions {len(result['untyped'])}, hangs {result['decoder_timeouts']}, "
        f"slowest file {result['elapsed_s']['max']:.2f} s, "
        f"memory growth {result['memory_mib']['growth']:.0f} MiB.\n"
    )


def _flips(every: int) -> str:
    return "each bit flipped" if every == 1 else f"one bit in {every} flipped"


def _soak_log(result: dict[str, Any]) -> str:
    """One row per kind of tampering."""
    reports, logs = dict(result["S15_signed_reports"]), dict(result["S14_log"])
    totals = [[part.pop("tried"), part.pop("noticed")] for part in (reports, logs)]
    rows = [
        [
            f"{name.replace('_', ' ')}: {what}",
            str(part[f"{key}_tried"]),
            str(part[f"{key}_noticed"]),
        ]
        for name, part in reports.items()
        for what, key in ((_flips(part["every_nth_bit"]), "flips"), ("cut at each byte", "cuts"))
    ]
    rows += [[name, str(part["tried"]), str(part["noticed"])] for name, part in logs.items()]
    text = "## Tampering with signed reports and logs (`benchmarks/soak/log.py`)\n\n"
    text += f"S15: {totals[0][1]} of {totals[0][0]} tries noticed; "
    text += f"S14: {totals[1][1]} of {totals[1][0]}.\n\n"
    return text + _table(["tampering", "tried", "noticed"], rows) + "\n"


def _conditions(result: dict[str, Any]) -> str:
    """One table a section; columns are method and part of the photos."""
    text = "## Condition maps against labels (`benchmarks/conditions.py`)\n\nEvaluation only.\n"
    for section, tables in result.items():
        columns = [(m, p) for m, table in tables.items() for p in table]
        names = dict.fromkeys(k for m, p in columns for k in tables[m][p])
        rows = [[n, *(_cell(tables[m][p].get(n)) for m, p in columns)] for n in names]
        head = ["figure", *(f"{m}, {p}" for m, p in columns)]
        text += f"\n### {section.capitalize()}\n\n" + _table(head, rows)
    return text


def _graders(result: dict[str, Any]) -> str:
    """Families by grader, then real photos, graph, groups and unusual marks."""
    text = "## Graders (`benchmarks/graders.py`)\n\n"
    text += "Painted faces of held-out persons; value, and 95 % interval over persons.\n\n"
    text += _table(["table", "value"], [[k, _cell(v)] for k, v in result["table"].items()])
    for name, part in result["graders"].items():
        text += f"\n### Grader of {name}\n\n" + _families(part)
    for title, key in (
        ("Real photos, evaluation only", "real"),
        ("Graph over regions against no edges", "graph"),
        ("Groups of clean skin", "groups"),
        ("Unusual marks: isolation forest", "isolation"),
        ("Unusual marks: autoencoder", "autoencoder"),
    ):
        rows = [[where, _with_interval(v)] for where, v in _flatten(result.get(key, {}))]
        text += f"\n### {title}\n\n" + _table(["figure", "value"], rows)
    return text


def _families(part: dict[str, Any]) -> str:
    """One column a family; a grader without families says how many faces it had."""
    families = part.get("families", {})
    others = [f"{k}: {_cell(v)}" for k, v in part.items() if k != "families"]
    names = dict.fromkeys(k for rows in families.values() for k in rows)
    rows = [[n, *(_with_interval(families[f].get(n)) for f in families)] for n in names]
    table = _table(["figure", *families], rows) + "\n" if families else ""
    return table + "; ".join(others) + ".\n"


def _with_interval(value: Any) -> str:
    """Write a value, low, high as a value with its interval."""
    if isinstance(value, list) and len(value) == 3:
        return f"{_cell(value[0])} ({_cell(value[1:])})"
    return _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(_cell(v) for v in value)
    return "–" if value is None else _number(value)


def _plain(title: str, script: str) -> Any:
    def make(result: dict[str, Any]) -> str:
        flat = _flatten(result)
        rows = [[name, _number(value)] for name, value in flat if isinstance(value, int | float)]
        return f"## {title} (`benchmarks/{script}`)\n\n" + _table(["figure", "value"], rows)

    return make


def _flatten(tree: Any, where: str = "") -> list[tuple[str, Any]]:
    if isinstance(tree, dict):
        return [row for k, v in tree.items() for row in _flatten(v, f"{where} {k}".strip())]
    return [(where, tree)]
