"""The shipped network in torch again, so that it has gradients: its graph, operation by operation.

What ships is OpenVINO's form with batch normalisation folded in. Reading the graph itself needs no
checkpoint and no guess about the architecture: what is explained is what runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cutis.core.errors import ModelError
from cutis.models.quiet_openvino import import_openvino
from cutis.models.runtime import NetworkFiles

_ARITHMETIC: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "Multiply": torch.mul,
    "Subtract": torch.sub,
    "Divide": torch.div,
}
_INTERPOLATION = {"nearest": "nearest", "linear_onnx": "bilinear"}


class Convolution(nn.Module):
    """A convolution of the graph; its weights are a parameter, so that they can be randomised."""

    def __init__(self, weight: Tensor, attributes: dict[str, Any], groups: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.stride = attributes["strides"]
        self.dilation = attributes["dilations"]
        before, after = attributes["pads_begin"], attributes["pads_end"]
        self.padding = (before[1], after[1], before[0], after[0])
        self.groups = groups

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the convolution of ``N C H W`` inputs."""
        padded = nn.functional.pad(inputs, self.padding)
        return nn.functional.conv2d(
            padded,
            self.weight,
            stride=self.stride,
            dilation=self.dilation,
            groups=self.groups,
        )


class ExportedNetwork(nn.Module):
    """A network read from OpenVINO's form; maps ``N C H W`` to ``N classes H W``.

    ``convolutions`` hold its convolutions in the order of the graph, input to output.
    """

    def __init__(self, files: NetworkFiles) -> None:
        """Read the graph.

        Raises:
            ModelError: it cannot be read, or has an operation that is not known here.
        """
        super().__init__()
        self.convolutions = nn.ModuleList()
        self._steps: list[tuple[str, tuple[str, ...], Callable[..., Any]]] = []
        self._constants: dict[str, Any] = {}
        self._input = self._output = ""
        for node in _read(files).get_ordered_ops():
            self._add(node)
        self.eval()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits of ``N C H W`` inputs."""
        values: dict[str, Any] = {**self._constants, self._input: inputs}
        for name, sources, run in self._steps:
            values[name] = run(*(values[source] for source in sources))
        logits: Tensor = values[self._output]
        return logits

    def _add(self, node: Any) -> None:
        kind, name = node.get_type_name(), node.get_friendly_name()
        sources = tuple(i.get_source_output().get_node().get_friendly_name() for i in node.inputs())
        if kind == "Parameter":
            self._input = name
        elif kind == "Result":
            self._output = sources[0]
        elif kind == "Constant":
            self._constants[name] = _constant(node)
        elif kind == "Convert" and sources[0] in self._constants:
            self._constants[name] = self._constants[sources[0]]
        elif kind in _ARITHMETIC and all(source in self._constants for source in sources):
            first, second = (self._constants[source] for source in sources)
            self._constants[name] = _ARITHMETIC[kind](first, second)  # weights as integers × scale
        else:
            self._steps.append((name, *self._step(kind, node, sources)))

    def _step(
        self, kind: str, node: Any, sources: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Callable[..., Any]]:
        """Return which values a step takes and what it does."""
        attributes = node.get_attributes()
        if kind in {"Convolution", "GroupConvolution"}:
            return sources[:1], self._convolution(kind, sources[1], attributes)
        if kind in _PLAIN:
            takes, run = _PLAIN[kind]
            return sources[:takes], run
        if kind == "Clamp":
            return sources, lambda x: torch.clamp(x, attributes["min"], attributes["max"])
        if kind == "Concat":
            return sources, lambda *parts: torch.cat(parts, attributes["axis"])
        if kind == "Interpolate":
            return sources[:2], _interpolation(attributes)
        raise ModelError(
            f"The network has an operation {kind!r} that this version cannot take gradients of. "
            "Explain it by occlusion, which needs none."
        )

    def _convolution(self, kind: str, source: str, attributes: dict[str, Any]) -> Convolution:
        weight, groups = self._constants[source], 1
        if kind == "GroupConvolution":  # groups, out / groups, in / groups, rows, columns
            groups = weight.shape[0]
            weight = weight.flatten(0, 1)
        convolution = Convolution(weight, attributes, groups)
        self.convolutions.append(convolution)
        return convolution


def randomise(network: ExportedNetwork, share: float, *, seed: int) -> ExportedNetwork:
    """Draw the weights of the last ``share`` (0-1) of the convolutions anew, in place; return it.

    Weights are drawn from a normal law with each layer's own mean and deviation, from the output
    to the input, as the cascading test of Adebayo et al. 2018 (arXiv:1810.03292) does.
    """
    generator = torch.Generator().manual_seed(seed)
    layers = list(network.convolutions)[::-1]
    with torch.no_grad():
        for layer in layers[: round(share * len(layers))]:
            assert isinstance(layer, Convolution)  # noqa: S101 - nothing else is added
            weight = layer.weight
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(noise * weight.std() + weight.mean())
    return network


def _read(files: NetworkFiles) -> Any:
    openvino = import_openvino()
    try:
        weights = openvino.Tensor(np.frombuffer(files.weights, np.uint8))
        return openvino.Core().read_model(files.graph, weights)
    except RuntimeError as error:
        raise ModelError(
            "The network's graph cannot be read. Run 'cutis models verify', then 'cutis doctor'."
        ) from error


def _constant(node: Any) -> Tensor:
    values = np.array(node.data)
    if values.dtype.kind == "f" or values.dtype == np.int8:
        values = values.astype(np.float32)
    return torch.from_numpy(values)


def _interpolation(attributes: dict[str, Any]) -> Callable[[Tensor, Any], Tensor]:
    mode = _INTERPOLATION.get(attributes["mode"])
    if mode is None:
        raise ModelError(
            f"The network enlarges by {attributes['mode']!r}; nearest or linear_onnx was expected."
        )
    by_size = attributes["shape_calculation_mode"] == "sizes"

    def run(inputs: Tensor, target: Any) -> Tensor:
        numbers: Sequence[Any] = target.tolist() if isinstance(target, Tensor) else target
        if by_size:
            size = [int(number) for number in numbers]
            return nn.functional.interpolate(inputs, size=size, mode=mode)
        factors = [float(number) for number in numbers]
        return nn.functional.interpolate(inputs, scale_factor=factors, mode=mode)

    return run


def _shape_of(inputs: Tensor) -> Tensor:
    return torch.tensor(inputs.shape)


def _gather(values: Tensor, indices: Tensor) -> Tensor:
    return values[indices.long()]


def _same(values: Any) -> Any:
    return values


_PLAIN: dict[str, tuple[int, Callable[..., Any]]] = {
    **{kind: (2, run) for kind, run in _ARITHMETIC.items()},
    "Relu": (1, torch.relu),
    "Sigmoid": (1, torch.sigmoid),
    "Swish": (1, nn.functional.silu),
    "Convert": (1, _same),
    "ShapeOf": (1, _shape_of),
    "Gather": (2, _gather),
}
"""How many inputs an operation takes that has no settings of its own, and what it does."""
