"""Figures of speed, scale and the long run of a batch, as tables, a plot and blocks of pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
NOT_YET = "Not measured yet: run `benchmarks/{}`.\n"
_BAR, _ROW, _LEFT = 420, 22, 190
_WITHIN = ("network: conditions",)


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def ms(seconds: float) -> str:
    """Return seconds as milliseconds."""
    return f"{1000 * seconds:.0f} ms"


def speed(result: dict[str, Any]) -> str:
    """Return the section of the page of figures."""
    rows = [[k, f"{v:.3g}"] for k, v in result.items() if isinstance(v, int | float)]
    parts = [table(["figure", "value"], rows), stages(result), batch(result)]
    parts += [eager(result), bf16(result), roofline(result)]
    return "## Speed (`benchmarks/speed.py`)\n\n" + "\n".join(parts) + "\n"


def stages(result: dict[str, Any]) -> str:
    """Return the stages of a photo, by threads, and the start."""
    if "stages_1" not in result or "stages_2" not in result:
        return NOT_YET.format("speed.py")
    one, two = result["stages_1"]["warm_s"], result["stages_2"]["warm_s"]
    rows = [[_named(n), ms(one[n]["p50"]), ms(two[n]["p50"]), ms(two[n]["best"])] for n in two]
    text = table(["stage, warm", "1 thread p50", "2 threads p50", "2 threads best"], rows)
    text += "\nPeak memory " + ", ".join(
        f"{result[f'stages_{n}']['peak_mib']:.0f} MiB with {n} thread{'s' * (n > 1)}"
        for n in (1, 2)
    )
    loads = f"{result['stages_1']['load']:g} and {result['stages_2']['load']:g}"
    text += f". Load of the machine before: {loads}.\n"
    if "start" in result:
        start = result["start"]
        text += (
            f"\nStart: `import cutis` {ms(start['import_cutis_s'])}; `cutis analyze` of one photo "
            f"{start['analyze_1_mpx_s']:.2f} s at 1 megapixel, "
            f"{start['analyze_12_mpx_s']:.2f} s at 12 (load {start['load']:g}).\n"
        )
    return text


def profile(result: dict[str, Any]) -> str:
    """Return where the processor's time goes, function by function."""
    if "profile" not in result:
        return NOT_YET.format("speed.py")
    part = result["profile"]
    rows = [[f"`{r['function']}`", f"{100 * r['share']:.1f} %"] for r in part["functions"]]
    return (
        f"{part['cpu_s']:.2f} s of one processor a photo, the profiler's own time included.\n\n"
        + (table(["function, without what it calls", "share"], rows))
    )


def batch(result: dict[str, Any]) -> str:
    """Return batches of 1, 8 and 64 photos."""
    if "batch" not in result:
        return NOT_YET.format("speed.py")
    rows = [
        [count, f"{part['whole_s']:.1f} s", _rate(part["photos_per_s"])]
        for count, part in result["batch"].items()
        if isinstance(part, dict)
    ]
    head = ["photos, two workers", "start to end", "photos a second after the start"]
    return table(head, rows) + f"\nLoad of the machine before: {result['batch']['load']:g}.\n"


def eager(result: dict[str, Any]) -> str:
    """Return the comparison with eager torch."""
    if "eager" not in result or "equality" not in result:
        return NOT_YET.format("speed.py")
    part, equal = result["eager"], result["equality"]
    return (
        "Whole assessment, condition network in eager torch fp32: "
        f"{ms(part['eager_torch_p50_s'])}; "
        f"as shipped: {ms(part['shipped_p50_s'])}; ratio "
        f"{part['speedup_vs_eager_torch']:.2f} (best against best "
        f"{part['best_against_best']:.2f}), load {part['load']:g}.\n\n"
        f"Results on {equal['photos']} photos: {equal['scores_compared']} scores differ by at most "
        f"{equal['score_difference_max']:.3f} points, {equal['maps_compared']} masks overlap by at "
        f"least {equal['map_iou_min']:.4f}.\n"
    )


def bf16(result: dict[str, Any]) -> str:
    """Return how results move, and how much sooner they come, in bf16."""
    if "bf16" not in result:
        return NOT_YET.format("speed.py --parts bf16")
    part = result["bf16"]
    if not part["has_bf16"]:
        return "The processor of the last run has no bf16.\n"
    return (
        f"In bf16 {part['photos']} photos took 1/{part['speedup_of_bf16']:.2f} of the time "
        f"(load {part['load']:g}). {part['scores_compared']} scores differed by at most "
        f"{part['score_difference_max']:.2f} points, and {part['maps_compared']} masks overlapped "
        f"by at least {part['map_iou_min']:.3f}: "
        f"{'within' if part['passed'] else 'beyond'} the bounds of half a point and 0.995.\n"
    )


def roofline(result: dict[str, Any]) -> str:
    """Return FLOPs, times and shares of what the machine can do."""
    if "roofline" not in result:
        return NOT_YET.format("speed.py")
    part = result["roofline"]
    rows = [
        [
            name,
            f"{row['gflop']:.3f}",
            f"{1000 * row['best_s']:.2f} ms",
            f"{row['gflops']:.0f}",
            f"{100 * row['share_of_roofline']:.0f} %",
        ]
        for name, row in part["networks"].items()
    ]
    text = (
        f"Ceilings with {part['threads']} threads: {part['gemm_gflops']:.0f} GFLOP/s fp32, "
        f"{part['copy_gb_per_s']:.1f} GB/s (load {part['load']:g}).\n\n"
    )
    head = ["network", "GFLOP", "best", "GFLOP/s", "share of roofline"]
    return text + table(head, rows)


def plot() -> str:
    """Return the stages as bars, in SVG; an empty picture before they are measured."""
    path = RESULTS / "speed.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    warm = result.get("stages_2", {}).get("warm_s", {})
    bars = [(n, p["p50"]) for n, p in warm.items() if n not in ("whole", "examine")]
    longest = max((seconds for _, seconds in bars), default=1.0)
    height = _ROW * max(1, len(bars)) + 10
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _BAR + 90}" '
            f'height="{height}" font-family="sans-serif" font-size="13" role="img" '
            'aria-label="Milliseconds by stage of one assessment">'
        )
    ]
    for row, (name, seconds) in enumerate(bars):
        y, width = 5 + row * _ROW, _BAR * seconds / longest
        lines += [
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end">{_named(name)}</text>',
            f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_ROW - 6}" fill="#00897b"/>',
            f'<text x="{_LEFT + width + 6:.1f}" y="{y + 14}">{ms(seconds)}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def cost(result: dict[str, Any]) -> str:
    """Return what a million photos take, from the measured throughput of a processor."""
    rate = result.get("batch", {}).get("64", {}).get("photos_per_s")
    if not rate:
        return NOT_YET.format("speed.py --parts batch")
    per_core = rate / 2
    hours = 1e6 / per_core / 3600
    sizes = table(
        ["processors", "10⁶ photos", "10⁹ photos"],
        [[str(n), _span(1e6, per_core, n), _span(1e9, per_core, n)] for n in (2, 64, 1024)],
    )
    return (
        f"Measured: {rate:.2f} photos of 12 megapixels a second on two processors, "
        f"{per_core:.2f} on one (load {result['batch']['load']:g}). A million photos take "
        f"{hours:.0f} processor-hours; times the price of one processor-hour, that is what they "
        f"cost.\n\n{sizes}"
    )


def bottleneck(result: dict[str, Any]) -> str:
    """Return photos a second by delay of the storage, an engine a column."""
    runs = result["runs"]
    engines = list(dict.fromkeys(run["engine"] for run in runs))
    delays = sorted({run["delay_s"] for run in runs})
    cells = {(r["engine"], r["delay_s"]): f"{r['photos_per_s']:.2f}" for r in runs}
    rows = [[f"{d:g} s", *(cells.get((e, d), "–") for e in engines)] for d in delays]
    head = ["delay of each read", *(f"{e}, photos a second" for e in engines)]
    told = f"{result['photos']} photos, {result['workers']} workers, load {result['load']:g}.\n\n"
    return told + table(head, rows)


def soak(result: dict[str, Any]) -> str:
    """Return the long run of both engines."""
    part = result["batch"]
    names = [name for name in ("local", "ray") if name in part]
    facts = ("rows", "keys", "quarantined", "workers_killed", "actors_killed", "driver_starts")
    facts += ("orphans", "seconds")
    rows = [[fact.replace("_", " "), *(str(part[n][fact]) for n in names)] for fact in facts]
    rows += [
        [
            f"memory, {who}, middle and last third",
            *(
                " and ".join(f"{part[n]['memory_mib'][t][who]:g} MiB" for t in ("middle", "last"))
                for n in names
            ),
        ]
        for who in ("driver", "worker")
    ]
    text = f"{part['photos']} photos, {part['broken']} of them broken."
    if len(names) > 1:
        same = all(part["equal"].values())
        text += " The tables are equal." if same else " The tables differ."
    text += "\n\n"
    return text + table(["", *names], rows)


def _named(stage: str) -> str:
    return f"… {stage}" if stage in _WITHIN else stage.replace("_", " ")


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _span(photos: float, per_core: float, processors: int) -> str:
    hours = photos / per_core / processors / 3600
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"


BLOCKS = {
    "speed-stages": ("speed", stages),
    "speed-profile": ("speed", profile),
    "speed-batch": ("speed", batch),
    "speed-eager": ("speed", eager),
    "speed-bf16": ("speed", bf16),
    "speed-roofline": ("speed", roofline),
    "scale-cost": ("speed", cost),
    "scale-bottleneck": ("scale", bottleneck),
    "batch-soak": ("soak_batch", soak),
    "batch-soak-parts": ("soak_batch_parts", soak),
}
"""Blocks of pages: from which result, and what writes them."""
