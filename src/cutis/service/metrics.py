"""Metrics for Prometheus: how many requests, how long, how many jobs; never about whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The meters of one service, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "cutis_requests", "Requests answered.", ["operation", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "cutis_request_seconds",
            "Time from a request to its answer.",
            ["operation"],
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._jobs = Counter("cutis_jobs", "Analyses ended.", ["outcome"], registry=self._registry)
        self._analysis = Histogram(
            "cutis_analysis_seconds",
            "Time that a worker took for one photo.",
            buckets=_BUCKETS_S,
            registry=self._registry,
        )

    def request(self, operation: str, status: int, elapsed_s: float) -> None:
        """Count a request."""
        self._requests.labels(operation, str(status)).inc()
        self._seconds.labels(operation).observe(elapsed_s)

    def job(self, outcome: str, elapsed_s: float) -> None:
        """Count an analysis."""
        self._jobs.labels(outcome).inc()
        self._analysis.observe(elapsed_s)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for whenever the metrics are read."""
        Gauge(name, what, registry=self._registry).set_function(value)

    def watch_each(
        self, name: str, what: str, label: str, values: Callable[[], Mapping[str, int]]
    ) -> None:
        """Show values by name, asked for whenever the metrics are read."""
        self._registry.register(_Asked(name, what, label, values))

    def text(self) -> bytes:
        """Return all meters in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Asked(Collector):
    """A collector that asks when it is read."""

    def __init__(
        self, name: str, what: str, label: str, values: Callable[[], Mapping[str, int]]
    ) -> None:
        self._name, self._what, self._label, self._values = name, what, label, values

    def collect(self) -> Iterable[Metric]:
        """Yield the values as one family."""
        family = GaugeMetricFamily(self._name, self._what, labels=[self._label])
        for name, value in self._values().items():
            family.add_metric([str(name)], value)
        yield family
