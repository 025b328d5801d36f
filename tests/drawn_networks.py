"""Small networks in OpenVINO's own form, drawn number by number, with the cards that fit them."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from cutis.core.vocabulary import LesionType
from cutis.imaging.skin_channels import CHANNELS, TARGETS
from cutis.models.builtin import builtin_models
from cutis.models.descriptor import Descriptor, LesionCrops, ModelFile, Network, ServedCondition
from cutis.models.descriptor import Tensor as CardTensor
from cutis.models.quiet_openvino import import_openvino
from cutis.models.runtime import NetworkFiles

CROPS = LesionCrops(
    side_px=64, smallest_mm=4.0, times_lesion=2.5, temperature=2.0, other_at_most=0.5
)


def convolution(kernel: np.ndarray, input_name: str = "skin_channels") -> NetworkFiles:
    """One convolution of any picture: ``kernel`` is ``out in rows cols``, of odd sides."""
    openvino = import_openvino()
    ops = openvino.opset13
    picture = ops.parameter([-1, kernel.shape[1], -1, -1], np.float32, name=input_name)
    pad = [side // 2 for side in kernel.shape[2:]]
    weights = ops.constant(kernel.astype(np.float32))
    answer = ops.convolution(picture, weights, [1, 1], pad, pad, [1, 1])
    return saved(openvino.Model([ops.result(answer)], [picture], "drawn"))


def by_mean_colour(weights: np.ndarray, bias: np.ndarray) -> NetworkFiles:
    """A lesion classifier: logits are ``weights`` (types × 3) times the mean colour, plus bias."""
    openvino = import_openvino()
    ops = openvino.opset13
    patches = ops.parameter([-1, 3, 64, 64], np.float32, name="patches")
    mean = ops.reduce_mean(patches, ops.constant(np.array([2, 3])), keep_dims=False)
    logits = ops.matmul(mean, ops.constant(weights.T.astype(np.float32)), False, False)
    shifted = ops.add(logits, ops.constant(bias.astype(np.float32)))
    return saved(openvino.Model([ops.result(shifted)], [patches], "drawn"))


def saved(model: object) -> NetworkFiles:
    """Return a network as files hold it, with all its digits."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.xml"
        import_openvino().save_model(model, path, compress_to_fp16=False)
        return NetworkFiles(path.read_bytes(), path.with_suffix(".bin").read_bytes())


def of_channel(condition: str, channel: int, gain: float = 1.0, size: int = 1) -> np.ndarray:
    """A kernel whose logit for ``condition`` is ``gain`` times the mean of one input channel."""
    kernel = np.zeros((len(TARGETS), CHANNELS, size, size), np.float32)
    kernel[[str(t) for t in TARGETS].index(condition), channel] = gain / size**2
    return kernel


def card(files: NetworkFiles, *conditions: ServedCondition, name: str = "conditions") -> Descriptor:
    """A card of a shipped model that fits ``files``."""
    tensor = CardTensor("skin_channels", (-1, CHANNELS, -1, -1), "see skin_channels")
    return replace(
        builtin_models().get("face_landmarker"),
        name=name,
        version="1",
        classes=tuple(served.condition for served in conditions),
        file=_file(f"{name}.xml", files.graph),
        more_files=(_file(f"{name}.bin", files.weights),),
        networks=(Network(f"{name}.xml", _digest(files.graph), "maps", (tensor,), ()),),
        shipped=True,
        conditions=conditions,
    )


def lesion_card(files: NetworkFiles, types: tuple[LesionType, ...]) -> Descriptor:
    """A card of a lesion classifier that fits ``files``."""
    plain = replace(card(files, name="lesions"), networks=())
    return replace(plain, classes=tuple(str(t) for t in types), lesions=CROPS)


def write(model: Descriptor, files: NetworkFiles, folder: Path) -> None:
    """Put the files of a model where they belong."""
    for file, content in zip(model.files, (files.graph, files.weights), strict=True):
        (folder / file.name).write_bytes(content)


def _file(name: str, content: bytes) -> ModelFile:
    return ModelFile(name, _digest(content), len(content))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
