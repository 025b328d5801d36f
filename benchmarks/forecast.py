"""Do forecasts hold, and does an LSTM beat the statistical baseline?

    nice -n 15 python benchmarks/forecast.py [--series 400]

Simulated series of four kinds; dynamics are drawn anew, with another seed than in training. The
LSTM has seen *wandering* and *flaring* series, never *seasonal* or *treated* ones: those are held
out as kinds. It may ship only if its pinball loss is surely lower on every kind. Flare-ups are
scores above the first one and its smallest detectable change.

* coverage: the share of coming scores inside the 90 % interval;
* pinball: mean over the quantiles 5, 50 and 95 %, in points; lower is better;
* error: mean absolute error of the median, in points.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from cutis.evaluation.series import KINDS, SeriesSet, draw_series
from cutis.history import ForecastScore, forecast_score
from cutis.history.kalman import Dynamics, carry_on, follow
from cutis.history.noise import smallest_detectable_change

VISITS = (4, 6, 10)
LEVELS = np.array([0.05, 0.5, 0.95])
BINS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=400, help="of each kind and length")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/forecast.json"))
    options = parser.parse_args()
    from cutis.training.forecast import (  # noqa: PLC0415  torch comes with the extra
        ForecastRecipe,
        forecast_quantiles,
        train_forecaster,
    )

    recipe = ForecastRecipe()
    model = train_forecaster(recipe)
    kinds, flares = {}, []
    for number, kind in enumerate(KINDS):
        rng = np.random.default_rng([2, number])
        rows: dict[str, list[np.ndarray]] = {"baseline": [], "likeliest alone": [], "lstm": []}
        came: list[np.ndarray] = []
        for visits in VISITS:
            drawn = reachable(draw_series(kind, options.series, visits + 1, rng))
            told, alone, chances = baseline(drawn)
            rows["baseline"].append(told)
            rows["likeliest alone"].append(alone)
            rows["lstm"].append(forecast_quantiles(model, drawn)[:, [0, 2, 4]])
            came.append(drawn.scores[:, -1])
            flares += [(p, hit) for p, hit in zip(*chances, strict=True)]
        truth = np.concatenate(came)
        kinds[kind] = compared({n: np.concatenate(part) for n, part in rows.items()}, truth)
        kinds[kind]["seen_in_training"] = kind in recipe.kinds
        print(kind, json.dumps(kinds[kind], indent=1))
    result = {
        "series": sum(k["series"] for k in kinds.values()),
        "nominal": 0.9,
        "visits": list(VISITS),
        "training_steps": recipe.steps,
        "kinds": kinds,
        "lstm_ships": all(k["lstm_gain"]["low"] > 0 for k in kinds.values()),
        "flare_ups": flare_table(np.array(flares)),
    }
    options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def reachable(drawn: SeriesSet) -> SeriesSet:
    """Leave out series whose last gap is longer than all before it: no forecast reaches so far."""
    kept = drawn.days[:, -1] - drawn.days[:, -2] <= drawn.days[:, -2]
    return SeriesSet(drawn.days[kept], drawn.scores[kept], drawn.deviations[kept])


def baseline(
    drawn: SeriesSet,
) -> tuple[np.ndarray, np.ndarray, tuple[list[float], list[bool]]]:
    """Return quantiles of the forecast and of its likeliest part, and flare-up chances and hits."""
    quantiles, alone, chances, hits = [], [], [], []
    for days, scores, deviation in zip(drawn.days, drawn.scores, drawn.deviations, strict=True):
        threshold = float(scores[0]) + smallest_detectable_change(deviation, deviation)
        made = forecast_score(
            days[:-1].tolist(),
            scores[:-1].tolist(),
            [float(deviation)] * (len(days) - 1),
            horizon_days=float(days[-1] - days[-2]),
            threshold=threshold,
        )
        assert isinstance(made, ForecastScore)
        quantiles.append((made.interval.low, made.value, made.interval.high))
        alone.append(likeliest(days, scores, float(deviation), made.likeliest))
        chances.append(made.flare_up)
        hits.append(bool(scores[-1] > threshold))
    return np.array(quantiles), np.array(alone), (chances, hits)


def likeliest(
    days: np.ndarray, scores: np.ndarray, deviation: float, dynamics: Dynamics
) -> np.ndarray:
    """Return the quantiles that one kind of dynamics alone would tell."""
    variances = [deviation**2] * (len(days) - 1)
    state = follow(days[:-1].tolist(), scores[:-1].tolist(), variances, dynamics)
    ahead = carry_on(state, dynamics, float(days[-1] - days[-2]))
    half = 1.645 * float(np.sqrt(ahead.level_variance + deviation**2))
    return np.clip([ahead.level - half, ahead.level, ahead.level + half], 0, 100)


def compared(rows: dict[str, np.ndarray], came: np.ndarray) -> dict:
    """Return the figures of each way, and how much lower the LSTM's pinball loss is."""
    table = {name: figures(told, came) for name, told in rows.items()}
    gain = losses(rows["baseline"], came) - losses(rows["lstm"], came)
    return {"series": len(came), **table, "lstm_gain": interval(gain)}


def figures(told: np.ndarray, came: np.ndarray) -> dict:
    return {
        "coverage": interval((told[:, 0] <= came) & (came <= told[:, 2])),
        "pinball": interval(losses(told, came)),
        "error": interval(np.abs(told[:, 1] - came)),
        "width": float(np.mean(told[:, 2] - told[:, 0])),
    }


def losses(told: np.ndarray, came: np.ndarray) -> np.ndarray:
    off = came[:, None] - told
    return np.maximum(LEVELS * off, (LEVELS - 1) * off).mean(axis=1)


def interval(values: np.ndarray) -> dict[str, float]:
    """Return a mean with its 95 % interval by resampling series."""
    drawn = np.random.default_rng(0).integers(0, len(values), (500, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return {"mean": float(np.mean(values)), "low": float(low), "high": float(high)}


def flare_table(flares: np.ndarray) -> dict:
    """Return Brier score, that of the base rate alone, calibration error and its bins."""
    chance, hit = flares[:, 0], flares[:, 1]
    where = np.minimum((chance * BINS).astype(int), BINS - 1)
    bins = [
        {
            "from": i / BINS,
            "forecasts": int((where == i).sum()),
            "told": float(chance[where == i].mean()),
            "came": float(hit[where == i].mean()),
        }
        for i in range(BINS)
        if (where == i).any()
    ]
    off = sum(b["forecasts"] * abs(b["told"] - b["came"]) for b in bins) / len(chance)
    return {
        "forecasts": len(chance),
        "base_rate": float(hit.mean()),
        "brier": float(np.mean((chance - hit) ** 2)),
        "brier_of_the_base_rate": float(hit.mean() * (1 - hit.mean())),
        "calibration_error": float(off),
        "bins": bins,
    }


if __name__ == "__main__":
    main()
