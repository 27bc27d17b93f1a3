"""Metrics of shadows in Prometheus' format: lists that nobody saw, beside those that were sent."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from app.experiments.shadow import ShadowSums

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
CORRELATIONS = (-0.5, 0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
DRIFTS = (-1.0, -0.5, -0.2, -0.1, -0.05, -0.02, 0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class ShadowMetrics:
    """The metrics of shadows of one service, in its registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._fates = Counter(
            "chorus_shadow_lists",
            "Lists that nobody sees, by what became of them",
            ["outcome"],
            registry=registry,
        )
        self._overlap = Histogram(
            "chorus_shadow_overlap",
            "Share of the first 10 places that both lists have",
            buckets=SHARES,
            registry=registry,
        )
        self._correlation = Histogram(
            "chorus_shadow_rank_correlation",
            "Kendall's tau of the order sent and the unseen scores",
            buckets=CORRELATIONS,
            registry=registry,
        )
        self._drift = Histogram(
            "chorus_shadow_score_drift",
            "Mean unseen score less the score sent, of the same items",
            buckets=DRIFTS,
            registry=registry,
        )
        self._seconds = Histogram(
            "chorus_shadow_seconds",
            "Time to compute the list sent, and the unseen one",
            ["list"],
            buckets=SECONDS,
            registry=registry,
        )

    def count(self, fate: str) -> None:
        """Count a list by what became of it."""
        self._fates.labels(fate).inc()

    def observe(self, sums: ShadowSums) -> None:
        """Observe the comparison of one answer."""
        self._overlap.observe(sums.overlap)
        if sums.ordered:
            self._correlation.observe(sums.rank_correlation)
        if sums.scored:
            self._drift.observe(sums.score_drift)
        self._seconds.labels("sent").observe(sums.sent_seconds)
        self._seconds.labels("unseen").observe(sums.unseen_seconds)
