"""Warnings about rankings: baselines that are as good or better, little coverage, rejections that count as right."""

from collections.abc import Iterator

from models.evaluation.baselines.registry import POPULARITY
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import MODEL, SERVED, RankingTable, Report

NEAR_POPULARITY = 1.5
"""Coverage below this multiple of popularity's, whose lists are nearly the same for all users, is near to it."""
HIGH_COVERAGE = 0.5
"""From this coverage of popularity on the catalogue is too small to tell."""


def warn_of_losses(report: Report) -> Iterator[str]:
    """Yield a sentence for each row of the network and protocol with the baselines that are better beyond chance."""
    for place, table in _tables(report):
        for method in (MODEL, SERVED):
            worse = [pair for pair in table.comparisons if pair.method == method and pair.is_worse]
            if worse:
                yield (
                    f"{method} loses {place} to {_join(map(_describe_loss, worse))}: "
                    f"its NDCG@{report.k} is {worse[0].value:.4f}"
                )


def warn_of_ties(report: Report) -> Iterator[str]:
    """Yield a sentence for each protocol with the baselines from which the network differs by chance at most."""
    for place, table in _tables(report):
        ties = [
            pair
            for pair in table.comparisons
            if pair.method == MODEL and not pair.is_worse and not pair.is_better
        ]
        if ties:
            yield (
                f"{MODEL} is not clearly better {place} than {_join(map(_describe_tie, ties))}: "
                f"its NDCG@{report.k} is {ties[0].value:.4f}"
            )


def warn_of_coverage(report: Report) -> Iterator[str]:
    """Yield a sentence for each row of the network whose lists hold hardly more items than popularity's."""
    for place, table in _tables(report):
        coverage = {row.name: row.figures.get("coverage", float("nan")) for row in table.rows}
        popular = coverage.get(POPULARITY, float("nan"))
        for method in (MODEL, SERVED):
            if popular < HIGH_COVERAGE and coverage.get(method, float("nan")) < NEAR_POPULARITY * popular:
                yield (
                    f"{method} lists {coverage[method]:.2%} of the catalogue {place}, and {POPULARITY} {popular:.2%}: "
                    "the lists of different users are nearly the same"
                )


def _tables(report: Report) -> tuple[tuple[str, RankingTable], ...]:
    return ("at the cut", report.at_cutoff), ("on next events", report.next_event)


def _describe_loss(pair: Comparison) -> str:
    return f"{pair.other} by {-pair.advantage:.4f} ({_describe_noise(pair)})"


def _describe_tie(pair: Comparison) -> str:
    return f"{pair.other} ({pair.advantage:+.4f}, {_describe_noise(pair)})"


def _describe_noise(pair: Comparison) -> str:
    return f"chance explains {pair.noise:.4f}" if pair.noise else "too few lists to tell chance"


def _join(texts: Iterator[str] | list[str]) -> str:
    *first, last = texts
    return f"{', '.join(first)} and {last}" if first else last
