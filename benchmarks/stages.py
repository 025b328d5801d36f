"""Where the time of one assessment goes: each line of the hall timed, and the networks within.

The functions that `cutis.pipeline.examine` calls are timed where it finds them, so that the stages
are always those of the hall.
"""

from __future__ import annotations

import os
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

STAGES = (
    "find_faces crop_face assess_quality map_conditions find_lesions pore_peaks score_face "
    "add_grades explain_scores"
).split()


def measure(photo: Path, runs: int, threads: int) -> dict[str, Any]:
    """Return the stages of one photo in a warm process, in seconds, and its peak memory.

    Args:
        photo: a file.
        runs: how often it is assessed; medians and best times are told.
        threads: of every network and filter.
    """
    started_s = time.perf_counter()
    tools, settings = make_tools(threads)
    loaded_s = time.perf_counter() - started_s
    spent: dict[str, list[float]] = defaultdict(list)
    with timed_hall(spent), timed_networks(tools, spent):
        for number in range(runs + 1):
            whole_s = assess_once(photo, tools, settings, spent)
            if number == 0:
                cold = {"load models": loaded_s, "first photo": whole_s}
                for values in spent.values():
                    values.clear()  # the timers hold these very lists
    return {
        "cold_s": cold,
        "warm_s": {name: part(values, runs) for name, values in spent.items()},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def profile(photo: Path, runs: int = 3, most: int = 14) -> dict[str, Any]:
    """Return the functions that take most processor time of a warm assessment, one thread."""
    import cProfile  # noqa: PLC0415
    import pstats  # noqa: PLC0415

    tools, settings = make_tools(1)
    assess_once(photo, tools, settings, defaultdict(list))
    profiler = cProfile.Profile(time.process_time)
    for _ in range(runs):
        profiler.runcall(assess_once, photo, tools, settings, defaultdict(list))
    stats = pstats.Stats(profiler).get_stats_profile()
    # the same name in several files is one row; names of C functions are shortened
    own: dict[str, float] = defaultdict(float)
    for name, row in stats.func_profiles.items():
        own[name.strip("{}").removeprefix("built-in method ")] += row.tottime
    ranked = sorted(own.items(), key=lambda pair: -pair[1])[:most]
    total_s = sum(own.values())
    functions = [{"function": name, "share": seconds / total_s} for name, seconds in ranked]
    return {"cpu_s": total_s / runs, "functions": functions}


def part(values: list[float], runs: int) -> dict[str, float]:
    """Return median and best of a stage; calls of one photo are added up."""
    per_photo = np.add.reduceat(values, np.arange(0, len(values), len(values) // runs))
    return {"p50": float(np.median(per_photo)), "best": float(per_photo.min())}


def assess_once(photo: Path, tools: Any, settings: Any, spent: dict[str, list[float]]) -> float:
    """Assess a photo from its file to its JSON, and note the parts that the hall does not hold."""
    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.reports.json import to_json  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    at = [time.perf_counter()]
    opened = open_photo(photo, settings.intake)
    at.append(time.perf_counter())
    found = examine(opened, tools)
    at.append(time.perf_counter())
    to_json(found.assessment)
    at.append(time.perf_counter())
    names = ("open_photo", "examine", "to_json", "whole")
    for name, seconds in zip(names, (*np.diff(at), at[-1] - at[0]), strict=True):
        spent[name].append(float(seconds))
    return at[-1] - at[0]


def make_tools(threads: int, precision: str = "f32") -> tuple[Any, Any]:
    """Return tools whose networks and filters have so many threads, and the settings."""
    import cv2  # noqa: PLC0415

    from cutis.settings import load_settings, override  # noqa: PLC0415
    from cutis.wiring import build_tools  # noqa: PLC0415

    cv2.setNumThreads(threads)
    settings = override(load_settings(), {"runtime": {"threads": threads, "precision": precision}})
    return build_tools(settings), settings


@contextmanager
def timed_hall(spent: dict[str, list[float]]) -> Iterator[None]:
    """Time what the hall calls while this lasts."""
    from cutis import pipeline  # noqa: PLC0415

    kept = {name: getattr(pipeline, name) for name in STAGES}
    for name, function in kept.items():
        setattr(pipeline, name, timed(function, spent[name]))
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(pipeline, name, function)


@contextmanager
def timed_networks(tools: Any, spent: dict[str, list[float]]) -> Iterator[None]:
    """Time finding skin, and the condition networks, which are a part of ``map_conditions``."""
    found = tools.skin.segment
    tools.skin.segment = timed(found, spent["segment skin"])
    learned = [s for s in tools.conditions if hasattr(s, "_network")]
    kept = [segmenter._network for segmenter in learned]  # noqa: SLF001 - nothing public tells it
    for segmenter, network in zip(learned, kept, strict=True):
        segmenter._network = timed(network, spent["network: conditions"])  # noqa: SLF001
    try:
        yield
    finally:
        tools.skin.segment = found
        for segmenter, network in zip(learned, kept, strict=True):
            segmenter._network = network  # noqa: SLF001


def timed(function: Callable[..., Any], into: list[float]) -> Callable[..., Any]:
    """Return a function that does the same and notes how long it took."""

    def run(*args: Any, **named: Any) -> Any:
        started_s = time.perf_counter()
        answer = function(*args, **named)
        into.append(time.perf_counter() - started_s)
        return answer

    return run


def load() -> float:
    """Return how many processes wanted a processor in the last minute."""
    return round(os.getloadavg()[0], 1)
