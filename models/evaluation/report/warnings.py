"""The registry of warnings: what the reader of a report should know first. To add one: a rule, and an entry here."""

from collections.abc import Callable, Iterator

from models.evaluation.report.group_warnings import warn_of_groups
from models.evaluation.report.head_warnings import (
    warn_of_calibration,
    warn_of_leaks,
    warn_of_trivial_heads,
)
from models.evaluation.report.ranking_warnings import (
    warn_of_coverage,
    warn_of_losses,
    warn_of_ties,
)
from models.evaluation.report.schema import Report, ReportWarning

Rule = Callable[[Report], Iterator[str]]
"""Yields one sentence for each finding in a report."""
OUTSIDE_PRIVACY = (
    "training.privacy protects the trained weights of the network alone, and takes the encoding of the data as public; "
    "outside of it are the users' histories, profiles, ids and vectors, the golden requests, the counts and mean "
    "values of items, vocabularies, means and deviations, the fits on validation (recency gain, polarity, "
    "calibrations, fusion), and the figures of this report"
)


def warn_of_cuts(report: Report) -> Iterator[str]:
    """Yield each step of training that its time limit cut short."""
    yield from report.training_cuts


def warn_of_lost_rows(report: Report) -> Iterator[str]:
    """Yield each table of which much could not be used."""
    yield from report.losses.values()


def warn_of_privacy(report: Report) -> Iterator[str]:
    """Yield what a job with privacy leaves unprotected."""
    if report.privacy is not None:
        yield OUTSIDE_PRIVACY


WARNING_RULES: dict[str, Rule] = {
    "rows_lost": warn_of_lost_rows,
    "training_cut": warn_of_cuts,
    "outside_privacy": warn_of_privacy,
    "likely_leak": warn_of_leaks,
    "loses_to_baseline": warn_of_losses,
    "not_clearly_better": warn_of_ties,
    "coverage_near_popularity": warn_of_coverage,
    "group_worse": warn_of_groups,
    "head_no_better_than_trivial": warn_of_trivial_heads,
    "calibration_made_worse": warn_of_calibration,
}
"""Name in report.json -> rule, in the order in which the report shows them."""


def find_warnings(report: Report) -> tuple[ReportWarning, ...]:
    """Every finding in a report."""
    return tuple(
        ReportWarning(rule=name, message=message)
        for name, rule in WARNING_RULES.items()
        for message in rule(report)
    )


def add_warnings(report: Report) -> Report:
    """The report with its warnings, which replace those it had."""
    return report.model_copy(update={"warnings": find_warnings(report)})
