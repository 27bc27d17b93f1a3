"""Decide whether an updated or newly trained network is as good as the published one on the newest events."""

import math

from models.contract.promotion import Decision, Headline, HeadlineFigure, HeldOutData, decide
from models.evaluation.full_ranking import K
from models.evaluation.report.figure import Comparison
from models.evaluation.report.schema import MODEL, HeadReport
from models.recipe.update.comparison import PUBLISHED, Compared

SURE = 1.96
"""The standard errors of a 95 % interval."""


def decide_update(compared: Compared, tolerance: float) -> Decision:
    """Whether the updated network may replace the published one; see docs/learning-loop.md.

    A ranking is worse if its NDCG is lower by more than `tolerance` and the 95 % interval of the difference of the
    same lists is below 0. A head is worse by the rule of models.contract.promotion.
    """
    tables = {"ndcg": compared.rankings.at_cutoff, "next_event_ndcg": compared.rankings.next_event}
    reasons, worse = [], []
    for name, table in tables.items():
        for found in (one for one in table.comparisons if one.method == MODEL and one.other == PUBLISHED):
            reasons.append(describe_difference(f"{name}@{K}", found))
            if is_worse(found, tolerance):
                worse.append(f"{reasons[-1]}, worse by more than {tolerance:.0%} and by more than chance")
    heads = decide(_headline(compared.heads), _headline(compared.published_heads), tolerance)
    if not heads.promote or worse:
        return Decision(False, True, (*worse, *(() if heads.promote else heads.reasons)))
    return Decision(True, True, (*reasons, *(heads.reasons if heads.compared else ())))


def is_worse(found: Comparison, tolerance: float) -> bool:
    """True if the difference of a comparison is worse than the tolerance and surely below 0."""
    high = found.advantage + SURE * found.standard_error
    return found.advantage < -tolerance * found.other_value and high < 0


def describe_difference(name: str, found: Comparison) -> str:
    """The two figures, and the difference with its 95 % interval."""
    margin = SURE * found.standard_error
    return (
        f"{name} {found.value:.4f}, was {found.other_value:.4f} "
        f"({found.advantage:+.4f}, 95 % interval {found.advantage - margin:+.4f} to {found.advantage + margin:+.4f})"
    )


def _headline(heads: tuple[HeadReport, ...]) -> Headline:
    """The main figures of heads, all of them over the same events."""
    return Headline(
        job="",
        test=HeldOutData(0.0, 0, 0, 0),
        figures={
            head.headline_name: HeadlineFigure(head.headline_figure, head.count, head.lower_is_better)
            for head in heads
            if math.isfinite(head.headline_figure)
        },
    )
