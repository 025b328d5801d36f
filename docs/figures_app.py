"""Figures of the web app, read from Chromium's own traces, as tables."""

from __future__ import annotations

from typing import Any

from figures_speed import table

_GOAL_FRAMES_PER_S, _GOAL_TASK_MS, _GOAL_KB = 10, 200, 150
_RUNS = {
    "full_speed": "full speed",
    "slowed": "page slowed {} ×",
    "slowed_with_worker": "page and worker slowed {} ×",
}


def app_section(result: dict[str, Any]) -> str:
    """Return the section on the web app."""
    return (
        "## Web app (`benchmarks/web_app.py`)\n\n"
        f"{result['browser']} without a graphics processor, on {result['processors']} processors "
        f"that the service shares; load of the machine before: {result['load']:g}.\n\n"
        f"First view, nothing kept from before (goal: at most {_GOAL_KB} kB):\n\n"
        f"{_first_view(result)}\n"
        f"Guidance, watched for {result['watched_s']} s (goal: at least {_GOAL_FRAMES_PER_S} "
        f"frames a second, no task over {_GOAL_TASK_MS} ms, both slowed):\n\n{_capture(result)}\n"
        "Chromium slows a page's own thread only; in the last row the worker that looks at the "
        "frames waits after each as well. A task's time is told by the clock, and by the processor "
        "in brackets: far apart, other programs had the processor.\n"
    )


def _first_view(result: dict[str, Any]) -> str:
    rows = [
        [
            _named(name, result),
            _ms(part["first_contentful_paint_ms"]),
            f"{part['transferred_bytes'] / 1000:.0f} kB",
            _longest(part),
            str(part["tasks_over_50_ms"]),
        ]
        for name, part in result["first_view"].items()
    ]
    head = ["", "first contentful paint", "compressed size", "longest task", "tasks over 50 ms"]
    return table(head, rows)


def _capture(result: dict[str, Any]) -> str:
    rows = [
        [
            _named(name, result),
            f"{part['frames_per_s']:.1f}",
            _longest(part),
            str(part["tasks_over_50_ms"]),
            _longest(part["worker"]),
        ]
        for name, part in result["capture"].items()
    ]
    head = ["", "frames a second", "longest task", "tasks over 50 ms", "longest in the worker"]
    return table(head, rows)


def _named(run: str, result: dict[str, Any]) -> str:
    return _RUNS[run].format(result["cpu_slowdown"])


def _longest(part: dict[str, Any]) -> str:
    return f"{_ms(part['longest_task_ms'])} ({_ms(part['longest_task_cpu_ms'])})"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"
