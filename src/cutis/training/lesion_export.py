"""From a trained lesion classifier to the files that assessment runs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from cutis.core.errors import ModelError
from cutis.datasets.lesion_crops import CropSet
from cutis.models.quiet_openvino import import_openvino
from cutis.training.export import OUTPUT_NAME, export_openvino
from cutis.training.lesion_batches import as_inputs

INPUT_NAME = "patches"
NAME = "lesion-types"
_COMPARED = 256
_TOLERANCE = 0.05


def export_lesions(network: nn.Module, crops: CropSet, folder: Path) -> dict[str, Any]:
    """Write ``lesion-types.xml`` and ``.bin`` (fp16): ``patches N C side side`` to ``logits``.

    Args:
        network: gives logits of crops; its own temperature should be 1, since the card has one.
        crops: tell the classes and the side, and are what both are compared on.
        folder: made if it is not there.

    Returns:
        Digests and sizes of the files, and how far they are from the network.

    Raises:
        ModelError: the written graph does not compute what the network computes.
    """
    openvino = import_openvino()
    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})  # a mapped file could not be deleted everywhere
    side, channels = crops.geometry.side_px, crops.geometry.channels
    with TemporaryDirectory() as scratch:
        loose = Path(scratch)
        export_openvino(network, loose, name=NAME, in_channels=channels, channels=crops.classes)
        graph = core.read_model(loose / f"{NAME}.xml")
    graph.reshape([-1, channels, side, side])
    graph.inputs[0].get_tensor().set_names({INPUT_NAME})
    graph.outputs[0].get_tensor().set_names({OUTPUT_NAME})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{NAME}.xml"
    openvino.save_model(graph, path, compress_to_fp16=True)
    files = {f.name: _facts(f) for f in (path, path.with_suffix(".bin"))}
    return {"files": files, **_compared(core, path, network, crops)}


def _facts(file: Path) -> dict[str, Any]:
    content = file.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _compared(core: Any, path: Path, network: nn.Module, crops: CropSet) -> dict[str, float]:
    """Compare file and network on crops of held-out people, both in fp32."""
    inputs = as_inputs(crops, crops.indices("val")[:_COMPARED])
    with torch.inference_mode():
        expected = network.to("cpu").eval()(inputs).numpy()
    compiled = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(inputs.numpy())[0]
    difference = float(np.abs(found - expected).max())
    span = float(np.ptp(expected))
    if not difference <= _TOLERANCE * max(span, 1.0):
        raise ModelError(
            f"The exported classifier differs by {difference:.3g} from the trained one, whose "
            f"logits span {span:.3g}. Export with the versions of torch and openvino that "
            "pyproject.toml names."
        )
    agree = float((found.argmax(1) == expected.argmax(1)).mean())
    return {"max_difference": difference, "logit_span": span, "same_class": agree}
