"""Where training and validation run, and in which precision."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import torch


def best_device() -> torch.device:
    """Return the first GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def half_precision(device: torch.device) -> AbstractContextManager[object]:
    """Compute in bfloat16 where the device is faster with it; weights stay in float32.

    On a CPU without bfloat16 instructions it would be slower, so there all is float32.
    """
    fast = device.type == "cuda" or torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001 - no public way
    return torch.autocast(device.type, torch.bfloat16, enabled=fast)


def spare_workers() -> int:
    """Return how many threads may prepare batches beside the training.

    None on a CPU: there a thread beside torch's own makes each of their loops wait (measured on two
    cores: half the steps a second).
    """
    return max(1, (os.cpu_count() or 1) - 2) if best_device().type == "cuda" else 0
