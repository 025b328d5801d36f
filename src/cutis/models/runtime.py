"""The one runtime: OpenVINO, quiet, with pinned threads and a chosen precision."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cutis.core.errors import ModelError
from cutis.models.quiet_openvino import import_openvino


@dataclass(frozen=True, slots=True)
class RuntimeOptions:
    """How networks run.

    * ``precision``: ``f32``, or ``bf16``, which is faster where the processor has it and moves
      results with the machine.
    * ``threads``: processor threads of one network; 0 leaves it to the runtime.
    * ``device``: device name of the runtime; `cutis doctor` lists what is there.
    """

    precision: str = "f32"
    threads: int = 2
    device: str = "CPU"


@dataclass(frozen=True, slots=True)
class NetworkFiles:
    """A network in OpenVINO's own form: the text of its graph, and its weights."""

    graph: bytes
    weights: bytes


class Runtime:
    """Compiles networks; one per process, made by the wiring.

    Compile one after another: two at once have left the process in the C locale.
    """

    def __init__(self, options: RuntimeOptions | None = None, kept: Path | None = None) -> None:
        """Start the runtime; compiled networks are kept in the folder ``kept`` if one is given."""
        openvino = import_openvino()  # heavy, paid only when a network runs
        self.options = options or RuntimeOptions()
        self._openvino = openvino
        self._core = openvino.Core()
        self._kept = kept if kept is not None and _make_folder(kept) else None
        if self._kept is not None:
            self._core.set_property({"CACHE_DIR": str(self._kept)})

    @property
    def name(self) -> str:
        """Runtime name and version for the provenance of a result."""
        return f"openvino {self._openvino.__version__.split('-')[0]}"

    def compile(self, weights: bytes, network: str, shape: tuple[int, ...] | None = None) -> Any:
        """Compile a TFLite or ONNX network held in memory.

        ``shape`` fixes the shape of its one input. Raises ModelError if it cannot be read.
        """
        try:
            with self._as_file(weights) as path:
                if shape is None:
                    return self._core.compile_model(path, self.options.device, self._config())
                model = self._core.read_model(path)
                model.reshape(list(shape))
                return self._core.compile_model(model, self.options.device, self._config())
        except RuntimeError as error:
            raise self._refused(network) from error

    def compile_ir(self, files: NetworkFiles, network: str) -> Any:
        """Compile a network in OpenVINO's own form; raises ModelError if it cannot be read."""
        try:
            weights = np.frombuffer(files.weights, np.uint8)
            model = self._core.read_model(files.graph, self._openvino.Tensor(weights))
            return self._core.compile_model(model, self.options.device, self._config())
        except RuntimeError as error:
            raise self._refused(network) from error

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": self.options.precision,
            "PERFORMANCE_HINT": "LATENCY",
        }
        if self.options.threads:
            config["INFERENCE_NUM_THREADS"] = self.options.threads
        return config

    def _refused(self, network: str) -> ModelError:
        return ModelError(
            f"The network {network!r} cannot be compiled by {self.name}. "
            "Run 'cutis models verify', then 'cutis doctor'."
        )

    @contextmanager
    def _as_file(self, weights: bytes) -> Iterator[str]:
        """Give the network a path, since TFLite is read from files only.

        The kept file is named by its SHA-256 and holds exactly ``weights``, or is written anew.
        """
        if self._kept is None:
            with TemporaryDirectory(prefix="cutis-") as folder:
                path = Path(folder) / "network.tflite"
                path.write_bytes(weights)
                yield str(path)
            return
        path = self._kept / f"{hashlib.sha256(weights).hexdigest()}.tflite"
        if not path.is_file() or path.read_bytes() != weights:
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(weights)
            fresh.replace(path)
        yield str(path)


def _make_folder(folder: Path) -> bool:
    """Make a folder of our own; tell whether it can be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
