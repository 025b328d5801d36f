"""A timeline as one SVG picture: a strip per condition, with the band of noise and the forecast."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from cutis.history.change import ChangeVerdict
from cutis.history.forecast import ForecastScore
from cutis.history.timeline import Point, Series, Timeline
from cutis.reports.wording import CONDITIONS

WIDTH_PX, STRIP_PX, LEFT_PX, RIGHT_PX, TOP_PX = 900, 110, 130, 40, 30
_PLOT_PX = STRIP_PX - 30
_INK, _BAND, _LINE = "#333", "#cfe8e4", "#00796b"
_MARK = {
    ChangeVerdict.BETTER: ("less than at the baseline", "#1565c0"),
    ChangeVerdict.WORSE: ("more than at the baseline", "#c62828"),
}


@dataclass(frozen=True, slots=True)
class _Axis:
    """Days since the first visit to pixels across."""

    last_day: float

    def x(self, day: float) -> float:
        return LEFT_PX + day / self.last_day * (WIDTH_PX - LEFT_PX - RIGHT_PX)


def timeline_svg(timeline: Timeline) -> str:
    """Return the timeline as an SVG document; conditions never measured are left out.

    Every point has a title with its date and score, so that nothing is told by colour alone.
    """
    shown = _shown(timeline)
    days = _days(timeline)
    axis = _Axis(max(days[-1] + timeline.horizon_days, 1.0))
    height = svg_height_px(timeline)
    size = f'width="{WIDTH_PX}" height="{height}" viewBox="0 0 {WIDTH_PX} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" role="img">',
        "<style>text { font-size: 12px }</style>",
        "<title>Scores over time, with the band of noise</title>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for i, series in enumerate(shown):
        parts += _strip(series, days, axis, TOP_PX + i * STRIP_PX)
    parts += _dates(timeline, days, axis, height - 12)
    return "\n".join([*parts, "</svg>"]) + "\n"


def svg_height_px(timeline: Timeline) -> int:
    """Return the height of the picture; its width is `WIDTH_PX`."""
    return TOP_PX + STRIP_PX * len(_shown(timeline)) + 30


def _shown(timeline: Timeline) -> list[Series]:
    return [s for s in timeline.series.values() if any(p.value is not None for p in s.points)]


def _days(timeline: Timeline) -> list[float]:
    points = next(iter(timeline.series.values())).points
    return [(p.at - points[0].at) / timedelta(days=1) for p in points]


def _strip(series: Series, days: Sequence[float], axis: _Axis, top: float) -> Iterator[str]:
    """Yield one condition: frame, band, line, points, forecast."""
    name = escape(CONDITIONS[series.condition][0])
    yield f'<text x="8" y="{top + _PLOT_PX / 2:.0f}" fill="{_INK}">{name}</text>'
    for score in (0, 50, 100):
        y = _y(score, top)
        yield f'<path d="M{LEFT_PX} {y:.1f}H{WIDTH_PX - RIGHT_PX}" stroke="#ddd"/>'
        at = f'x="{LEFT_PX - 8}" y="{y + 4:.1f}" text-anchor="end"'
        yield f'<text {at} fill="#777">{score}</text>'
    breaks = {gap.start for gap in series.gaps}
    for run in _runs(series.points, days, breaks):
        yield from _run(run, axis, top)
    for day, point in zip(days, series.points, strict=True):
        if point.value is not None:
            yield _dot(point, axis.x(day), _y(point.value, top))
    if isinstance(series.forecast, ForecastScore):
        yield from _forecast(series.forecast, days[-1], axis, top)


def _y(score: float, top: float) -> float:
    return top + _PLOT_PX * (1 - score / 100)


def _runs(
    points: Sequence[Point], days: Sequence[float], breaks: set[datetime]
) -> Iterator[list[tuple[float, Point]]]:
    """Yield stretches of measured points without a gap between them."""
    run: list[tuple[float, Point]] = []
    for day, point in zip(days, points, strict=True):
        if point.value is not None:
            run.append((day, point))
            if point.at in breaks:
                yield run
                run = []
    if run:
        yield run


def _run(run: Sequence[tuple[float, Point]], axis: _Axis, top: float) -> Iterator[str]:
    upper = [(axis.x(d), _y(p.band.high, top)) for d, p in run if p.band]
    lower = [(axis.x(d), _y(p.band.low, top)) for d, p in reversed(run) if p.band]
    paint = f'fill="{_BAND}" stroke="{_BAND}" stroke-width="6"'
    yield f'<polygon points="{_path(upper + lower)}" {paint}/>'
    line = [(axis.x(d), _y(p.value, top)) for d, p in run if p.value is not None]
    yield f'<polyline points="{_path(line)}" fill="none" stroke="{_LINE}" stroke-width="2"/>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _dot(point: Point, x: float, y: float) -> str:
    verdict = point.since_baseline.verdict if point.since_baseline else None
    words, colour = _MARK.get(verdict, ("", _LINE)) if verdict else ("", _LINE)
    told = f"{point.at.date()}: {point.value:.0f}" + (f", {words}" if words else "")
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{told}</title></circle>'


def _forecast(forecast: ForecastScore, last: float, axis: _Axis, top: float) -> Iterator[str]:
    x = axis.x(last + forecast.horizon_days)
    low, high = _y(forecast.interval.low, top), _y(forecast.interval.high, top)
    told = (
        f"expected {forecast.value:.0f}, between {forecast.interval.low:.0f} and "
        f"{forecast.interval.high:.0f} (90 %)"
    )
    yield f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="#777" stroke-width="6" opacity="0.5"/>'
    y = _y(forecast.value, top)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="none" stroke="#777">'
    yield f"<title>{told}</title></circle>"


def _dates(timeline: Timeline, days: Sequence[float], axis: _Axis, y: float) -> Iterator[str]:
    """Yield the dates of the first and last visit and the horizon; more would overlap."""
    shown = {0: "start", len(days) - 1: "middle"}
    for i, anchor in shown.items():
        at = timeline.visits[i].at
        yield (
            f'<text x="{axis.x(days[i]):.1f}" y="{y:.0f}" text-anchor="{anchor}" fill="{_INK}">'
            f"{at.date() if at else ''}</text>"
        )
