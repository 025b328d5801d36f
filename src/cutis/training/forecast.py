"""Training of the LSTM forecaster on simulated series, by the pinball loss of its quantiles.

The loss is that of quantile regression (Koenker & Bassett 1978, doi:10.2307/1913643). Every batch
is newly drawn, so there is nothing to overfit but the kinds of skin themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from cutis.evaluation.series import SeriesSet, draw_series
from cutis.networks.forecaster import LEVELS, Forecaster

DAYS, POINTS, DEVIATIONS = 30.0, 100.0, 10.0
"""Units of the inputs: 30 days, 100 points, deviations of 10 points are 1."""


@dataclass(frozen=True, slots=True)
class ForecastRecipe:
    """How the forecaster is trained; ``kinds`` are those of `cutis.evaluation.series`."""

    kinds: tuple[str, ...] = ("wandering", "flaring")
    fewest_visits: int = 4
    most_visits: int = 10
    steps: int = 6000
    batch: int = 256
    learning_rate: float = 3e-3
    seed: int = 0


def train_forecaster(recipe: ForecastRecipe | None = None) -> Forecaster:
    """Return a forecaster trained on series that are drawn as it goes."""
    recipe = recipe or ForecastRecipe()
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model = Forecaster()
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
    for step in range(recipe.steps):
        kind = recipe.kinds[step % len(recipe.kinds)]
        visits = int(rng.integers(recipe.fewest_visits, recipe.most_visits + 1))
        drawn = draw_series(kind, recipe.batch, visits + 1, rng)
        loss = pinball(_quantiles(model, drawn), _came(drawn))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model.eval()


def forecast_quantiles(model: Forecaster, drawn: SeriesSet) -> Float64[np.ndarray, "series 5"]:
    """Return the quantiles of each series' last score from the visits before it, in points."""
    with torch.no_grad():
        told = _quantiles(model, drawn).double().numpy()
    return np.clip(told * POINTS, 0, 100)


def pinball(quantiles: Tensor, came: Tensor) -> Tensor:
    """Return the mean pinball loss over all levels; units are those of the inputs."""
    off = came[:, None] - quantiles
    levels = torch.tensor(LEVELS, dtype=off.dtype)
    return torch.maximum(levels * off, (levels - 1) * off).mean()


def _quantiles(model: Forecaster, drawn: SeriesSet) -> Tensor:
    known = drawn.scores[:, :-1] / POINTS
    gaps = np.diff(drawn.days, axis=1)
    before = np.concatenate([np.zeros((len(drawn), 1)), gaps[:, :-1]], axis=1) / DAYS
    change = np.diff(known, axis=1, prepend=known[:, :1])
    noise = np.broadcast_to(drawn.deviations[:, None] / DEVIATIONS, known.shape)
    visits = torch.tensor(np.stack([before, known, change, noise], 2), dtype=torch.float32)
    lengths = torch.full((len(drawn),), known.shape[1])
    told: Tensor = model(visits, lengths, torch.tensor(gaps[:, -1] / DAYS, dtype=torch.float32))
    return told


def _came(drawn: SeriesSet) -> Tensor:
    return torch.tensor(drawn.scores[:, -1] / POINTS, dtype=torch.float32)
