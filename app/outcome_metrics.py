"""Metrics of outcomes in Prometheus' format: what was shown and taken, events joined with answers, and freshness."""

from prometheus_client import CollectorRegistry, Counter, Histogram

FRESHNESS_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)


class OutcomeMetrics:
    """The metrics of outcomes of one service, in its registry. A scene is one of the bundle's, or empty."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._joins = Counter(
            "chorus_event_joins",
            "Events that name an answer, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self._shown = Counter(
            "chorus_outcome_impressions", "Items that answers showed, by scene", ["scene"], registry=registry
        )
        self._takes = Counter(
            "chorus_outcome_takes", "Shown items that were taken, by scene", ["scene"], registry=registry
        )
        self._lost = Counter(
            "chorus_outcome_lost", "Shown items that could not be counted", registry=registry
        )
        self._freshness = Histogram(
            "chorus_freshness_seconds",
            "Time from an accepted event to the first answer to its user that knows it",
            buckets=FRESHNESS_SECONDS,
            registry=registry,
        )

    def count_joins(self, fate: str, count: int) -> None:
        """Count events that name an answer by what became of them."""
        self._joins.labels(fate).inc(count)

    def count_shown(self, scene: str, count: int) -> None:
        """Count items that answers showed."""
        self._shown.labels(scene).inc(count)

    def count_takes(self, scene: str, count: int) -> None:
        """Count shown items that were taken."""
        self._takes.labels(scene).inc(count)

    def count_lost(self, count: int) -> None:
        """Count shown items that could not be counted in the store."""
        self._lost.inc(count)

    def observe_freshness(self, seconds: float) -> None:
        """Observe the time from an accepted event to the first answer that knows it."""
        self._freshness.observe(seconds)
