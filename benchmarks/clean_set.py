"""The whole assessment over the clean photos: found, refused, time, memory, fairness per tone.

    python benchmarks/clean_set.py [--out benchmarks/results/clean_set.json]

Photos: all of clean/interfaces (real), 200 of clean/sfhq_t2i (generated). Skin tone thirds are by
typology angle of the assessed photos of both sets together. Nothing is tuned here.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from photo_sets import photos_of

from cutis.core.assessment import Assessment
from cutis.core.errors import CutisError
from cutis.core.vocabulary import Condition, Verdict
from cutis.pipeline import Tools, examine
from cutis.settings import Settings
from cutis.steps.intake import open_photo
from cutis.steps.scoring.colour import sample_colour, tone_of
from cutis.wiring import build_tools

SETS = {"interfaces": ("clean/interfaces", None), "sfhq_t2i": ("clean/sfhq_t2i", 200)}


def main() -> None:
    """Run, print the tables, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/clean_set.json"))
    parser.add_argument(
        "--most", type=int, default=None, help="photos of each set, for a quick look"
    )
    options = parser.parse_args()
    tools = build_tools(Settings())
    rows = []
    for name, (folder, most) in SETS.items():
        for path in photos_of(folder, options.most or most):
            rows.append(_row(name, path, tools))
            print(f"\r{len(rows)} photos", end="", file=sys.stderr)
    result = {
        "sets": {name: _summary([r for r in rows if r["set"] == name]) for name in SETS},
        "tone": _by_tone(rows),
        "scores": _score_distribution(rows),
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print()
    print(json.dumps(result, indent=1))


def _row(name: str, path: Path, tools: Tools) -> dict:
    started = time.perf_counter()
    try:
        examination = examine(open_photo(path), tools)
    except CutisError as error:
        return {"set": name, "photo": path.name, "error": error.code}
    elapsed = time.perf_counter() - started
    answer = examination.assessment
    tone = None
    if examination.crop is not None:
        tone = tone_of(sample_colour(examination.crop, examination.skin))
    return {
        "set": name,
        "photo": path.name,
        "elapsed_s": elapsed,
        "found": answer.face is not None,
        "frontal": answer.face is not None and abs(answer.face.pose.yaw_deg) < 45,
        "usable": answer.usable,
        "reasons": list(answer.reasons),
        "ita_deg": tone.colour.ita_deg if hasattr(tone, "colour") else None,
        "quality": {m.name.value: (m.score, m.verdict.value) for m in answer.quality.measures},
        "scores": {c.value: answer.scores[c].value for c in Condition},
        "counts": _counts(answer),
    }


def _counts(answer: Assessment) -> dict[str, int]:
    return dict(Counter(f.condition.value for f in answer.findings))


def _summary(rows: list[dict]) -> dict:
    fine = [r for r in rows if "error" not in r]
    times = [r["elapsed_s"] for r in fine]
    refused = [r for r in fine if not r["usable"]]
    return {
        "photos": len(rows),
        "errors": dict(Counter(r["error"] for r in rows if "error" in r)),
        "face_found_share": float(np.mean([r["found"] for r in fine])),
        "no_face": [r["photo"] for r in fine if not r["found"]],
        "refused_share": len(refused) / len(fine),
        "refused_reasons": dict(Counter(reason for r in refused for reason in r["reasons"])),
        "p50_s": float(np.quantile(times, 0.5)),
        "p95_s": float(np.quantile(times, 0.95)),
    }


def _by_tone(rows: list[dict]) -> dict:
    """Refusals and mean scores of each measure per third of skin tone, lightest first."""
    toned = sorted((r for r in rows if r.get("ita_deg") is not None), key=lambda r: -r["ita_deg"])
    thirds = dict(
        zip(("lightest", "middle", "darkest"), np.array_split(np.array(toned), 3), strict=True)
    )
    names = sorted({n for r in toned for n in r["quality"]})
    table = {}
    for name in names:
        table[name] = {
            third: {
                "refused_share": float(np.mean([_refused(r, name) for r in part])),
                "mean_score": _mean([r["quality"].get(name, (None,))[0] for r in part]),
            }
            for third, part in thirds.items()
        }
    return {
        "photos": {third: len(part) for third, part in thirds.items()},
        "ita_deg": {
            third: [part[0]["ita_deg"], part[-1]["ita_deg"]] for third, part in thirds.items()
        },
        "refused_share": {
            t: float(np.mean([not r["usable"] for r in p])) for t, p in thirds.items()
        },
        "measures": table,
        "mean_scores": {
            c.value: {t: _mean([r["scores"][c.value] for r in p]) for t, p in thirds.items()}
            for c in Condition
        },
        "mean_counts": {
            c: {
                t: float(np.mean([r["counts"].get(c, 0) for r in p if r["usable"]]))
                for t, p in thirds.items()
            }
            for c in ("acne", "pigmentation", "wrinkles", "scarring")
        },
    }


def _refused(row: dict, name: str) -> bool:
    return row["quality"].get(name, (None, Verdict.GOOD.value))[1] == Verdict.RETAKE.value


def _mean(values: list[float | None]) -> float | None:
    seen = [v for v in values if v is not None]
    return float(np.mean(seen)) if seen else None


def _score_distribution(rows: list[dict]) -> dict:
    """Quantiles of each score where measured: where ordinary faces fall on the scale."""
    table = {}
    for condition in Condition:
        seen = [r["scores"][condition.value] for r in rows if "scores" in r]
        seen = [v for v in seen if v is not None]
        quantiles = np.quantile(seen, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist() if seen else None
        table[condition.value] = {"measured": len(seen), "p05_25_50_75_95": quantiles}
    return table


if __name__ == "__main__":
    main()
