"""Warnings about heads: likely leaks, no better than a trivial predictor, worse after calibration."""

from collections.abc import Iterator

from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import RAW, HeadReport, Report
from models.evaluation.trivial_predictors import CONSTANT

LEAK_AUC = 0.99
"""An AUC above this is rarely earned: the label is then a function of what the head reads."""
LEAK_FIGURES = ("auc", "micro_auc")
LEAK_ERROR = 0.1
"""The same for numbers: an error below this share of the constant prediction's explains 99 % of the variance."""


def warn_of_leaks(report: Report) -> Iterator[str]:
    """Yield a sentence for each head that predicts held-out labels almost perfectly."""
    found = dict(_leaking_figures(report))
    for name, figure in found.items():
        yield (
            f"the head {name} is likely a leak: its {figure}; "
            "check that no column that it reads is filled in from its label"
        )


def warn_of_trivial_heads(report: Report) -> Iterator[str]:
    """Yield a sentence for each head and trivial predictor that is as good or better in a decisive figure."""
    for head in report.heads:
        for other in head.trivial:
            pairs = [pair for pair in head.comparisons if pair.other == other and not pair.is_better]
            if pairs:
                relation = "worse" if any(pair.is_worse for pair in pairs) else "no better"
                yield f"the head {head.name} is {relation} than the trivial predictor '{other}': {_list(pairs)}"


def warn_of_calibration(report: Report) -> Iterator[str]:
    """Yield a sentence for each head that calibration made worse beyond chance."""
    for head in report.heads:
        pairs = [pair for pair in head.comparisons if pair.other == RAW and pair.is_worse]
        if pairs:
            yield f"calibration made the head {head.name} worse than uncalibrated: {_list(pairs)}"


def _leaking_figures(report: Report) -> Iterator[tuple[str, str]]:
    """Yield the name of each suspect head with its figure."""
    for head in report.heads:
        if _explains_all(head):
            yield head.name, f"RMSE on the test part is {head.after['rmse']:.4f}"
        yield from ((head.name, text) for text in _high_auc(head.after, "test"))
    for name, figures in report.valid_figures.items():
        yield from ((name, text) for text in _high_auc(figures, "validation"))


def _high_auc(figures: dict[str, float], part: str) -> Iterator[str]:
    for figure in LEAK_FIGURES:
        if figures.get(figure, 0.0) > LEAK_AUC:
            yield f"AUC on the {part} part is {figures[figure]:.4f}"


def _explains_all(head: HeadReport) -> bool:
    constant = head.trivial.get(CONSTANT, {}).get("rmse", float("nan"))
    return head.after.get("rmse", float("nan")) < LEAK_ERROR * constant


def _list(pairs: list[Comparison]) -> str:
    return ", ".join(f"{pair.figure} {pair.value:.4f} against {pair.other_value:.4f}" for pair in pairs)
