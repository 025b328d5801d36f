"""Weights of a network as eight-bit integers: a quarter of the size, the answer nearly the same.

Each large constant becomes integers of −127 to 127 and one scale per first axis (the output
channel of a convolution), multiplied out again when the network is loaded. Only weights are
rounded; the arithmetic stays that of the runtime's precision.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32, Int8

from cutis.models.quiet_openvino import import_openvino

SMALLEST = 4096
"""Constants of fewer numbers than this stay as they are: biases, scales, first layers."""

_FLOATS = ("f16", "f32")


def compress_weights(model: Any, smallest: int = SMALLEST) -> Any:
    """Return a copy of an ``openvino.Model`` whose large constants are eight-bit integers.

    Args:
        model: the network, with constants as 16- or 32-bit floats.
        smallest: constants of fewer numbers than this are left alone.

    Returns:
        A network with the same inputs and outputs; save it with ``compress_to_fp16=False``.
    """
    operations = import_openvino().opset13
    compressed = model.clone()
    for node in compressed.get_ordered_ops():
        if _is_large(node, smallest):
            _replace(node, operations)
    compressed.validate_nodes_and_infer_types()
    return compressed


def quantise(
    values: Float32[np.ndarray, "channels *rest"],
) -> tuple[Int8[np.ndarray, "channels *rest"], Float32[np.ndarray, "channels *ones"]]:
    """Return integers and the scale of each channel; their product is within half a scale.

    The scale is the channel's largest magnitude over 127 (symmetric, without offset).
    """
    others = tuple(range(1, values.ndim))
    scale = np.abs(values).max(axis=others, keepdims=True) / np.float32(127)
    scale = np.where(scale > 0, scale, np.float32(1)).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale


def _is_large(node: Any, smallest: int) -> bool:
    if node.get_type_name() != "Constant":
        return False
    shape = tuple(node.get_output_shape(0))
    kind = node.get_element_type().get_type_name()
    return len(shape) >= 2 and int(np.prod(shape)) >= smallest and kind in _FLOATS


def _replace(node: Any, operations: Any) -> None:
    """Put integers, a conversion and a multiplication in the place of a constant."""
    kind = node.get_element_type().get_type_name()
    integers, scale = quantise(np.asarray(node.data, np.float32))
    scales = operations.constant(scale if kind == "f32" else scale.astype(np.float16))
    widened = operations.convert(operations.constant(integers), kind)
    product = operations.multiply(widened, scales)
    product.set_friendly_name(node.get_friendly_name())
    for target in node.output(0).get_target_inputs():
        target.replace_source_output(product.output(0))
