"""The worth of each head: the objective and the outcomes of the lists with it, without it and by it alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.fusion import Fusion
from models.contract.tasks import NEXT
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import CandidateValues, EvaluationLists, ServedItems
from models.evaluation.full_ranking import K
from models.evaluation.metrics.graded_ndcg import graded_ndcg, ideal_gains, read_gains
from models.evaluation.paired_bootstrap import bootstrap_difference
from models.evaluation.report.schema import SERVED, ObjectiveRow
from models.evaluation.served_lists import PURE_ORDER, rank_candidates

FITTED = "the fitted weights"
SEED = 0
"""Of the intervals' resamples."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """The figures [C] of a method's lists: the objective, and head -> mean outcome of a shown item."""

    objective: Doubles
    outcomes: Mapping[str, Doubles]


def tabulate_objective(
    model: CalibratedModel,
    items: ServedItems,
    lists: EvaluationLists,
    candidates: CandidateValues,
    served: Indices,
) -> tuple[ObjectiveRow, ...]:
    """A row for the served lists [C, >= K], the fitted weights, each head alone and the weights without each head."""
    if not len(lists.case):
        return ()
    methods = {SERVED: served[:, :K]}
    for name, weights in _choose_weights(model.fusion, lists):
        fusion = model.fusion.model_copy(update={"weights": weights})
        methods[name] = rank_candidates(candidates, items, fusion, PURE_ORDER, K)
    judged = {name: _judge(lists, ranked) for name, ranked in methods.items()}
    return tuple(_make_row(name, own, judged[FITTED]) for name, own in judged.items())


def _choose_weights(fusion: Fusion, lists: EvaluationLists) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield (name, weights) of the orders to compare."""
    used = {head: weight for head, weight in fusion.weights.items() if weight}
    yield FITTED, used
    for head in dict.fromkeys([NEXT, *lists.outcomes]):
        if head in fusion.utilities and used.keys() != {head}:
            yield f"{head} alone", {head: 1.0}
    if len(used) > 1:
        for head in used:
            yield f"without {head}", {name: weight for name, weight in used.items() if name != head}


def _judge(lists: EvaluationLists, ranked: Indices) -> _Judged:
    return _Judged(
        objective=graded_ndcg(read_gains(lists.gains, ranked), ideal_gains(lists.gains, ranked.shape[1])),
        outcomes={
            head: read_gains(table, ranked).mean(axis=1, dtype=np.float64)
            for head, table in lists.outcomes.items()
        },
    )


def _make_row(name: str, own: _Judged, fitted: _Judged) -> ObjectiveRow:
    interval = None if own is fitted else bootstrap_difference(fitted.objective, own.objective, SEED)
    return ObjectiveRow(
        name=name,
        objective=float(own.objective.mean()),
        outcomes={head: float(outcome.mean()) for head, outcome in own.outcomes.items()},
        difference=None if interval is None else (interval.mean, interval.low, interval.high),
    )
