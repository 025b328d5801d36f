"""A light convolutional encoder whose deepest map is swept by recurrent layers along both axes.

ReNet (Visin et al. 2015, arXiv:1505.00393): a bidirectional GRU reads each row, another each
column of what the first wrote, so that every cell has seen the whole face.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_WIDTHS = (32, 64, 96, 160, 256)


class RecurrentEncoder(nn.Module):
    """Five stages of halving size; the last passes through `Sweep`."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        before = (in_channels, *_WIDTHS[:-1])
        self.out_channels = (in_channels, *_WIDTHS)
        self.stages = nn.ModuleList(
            [_Stage(a, b) for a, b in zip(before, _WIDTHS, strict=True)],
        )
        self.sweep = Sweep(_WIDTHS[-1])

    def forward(self, inputs: Tensor) -> list[Tensor]:
        """Return the input and the maps at 1/2, 1/4, 1/8, 1/16 and 1/32 of its size."""
        features = [inputs]
        for stage in self.stages:
            features.append(stage(features[-1]))
        features[-1] = self.sweep(features[-1])
        return features


class _Stage(nn.Module):
    """Halves the size, then adds a residual block."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.down = _convolution(before, after, stride=2)
        self.refine = _convolution(after, after, stride=1)

    def forward(self, inputs: Tensor) -> Tensor:
        halved: Tensor = self.down(inputs)
        refined: Tensor = self.refine(halved)
        return halved + refined


class Sweep(nn.Module):
    """Bidirectional GRUs along rows, then columns, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.rows = nn.GRU(channels, half, batch_first=True, bidirectional=True)
        self.columns = nn.GRU(channels, half, batch_first=True, bidirectional=True)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return ``N C H W`` where each cell depends on all cells."""
        with torch.autocast(inputs.device.type, enabled=False):
            cells = inputs.float().permute(0, 2, 3, 1)
            cells = _along_rows(self.rows, cells)
            cells = _along_rows(self.columns, cells.transpose(1, 2)).transpose(1, 2)
            return inputs + cells.permute(0, 3, 1, 2).to(inputs.dtype)


def _along_rows(layer: nn.GRU, cells: Tensor) -> Tensor:
    batch, height, width, channels = cells.shape
    swept: Tensor = layer(cells.reshape(batch * height, width, channels))[0]
    return swept.reshape(batch, height, width, channels)


def _convolution(before: int, after: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(inplace=True),
    )
