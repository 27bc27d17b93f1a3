"""Convert outcomes into the answer about them, as plain values, and read what they are asked by."""

from collections.abc import Sequence
from typing import Any

from app.errors import InvalidRequestError
from app.outcomes.intervals import Interval, estimate_mean, estimate_rate
from app.outcomes.summary import DIMENSIONS, HeadCalibration, group_cells, sum_counts, sum_labels
from app.state.protocol import Counts, LabelCounts, Outcomes
from models.contract.nearest import suggest

MOST_GROUPS = 1_000
"""Most groups of an answer."""

Plain = dict[str, Any]


def read_dimensions(text: str) -> list[str]:
    """The dimensions of a query string. Raises InvalidRequestError for an unknown or repeated one."""
    names = [name.strip() for name in text.split(",")] if text.strip() else []
    for name in names:
        if name not in DIMENSIONS:
            raise InvalidRequestError(
                f"expected one or more of {', '.join(DIMENSIONS)}, separated by commas, given {name[:80]!r}"
                f"{suggest(name, DIMENSIONS)}",
                "by",
            )
    if len(set(names)) < len(names):
        raise InvalidRequestError("expected every dimension once, given one more often", "by")
    return names


def outcomes_answer(outcomes: Outcomes, by: Sequence[str], since: float, until: float) -> Plain:
    """The value of an OutcomesAnswer."""
    groups = group_cells(outcomes.cells, by) if by else []
    return {
        "since": since,
        "until": until,
        "by": list(by),
        "total": _figures(sum_counts(outcomes.cells)),
        "groups": [
            {
                **{name: part or None for name, part in zip(by, group.parts, strict=True)},
                **_figures(group.counts),
            }
            for group in groups[:MOST_GROUPS]
        ],
        "left_out": max(0, len(groups) - MOST_GROUPS),
        "calibration": [_calibration(each) for each in sum_labels(outcomes.labels)],
    }


def _figures(counts: Counts) -> Plain:
    shown, takes = counts.shown, counts.takes
    return {
        "impressions": shown,
        "takes": takes,
        **_interval("take_rate", estimate_rate(takes, shown)),
        **_interval("value_per_take", estimate_mean(counts.value, counts.squares, takes)),
        **_interval("value_per_impression", estimate_mean(counts.value, counts.squares, shown)),
    }


def _interval(name: str, interval: Interval | None) -> Plain:
    if interval is None:
        return {name: None, f"{name}_interval": None}
    return {name: interval.estimate, f"{name}_interval": [interval.low, interval.high]}


def _calibration(calibration: HeadCalibration) -> Plain:
    bins = [{"low": each.low, "high": each.high, **_labels(each.counts)} for each in calibration.bins]
    gaps = sum(abs(each.counts.predicted - each.counts.observed) for each in calibration.bins)
    return {
        "head": calibration.head,
        "model_version": calibration.model_version,
        **_labels(calibration.counts),
        "error": gaps / max(calibration.counts.labels, 1),
        "bins": bins,
    }


def _labels(counts: LabelCounts) -> Plain:
    observed = estimate_rate(counts.observed, counts.labels) or Interval(0.0, 0.0, 1.0)
    return {
        "labels": counts.labels,
        "predicted": counts.predicted / max(counts.labels, 1),
        "observed": observed.estimate,
        "observed_interval": [observed.low, observed.high],
    }
