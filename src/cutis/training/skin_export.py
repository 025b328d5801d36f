"""From a trained skin network to the three graphs that assessment runs: trunk, boxes, masks.

What lies between them is numpy (`cutis.models.instances`), so each is a plain graph; height and
width of the trunk's input stay free. Weights are fp16; the large ones of the heads are eight-bit
integers, those of the trunk are not, since its thin filters lose a tenth of their span by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cutis.core.errors import ModelError
from cutis.models.quiet_openvino import import_openvino
from cutis.networks.mask_rcnn import MaskRcnn
from cutis.training.compress import compress_weights
from cutis.training.export import quiet_tracing

NAME = "skin"
GRAPHS = ("trunk", "boxes", "masks")
_TOLERANCE = 0.05
_OTHER_SIDES = (256, 352)


class _Trunk(nn.Module):
    def __init__(self, network: MaskRcnn) -> None:
        super().__init__()
        self.network = network

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        features = self.network(picture)
        objectness, deltas = self.network.proposals(features)
        return (*features, *objectness, *deltas)


class _Part(nn.Module):
    """One of the network's heads as a module of its own."""

    def __init__(self, network: MaskRcnn, call: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.network, self.call = network, call

    def forward(self, cut: Tensor) -> Any:
        return self.call(cut)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A module to export, its example, its input's free shape, its outputs' names, a probe.

    Large weights of a ``rounded`` one are stored as eight-bit integers.
    """

    module: nn.Module
    example: Tensor
    shape: list[int]
    outputs: list[str]
    probe: NDArray[np.float32]
    rounded: bool


def export_skin(network: MaskRcnn, folder: Path, *, side_px: int) -> dict[str, Any]:
    """Write ``skin-trunk``, ``skin-boxes`` and ``skin-masks`` as OpenVINO IR.

    Args:
        network: in evaluation mode or not; it is put there.
        folder: made if it is not there.
        side_px: of the pictures that it was trained on.

    Returns:
        For each graph the digests and sizes of its files, and how far its outputs are from the
        network's, before and after the weights were rounded, as a share of their span.

    Raises:
        ModelError: a written graph does not compute what the network computes.
    """
    network = network.to("cpu", memory_format=torch.contiguous_format).eval()
    folder.mkdir(parents=True, exist_ok=True)
    plans = plans_of(network, side_px)
    return {name: _export(plans[name], folder / f"{NAME}-{name}.xml") for name in GRAPHS}


def plans_of(network: MaskRcnn, side_px: int) -> dict[str, Plan]:
    """Return how each of `GRAPHS` is made of a network, on the CPU and in evaluation mode."""
    rng = np.random.default_rng(0)
    geometry, channels = network.spec.geometry, network.spec.channels
    levels = range(len(geometry.strides))
    named = [f"{kind}_{n}" for kind in ("features", "objectness", "deltas") for n in levels]
    plans = {
        "trunk": Plan(
            _Trunk(network),
            torch.rand(1, 3, side_px, side_px),
            [1, 3, -1, -1],
            named,
            rng.random((1, 3, *_OTHER_SIDES), dtype=np.float32),
            rounded=False,
        )
    }
    heads: tuple[tuple[str, Callable[[Tensor], Any], int, list[str]], ...] = (
        ("boxes", network.boxes, geometry.box_bins, ["logits", "deltas"]),
        ("masks", network.masks, geometry.mask_bins, ["logits"]),
    )
    for name, call, bins, outputs in heads:
        shape = (channels, bins, bins)
        plans[name] = Plan(
            _Part(network, call),
            torch.rand(2, *shape),
            [-1, *shape],
            outputs,
            rng.standard_normal((3, *shape), dtype=np.float32),
            rounded=True,
        )
    return plans


def _export(plan: Plan, path: Path) -> dict[str, Any]:
    openvino = import_openvino()
    with quiet_tracing():
        graph = openvino.convert_model(
            plan.module.eval(),
            example_input=plan.example,
            input=openvino.PartialShape(plan.shape),
        )
    for number, node in enumerate(graph.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
    graph.inputs[0].get_tensor().set_names({"input"})
    for output, name in zip(graph.outputs, plan.outputs, strict=True):
        output.get_tensor().set_names({name})
    with torch.inference_mode():
        answer = plan.module(torch.from_numpy(plan.probe))
    expected = [v.numpy() for v in (answer if isinstance(answer, tuple) else (answer,))]
    exact = _difference(openvino, graph, plan.probe, expected)
    openvino.save_model(graph, path, compress_to_fp16=True)
    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})  # a mapped file could not be written over everywhere
    if plan.rounded:
        smaller = compress_weights(core.read_model(path))
        openvino.save_model(smaller, path, compress_to_fp16=False)
    stored = _difference(openvino, core.read_model(path), plan.probe, expected)
    _check(exact, _TOLERANCE, path.stem)
    _check(stored, _TOLERANCE, path.stem)
    files = {f.name: _facts(f) for f in (path, path.with_suffix(".bin"))}
    return {"files": files, "difference_fp32": exact, "difference": stored}


def _difference(
    openvino: Any, graph: Any, probe: NDArray[np.float32], expected: Sequence[NDArray[np.float32]]
) -> float:
    """Return the largest difference of any output, as a share of that output's span."""
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(probe)
    return max(
        float(np.abs(found[i] - values).max() / max(float(np.ptp(values)), 1e-6))
        for i, values in enumerate(expected)
    )


def _check(difference: float, allowed: float, name: str) -> None:
    if not difference <= allowed:
        raise ModelError(
            f"The exported graph {name} differs from the trained network by {difference:.3g} of "
            f"its outputs' span; at most {allowed} is allowed. Export with the versions of torch "
            "and openvino that pyproject.toml names."
        )


def _facts(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
