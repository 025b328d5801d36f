"""Checkpoints of plain tensors: safetensors for weights and optimiser, JSON for all else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from cutis.core.errors import ModelError, StoreError

BEST = "best.safetensors"
LAST = "last.safetensors"
STATE = "state.safetensors"
PROGRESS = "progress.json"
DESCRIPTION = "network.json"
"""Files of a training's folder: averaged weights at the best validation and of last, what
resuming needs, and what the network is."""


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the weights of a network; the file appears whole or not at all."""
    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    save_tensors(tensors, path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Read weights into a network built alike.

    Raises:
        ModelError: the file is missing, broken or of another network.
    """
    try:
        network.load_state_dict(safetensors.torch.load_file(path))
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise ModelError(
            "The weights are missing, broken or of another network. Name the folder of a finished "
            "training, or train again without --resume."
        ) from error


def save_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write named tensors to a safetensors file."""
    plain = {name: value.detach().cpu() for name, value in tensors.items()}
    _write(path, lambda part: safetensors.torch.save_file(plain, part))


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors that `save_tensors` wrote; raises ModelError if there are none."""
    try:
        tensors: dict[str, Tensor] = safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise ModelError(
            "The state of the training is missing or broken. Train again without --resume."
        ) from error
    return tensors


def save_json(data: Mapping[str, Any], path: Path) -> None:
    """Write plain data, readable by people."""
    text = json.dumps(data, indent=2, sort_keys=True) + "\n"
    _write(path, lambda part: part.write_text(text, encoding="utf-8"))


def load_json(path: Path) -> dict[str, Any]:
    """Read plain data; raises ModelError if the file is missing or no JSON object."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path.name} is missing or broken. Name the folder that cutis train wrote."
        ) from error
    return data


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the optimiser's state as named tensors."""
    state = optimiser.state_dict()["state"]
    return {
        f"optimiser.{index}.{name}": value
        for index, values in state.items()
        for name, value in values.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give the optimiser the state that `optimiser_tensors` returned.

    Each tensor gets the memory order of its parameter: fused optimisers walk both alike.
    """
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        head, _, rest = key.partition(".")
        if head == "optimiser":
            index, name = rest.split(".")
            like = parameters[int(index)]
            if value.shape == like.shape:
                value = torch.empty_like(like).copy_(value)  # noqa: PLW2901
            state.setdefault(int(index), {})[name] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _write(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(f".{path.name}.part")
    try:
        write(part)
        os.replace(part, path)  # noqa: PTH105 - replaces on every platform
    except OSError as error:
        raise StoreError(
            f"{path.name} cannot be written ({error.strerror}). Free some space or name another "
            "folder."
        ) from error
