"""From a trained generator to the files that enhancement runs."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cutis.core.errors import ModelError
from cutis.models.quiet_openvino import import_openvino
from cutis.networks.srresnet import SrResNet
from cutis.training.export import quiet_tracing

INPUT_NAME, OUTPUT_NAME = "pictures", "enlarged"
_PROBES = ((24, 32), (40, 24))
_TOLERANCE = 0.01


def export_generator(network: SrResNet, folder: Path, *, name: str) -> dict[str, Any]:
    """Write ``name.xml`` and ``name.bin`` (fp16): ``pictures N 3 H W`` to ``enlarged``.

    Height and width stay free. The same weights give the same bytes.

    Returns:
        Digests and sizes of the files, and how far what they compute is from the network.

    Raises:
        ModelError: the written graph does not compute what the network computes.
    """
    openvino = import_openvino()
    network = copy.deepcopy(network).to("cpu", memory_format=torch.contiguous_format).eval()
    _tell_slopes_apart(network)
    with quiet_tracing():
        graph = openvino.convert_model(
            network,
            example_input=torch.zeros(1, 3, *_PROBES[0]),
            input=openvino.PartialShape([-1, 3, -1, -1]),
        )
    for number, node in enumerate(graph.get_ordered_ops()):
        node.set_friendly_name(f"{node.get_type_name()}_{number}")
    graph.set_friendly_name(name)
    graph.inputs[0].get_tensor().set_names({INPUT_NAME})
    graph.outputs[0].get_tensor().set_names({OUTPUT_NAME})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.xml"
    openvino.save_model(graph, path, compress_to_fp16=True)
    difference = _difference(openvino, path, network)
    files = {f.name: _facts(f) for f in (path, path.with_suffix(".bin"))}
    return {"files": files, "max_difference": difference}


def _tell_slopes_apart(network: SrResNet) -> None:
    """Move equal slopes by a step of 16-bit floats.

    Equal constants are stored once, and then two exports of one network could not be blended.
    """
    taken: set[float] = set()
    for module in network.modules():
        if isinstance(module, nn.PReLU):
            slope = np.float16(float(module.weight.detach()))
            while float(slope) in taken:
                slope = np.nextafter(slope, np.float16(2))
            taken.add(float(slope))
            nn.init.constant_(module.weight, float(slope))


def _difference(openvino: Any, path: Path, network: SrResNet) -> float:
    """Compare file and network, both in fp32, on pictures of two sizes."""
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    worst = 0.0
    for number, shape in enumerate(_PROBES):
        rng = np.random.default_rng(number)
        pictures = rng.random((1, 3, *shape), dtype=np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(pictures)).numpy()
        worst = max(worst, float(np.abs(compiled(pictures)[0] - expected).max()))
    if not worst <= _TOLERANCE:
        raise ModelError(
            f"The exported generator differs by {worst:.3g} from the trained one; at most "
            f"{_TOLERANCE} is allowed. Export with the versions of torch and openvino that "
            "pyproject.toml names."
        )
    return worst


def _facts(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
