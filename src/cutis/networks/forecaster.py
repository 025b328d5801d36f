"""An LSTM over visits that tells quantiles of a coming score (Hochreiter & Schmidhuber 1997).

Each visit is four numbers: days since the one before, the score, its change and its deviation; the
horizon joins after the last. Quantiles are a median and steps away from it that cannot be negative,
so that they never cross.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
INPUTS = 4


class Forecaster(nn.Module):
    """Scores of ``N visits 4`` and horizons ``N`` to quantiles ``N 5``, all in points over 100."""

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.memory = nn.LSTM(INPUTS, width, batch_first=True)
        self.head = nn.Sequential(nn.Linear(width + 2, width), nn.ReLU(), nn.Linear(width, 5))

    def forward(self, visits: Tensor, lengths: Tensor, horizon: Tensor) -> Tensor:
        """Return quantiles at `LEVELS`; ``lengths`` are the visits that count in each row.

        The median is the last score plus what the network adds.
        """
        states, _ = self.memory(visits)
        rows = torch.arange(len(visits))
        last = visits[rows, lengths - 1]
        told = self.head(torch.cat([states[rows, lengths - 1], horizon[:, None], last[:, 3:4]], 1))
        middle = last[:, 1] + 0.1 * told[:, 0]
        inner, outer = functional.softplus(told[:, 1:3]), functional.softplus(told[:, 3:5])
        near, far = 0.1 * inner, 0.1 * (inner + outer)
        parts = (-far[:, 0], -near[:, 0], torch.zeros_like(middle), near[:, 1], far[:, 1])
        return middle[:, None] + torch.stack(parts, 1)
