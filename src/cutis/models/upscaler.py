"""A generator behind the `Upscaler` port, run by OpenVINO, with a dial from fidelity to texture.

The dial is network interpolation (ESRGAN, arXiv:1809.00219, section 3.4): weights between those of
two networks that were trained one from the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cutis.core.arrays import RGB
from cutis.core.assessment import ModelUse
from cutis.core.enhancement import Enlarged
from cutis.core.errors import InputError, ModelError
from cutis.models.cache import is_here, read_files
from cutis.models.descriptor import Descriptor
from cutis.models.runtime import NetworkFiles, Runtime

FIDELITY, TEXTURE = "upscale_fidelity", "upscale_texture"
"""Names of the two cards."""


class NetworkUpscaler:
    """A generator; ``texture`` tells how much of it comes from the texture weights, 0-1."""

    def __init__(
        self, files: NetworkFiles, runtime: Runtime, *, uses: Sequence[ModelUse], texture: float
    ) -> None:
        self._network = runtime.compile_ir(files, FIDELITY)
        self._uses, self._texture = tuple(uses), texture
        self._scale = _scale_of(self._network)

    @property
    def scale(self) -> int:
        """How many times larger."""
        return self._scale

    @property
    def texture(self) -> float:
        """The share of invented texture, 0-1."""
        return self._texture

    def uses(self) -> Sequence[ModelUse]:
        """Tell name, version and digest of the models, and how they ran."""
        return self._uses

    def enlarge(self, rgb: RGB) -> Enlarged:
        """Return the picture ``scale`` times as large."""
        pictures = rgb.astype(np.float32).transpose(2, 0, 1)[None] / np.float32(255)
        drawn = self._network(np.ascontiguousarray(pictures))[0][0]
        return np.asarray(drawn.transpose(1, 2, 0) * np.float32(255), np.float32)


def upscaler(
    models: Iterable[Descriptor],
    runtime: Runtime,
    *,
    fidelity: float = 1.0,
    directory: Path | None = None,
) -> NetworkUpscaler:
    """Load the generator whose dial stands at ``fidelity``.

    Args:
        models: cards, those of `FIDELITY` and `TEXTURE` among them.
        runtime: what compiles the network.
        fidelity: 1 draws only what the photo makes likely, 0 the most texture.
        directory: the folder of pulled models.

    Raises:
        InputError: the dial is not within 0-1.
        ModelError: the weights are not here, altered, or do not belong together.
    """
    if not 0 <= fidelity <= 1:
        raise InputError(f"Fidelity is between 0 and 1; {fidelity} came.")
    needed = [FIDELITY] * (fidelity > 0) + [TEXTURE] * (fidelity < 1)
    chosen = [model for name in needed for model in models if model.name == name]
    if len(chosen) < len(needed) or not all(is_here(model, directory) for model in chosen):
        raise ModelError(
            f"Enhancement needs the weights {' and '.join(needed)}, which are not here. Run "
            "'cutis models pull', or train them (cutis train upscale)."
        )
    files = [NetworkFiles(*read_files(model, directory)) for model in chosen]
    own = files[0] if len(files) == 1 else blend_files(files[0], files[1], 1 - fidelity)
    precision = runtime.options.precision
    uses = [ModelUse(m.name, m.version, m.sha256, runtime.name, precision) for m in chosen]
    return NetworkUpscaler(own, runtime, uses=uses, texture=1 - fidelity)


def blend_files(one: NetworkFiles, other: NetworkFiles, share: float) -> NetworkFiles:
    """Return weights between two exports of one network: ``(1 - share) · one + share · other``.

    Weights are stored as 16-bit floats; what is equal in both files, shapes and axes among it,
    stays as it is.

    Raises:
        ModelError: the files are of different networks.
    """
    if len(one.weights) != len(other.weights) or len(one.weights) % 2:
        raise ModelError(
            "Weights of one network are blended; these are of two. Train texture --from fidelity, "
            "and export both with one version."
        )
    bits = [np.frombuffer(files.weights, np.uint16) for files in (one, other)]
    values = [b.view(np.float16).astype(np.float32) for b in bits]
    with np.errstate(invalid="ignore", over="ignore"):
        mixed = ((1 - share) * values[0] + share * values[1]).astype(np.float16)
    blended = np.where(bits[0] == bits[1], bits[0], mixed.view(np.uint16))
    return NetworkFiles(one.graph, blended.tobytes())


def _scale_of(network: object) -> int:
    """Ask the network how many times larger it draws."""
    probe = np.zeros((1, 3, 16, 16), np.float32)
    return int(network(probe)[0].shape[2] // 16)  # type: ignore[operator]
