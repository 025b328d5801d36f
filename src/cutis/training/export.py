"""From a trained network to the file that assessment runs: OpenVINO IR, and ONNX on request."""

from __future__ import annotations

import contextlib
import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cutis.core.errors import MissingExtraError, ModelError
from cutis.models.quiet_openvino import import_openvino
from cutis.networks.unet import STRIDE
from cutis.training import checkpoint

INPUT_NAME = "skin_channels"
OUTPUT_NAME = "logits"
_PROBE = (256, 320)
_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how far it is from the network it comes from.

    ``max_difference_fp32`` compares the logits of fp32 weights run in fp32, ``max_difference``
    those of the fp16 weights that are written, also run in fp32; ``logit_span`` is the range of the
    logits they are to be seen against.
    """

    name: str
    input_name: str
    output_name: str
    in_channels: int
    channels: tuple[str, ...]
    stride: int
    sha256_xml: str
    sha256_bin: str
    max_difference_fp32: float
    max_difference: float
    logit_span: float


def export_openvino(
    network: nn.Module, folder: Path, *, name: str, in_channels: int, channels: Sequence[str]
) -> Exported:
    """Write ``name.xml``, ``name.bin`` (weights in fp16) and ``name.json``.

    Height and width stay free, as multiples of 32. The same weights give the same bytes.

    Args:
        network: maps ``N C H W`` to logits.
        folder: made if it is not there.
        name: of the files.
        in_channels: of the input.
        channels: the names of the logits.

    Raises:
        ModelError: the written graph does not compute what the network computes.
    """
    openvino = import_openvino()
    network = network.to("cpu", memory_format=torch.contiguous_format).eval()
    graph = _converted(openvino, network, in_channels)
    graph.set_friendly_name(name)
    probe = np.random.default_rng(0).standard_normal((2, in_channels, *_PROBE), dtype=np.float32)
    with torch.inference_mode():
        expected = network(torch.from_numpy(probe)).numpy()
    exact = float(np.abs(_run(openvino, graph, probe) - expected).max())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.xml"
    openvino.save_model(graph, path, compress_to_fp16=True)
    written = openvino.Core().read_model(path)
    stored = float(np.abs(_run(openvino, written, probe) - expected).max())
    span = float(np.ptp(expected))
    _check(stored, span)
    exported = Exported(
        name,
        INPUT_NAME,
        OUTPUT_NAME,
        in_channels,
        tuple(channels),
        STRIDE,
        sha256_xml=_digest(path),
        sha256_bin=_digest(path.with_suffix(".bin")),
        max_difference_fp32=exact,
        max_difference=stored,
        logit_span=span,
    )
    checkpoint.save_json(asdict(exported), folder / f"{name}.json")
    return exported


def export_onnx(network: nn.Module, path: Path, *, in_channels: int) -> None:
    """Write the network as ONNX, fp32, with free batch, height and width.

    Raises:
        MissingExtraError: onnx or onnxscript is not installed.
    """
    network = network.to("cpu").eval()
    batch = torch.export.Dim("batch")
    rows, columns = torch.export.Dim("rows"), torch.export.Dim("columns")
    try:
        torch.onnx.export(
            network,
            (torch.zeros(2, in_channels, *_PROBE),),
            path,
            input_names=[INPUT_NAME],
            output_names=[OUTPUT_NAME],
            dynamic_shapes=({0: batch, 2: STRIDE * rows, 3: STRIDE * columns},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except ImportError as error:
        message = "Exporting ONNX needs two more packages: pip install onnx onnxscript"
        raise MissingExtraError("ONNX export", "train", message=message) from error


def _converted(openvino: Any, network: nn.Module, in_channels: int) -> Any:
    """Convert by tracing; constants of the trace are the same for all multiples of the stride."""
    with quiet_tracing():
        graph = openvino.convert_model(
            network,
            example_input=torch.zeros(2, in_channels, *_PROBE),
            input=openvino.PartialShape([-1, in_channels, -1, -1]),
        )
    for number, node in enumerate(graph.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")  # not counted over the process
    graph.inputs[0].get_tensor().set_names({INPUT_NAME})
    graph.outputs[0].get_tensor().set_names({OUTPUT_NAME})
    return graph


def _run(openvino: Any, graph: Any, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    compiled = openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    result: NDArray[np.float32] = compiled(inputs)[0]
    return result


def _check(difference: float, span: float) -> None:
    if not difference <= _TOLERANCE * max(span, 1.0):
        raise ModelError(
            f"The exported network differs by {difference:.3g} from the trained one, whose logits "
            f"span {span:.3g}; at most {_TOLERANCE:.0%} of that is allowed. Export with the "
            "versions of torch and openvino that pyproject.toml names."
        )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def quiet_tracing() -> Iterator[None]:
    """Silence what tracing and OpenVINO's own use of it warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", DeprecationWarning)  # OpenVINO's own use of torch.jit
        yield
