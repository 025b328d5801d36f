"""The LSTM forecaster: ordered quantiles, and a loss that falls while it learns."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from cutis.evaluation.series import draw_series  # noqa: E402
from cutis.networks.forecaster import Forecaster  # noqa: E402
from cutis.training.forecast import (  # noqa: E402
    ForecastRecipe,
    forecast_quantiles,
    pinball,
    train_forecaster,
)


def test_quantiles_never_cross():
    torch.manual_seed(0)
    drawn = draw_series("flaring", 40, 7, np.random.default_rng(0))
    told = forecast_quantiles(Forecaster(), drawn)
    assert told.shape == (40, 5)
    assert (np.diff(told, axis=1) >= 0).all()


def test_visits_after_the_length_do_not_count():
    torch.manual_seed(0)
    model, visits = Forecaster(), torch.rand(2, 5, 4)
    lengths, horizon = torch.tensor([3, 5]), torch.ones(2)
    changed = visits.clone()
    changed[0, 3:] = 9.0
    assert torch.allclose(model(visits, lengths, horizon), model(changed, lengths, horizon))


def test_the_loss_is_least_at_the_quantile():
    came = torch.arange(101.0) / 100
    levels = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])
    right = pinball(levels.repeat(101, 1), came)
    assert right < pinball((levels + 0.1).repeat(101, 1), came)
    assert right < pinball((levels - 0.1).repeat(101, 1), came)


def test_training_lowers_the_error():
    drawn = draw_series("wandering", 200, 7, np.random.default_rng(9))
    came = drawn.scores[:, -1]
    raw = train_forecaster(ForecastRecipe(steps=0))
    made = train_forecaster(ForecastRecipe(steps=40, batch=64))

    def loss(model: Forecaster) -> float:
        told = torch.tensor(forecast_quantiles(model, drawn))
        return float(pinball(told, torch.tensor(came)))

    assert loss(made) < loss(raw)
