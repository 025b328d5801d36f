"""The same assessment with its condition network in eager torch, or in bf16: time and equality.

The network is read from the shipped graph (`cutis.training.exported_network`), so the weights are
the same; everything around it is the same code. The networks of the face landmarker stay in their
runtime: they have no torch form here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from stages import make_tools

SURE = 0.5


class EagerNetwork:
    """The exported network, called as a compiled one is."""

    def __init__(self, network: Any, torch: Any) -> None:
        self._network, self._torch = network, torch

    def __call__(self, inputs: np.ndarray) -> list[np.ndarray]:
        """Return the logits, as the first of a list."""
        with self._torch.inference_mode():
            return [self._network(self._torch.from_numpy(inputs)).numpy()]


@contextmanager
def eager(tools: Any, threads: int) -> Iterator[None]:
    """Put eager torch in place of the runtime for the learned conditions while this lasts."""
    import torch  # noqa: PLC0415 - an extra

    from cutis.models.builtin import builtin_models  # noqa: PLC0415
    from cutis.models.cache import read_files  # noqa: PLC0415
    from cutis.models.runtime import NetworkFiles  # noqa: PLC0415
    from cutis.training.exported_network import ExportedNetwork  # noqa: PLC0415

    torch.set_num_threads(threads)
    kept = []
    for segmenter in (s for s in tools.conditions if hasattr(s, "_network")):
        files = NetworkFiles(*read_files(builtin_models().get(segmenter.uses()[0].name)))
        kept.append((segmenter, segmenter._network))  # noqa: SLF001 - nothing public sets it
        segmenter._network = EagerNetwork(ExportedNetwork(files), torch)  # noqa: SLF001
    try:
        yield
    finally:
        for segmenter, network in kept:
            segmenter._network = network  # noqa: SLF001


def compare_speed(photo: Path, runs: int, threads: int) -> dict[str, Any]:
    """Return whole times of both, run in turn so that a busy machine disturbs both alike."""
    tools, settings = make_tools(threads)
    shipped, plain = [], []
    once(photo, tools, settings)
    with eager(tools, threads):
        once(photo, tools, settings)
    for _ in range(runs):
        shipped.append(once(photo, tools, settings)[1])
        with eager(tools, threads):
            plain.append(once(photo, tools, settings)[1])
    return {
        "eager_torch_p50_s": float(np.median(plain)),
        "shipped_p50_s": float(np.median(shipped)),
        "speedup_vs_eager_torch": float(np.median(plain) / np.median(shipped)),
        "best_against_best": float(min(plain) / min(shipped)),
    }


def compare_results(photos: list[Path], threads: int) -> dict[str, Any]:
    """Return the largest differences of scores and maps between eager torch and the runtime."""
    tools, settings = make_tools(threads)
    shipped = [once(p, tools, settings)[0] for p in photos]
    with eager(tools, threads):
        pairs = [(a, once(p, tools, settings)[0]) for a, p in zip(shipped, photos, strict=True)]
    return agreement(pairs)


def compare_precision(photos: list[Path], threads: int) -> dict[str, Any]:
    """Return the same differences, and how much sooner it is, with all networks in bf16."""
    answers, spent = [], []
    for precision in ("f32", "bf16"):
        tools, settings = make_tools(threads, precision)
        once(photos[0], tools, settings)
        found = [once(p, tools, settings) for p in photos]
        answers.append([answer for answer, _ in found])
        spent.append(sum(seconds for _, seconds in found))
    return {
        **agreement(list(zip(*answers, strict=True))),
        "speedup_of_bf16": spent[0] / spent[1],
        "has_bf16": "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="utf-8"),
    }


def agreement(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    """Return the largest differences of scores and masks between two ways, and the verdict."""
    differences = [d for a, b in pairs for d in score_differences(a, b)]
    overlaps = [o for a, b in pairs for o in map_overlaps(a, b)]
    return {
        "photos": len(pairs),
        "scores_compared": len(differences),
        "score_difference_max": max(differences, default=0.0),
        "maps_compared": len(overlaps),
        "map_iou_min": min(overlaps, default=1.0),
        "measured_differently": sum(measured(a) != measured(b) for a, b in pairs),
        "passed": bool(max(differences, default=0) <= 0.5 and min(overlaps, default=1) >= 0.995),
    }


def once(photo: Path, tools: Any, settings: Any) -> tuple[Any, float]:
    """Return the assessment with its masks over the photo, and how long it took.

    Over the photo they can be compared where two ways cut the face out a pixel apart.
    """
    from cutis.pipeline import examine  # noqa: PLC0415
    from cutis.reports.json import to_json  # noqa: PLC0415
    from cutis.reports.maps import condition_map, skin_map  # noqa: PLC0415
    from cutis.steps.intake import open_photo  # noqa: PLC0415

    started_s = time.perf_counter()
    found = examine(open_photo(photo, settings.intake), tools)
    to_json(found.assessment)
    took_s = time.perf_counter() - started_s
    learned = [c for c, m in found.maps.items() if m.is_learned]
    drawn = {c: condition_map(found, c) for c in learned} | {"skin": skin_map(found)}
    masks = {n: np.packbits(m >= 255 * SURE) for n, m in drawn.items() if m is not None}
    return (found.assessment, masks), took_s


def measured(found: Any) -> set[Any]:
    """Return the conditions that have a score."""
    return {c for c, score in found[0].scores.items() if getattr(score, "value", None) is not None}


def score_differences(a: Any, b: Any) -> list[float]:
    """Return by how many points each score differs."""
    return [abs(a[0].scores[c].value - b[0].scores[c].value) for c in measured(a) & measured(b)]


def map_overlaps(a: Any, b: Any) -> list[float]:
    """Return the intersection over union of each pair of masks at probability 0.5."""
    overlaps = []
    for condition in a[1].keys() & b[1].keys():
        one, other = np.unpackbits(a[1][condition]), np.unpackbits(b[1][condition])
        union = np.count_nonzero(one | other)
        overlaps.append(float(np.count_nonzero(one & other) / union) if union else 1.0)
    return overlaps
