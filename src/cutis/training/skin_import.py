"""From the files that assessment runs back to a network that trains on: export, reversed.

The same graphs are made of a network whose every number is known; where each of them comes to lie
in those graphs, the stored one belongs. Batch norms lie folded into the convolutions before them:
statistics measured on pictures, undone by scale and shift, make them norms again that compute the
same. What was rounded for storing stays rounded.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from cutis.core.errors import ModelError
from cutis.models.quiet_openvino import import_openvino
from cutis.networks.mask_rcnn import MaskRcnn
from cutis.training.export import quiet_tracing
from cutis.training.skin_export import NAME, Plan, plans_of

_ARITHMETIC = {"Multiply": np.multiply, "Subtract": np.subtract, "Add": np.add}
_SAME = 1e-3
"""The runtime multiplies integers and scales in half precision, this in single."""


def import_skin(
    network: MaskRcnn, folder: Path, pictures: Float32[np.ndarray, "n 3 h w"], *, side_px: int
) -> dict[str, float]:
    """Give a network the weights of the graphs that `export_skin` wrote.

    Args:
        network: built alike, on the CPU; its weights are replaced.
        folder: holds the three graphs.
        pictures: of faces, sRGB 0–1, on which the statistics of batch norms are measured.
        side_px: of the pictures that it was trained on.

    Returns:
        For each graph how far the network's outputs are from the stored graph's, as a share of
        their span.

    Raises:
        ModelError: a graph cannot be read or is another network's.
    """
    _mark(network.eval())
    plans = plans_of(network, side_px)
    found: dict[str, Tensor] = {}
    for name, plan in plans.items():
        found |= _weights(plan, folder / f"{NAME}-{name}.xml", network)
    missing = {name for name, _ in _learned(network)} - set(found)
    if missing:
        raise ModelError(f"The stored graphs lack {len(missing)} weights of this network. {_OTHER}")
    with torch.no_grad():
        for name, value in _learned(network):
            value.copy_(found[name].reshape(value.shape))
    _unfold(network, torch.from_numpy(pictures))
    return {name: _difference(plan, folder / f"{NAME}-{name}.xml") for name, plan in plans.items()}


_OTHER = "Name the folder of the network that the recipe describes."


def _norms(network: nn.Module) -> Iterator[nn.BatchNorm2d]:
    yield from (m for m in network.modules() if isinstance(m, nn.BatchNorm2d))


def _learned(network: MaskRcnn) -> list[tuple[str, Tensor]]:
    """Return what lies in the graphs by name; scales of norms are folded into convolutions."""
    scales = {id(norm.weight) for norm in _norms(network)}
    return [(name, p) for name, p in network.named_parameters() if id(p) not in scales]


def _mark(network: MaskRcnn) -> None:
    """Fill a network with numbers of which no two are alike, its norms adding their shift only."""
    random = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _, value in _learned(network):
            value.copy_(torch.randn(value.shape, generator=random))
        for norm in _norms(network):
            _pass_on(norm)


def _pass_on(norm: nn.BatchNorm2d) -> None:
    norm.weight.fill_(1)
    norm.get_buffer("running_mean").zero_()
    norm.get_buffer("running_var").fill_(1 - norm.eps)


def _weights(plan: Plan, path: Path, network: MaskRcnn) -> dict[str, Tensor]:
    """Return the stored numbers by the names that they have in the network."""
    openvino = import_openvino()
    with tempfile.TemporaryDirectory() as kept:
        with quiet_tracing():
            graph = openvino.convert_model(
                plan.module.eval(),
                example_input=plan.example,
                input=openvino.PartialShape(plan.shape),
            )
        marked = Path(kept) / "marked.xml"
        openvino.save_model(graph, marked, compress_to_fp16=False)
        known = _constants(marked)
    stored = _constants(path)
    if [(kind, v.shape) for kind, v in known] != [(kind, v.shape) for kind, v in stored]:
        raise ModelError(f"{path.name} is the graph of another network. {_OTHER}")
    names = {_key(value.detach().numpy()): name for name, value in _learned(network)}
    return {
        names[_key(mark)]: torch.from_numpy(value)
        for (_, mark), (_, value) in zip(known, stored, strict=True)
        if _key(mark) in names
    }


def _key(values: np.ndarray) -> tuple[float, ...]:
    """Return what tells marked numbers apart: how many they are, and the first of them, rounded."""
    flat = values.ravel()
    return flat.size, *(round(float(value), 3) for value in flat[:4])


def _constants(path: Path) -> list[tuple[str, np.ndarray]]:
    """Return kind of operation and numbers, decompressed, of every operation that takes some."""
    try:
        graph = import_openvino().Core().read_model(path)
    except RuntimeError as error:
        raise ModelError(f"{path.name} cannot be read. {_OTHER}") from error
    values: dict[str, np.ndarray] = {}
    taken = []
    for node in graph.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        sources = [i.get_source_output().get_node().get_friendly_name() for i in node.inputs()]
        known = [values[source] for source in sources if source in values]
        if kind == "Constant":
            values[name] = _floats(node)
        elif kind == "Convert" and known:
            values[name] = known[0]
        elif kind in _ARITHMETIC and len(known) == 2:
            values[name] = _ARITHMETIC[kind](*known)
        else:
            taken += [(kind, v) for v in known if v.dtype == np.float32 and v.size > 1]
    return taken


def _floats(node: Any) -> np.ndarray:
    values = np.array(node.data)
    return values.astype(np.float32) if values.dtype in (np.float16, np.int8) else values


def _unfold(network: MaskRcnn, pictures: Tensor) -> None:
    """Measure what goes into each norm, and let scale and shift undo what the norm does with it."""
    hooks = [norm.register_forward_pre_hook(_measure) for norm in _norms(network)]
    with torch.inference_mode():
        network(pictures)
    for hook in hooks:
        hook.remove()


def _measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
    variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3))
    norm.get_buffer("running_mean").copy_(mean)
    norm.get_buffer("running_var").copy_(variance)
    norm.weight.data.copy_(torch.sqrt(variance + norm.eps))
    norm.bias.data.add_(mean)


def _difference(plan: Plan, path: Path) -> float:
    """Return the largest difference of any output, as a share of that output's span."""
    options = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
    found = import_openvino().Core().compile_model(path, "CPU", options)(plan.probe)
    with torch.inference_mode():
        answer = plan.module.eval()(torch.from_numpy(plan.probe))
    mine: Sequence[Tensor] = answer if isinstance(answer, tuple) else (answer,)
    differences = [
        float(np.abs(found[i] - value.numpy()).max() / max(float(np.ptp(found[i])), 1e-6))
        for i, value in enumerate(mine)
    ]
    if max(differences) > _SAME:
        raise ModelError(
            f"The network differs from {path.name} by {max(differences):.3g} of its outputs' span; "
            f"at most {_SAME} is allowed. Use the versions of torch and openvino that "
            "pyproject.toml names."
        )
    return max(differences)
