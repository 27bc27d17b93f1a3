"""Rank the lists of the test part by the network and by the baselines."""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.contract.feature_spec import FieldKind
from models.contract.fusion import Fusion
from models.data.dataset import Dataset
from models.evaluation.baselines.selection import FittedBaseline
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import EvaluationLists, ServedItems, score_candidates
from models.evaluation.full_ranking import rank_lists
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.objective_table import tabulate_objective
from models.evaluation.protocols import InteractionSet, RankingCase
from models.evaluation.ranking_table import DEPTH, RankedMethod
from models.evaluation.report.schema import MODEL, SERVED, ObjectiveRow
from models.evaluation.served_lists import PURE_ORDER, plan_budget, rank_candidates
from models.ranking.rerank import Diversity


class NetworkRanking(NamedTuple):
    """The network's lists, and what each head brings to them."""

    methods: tuple[RankedMethod, ...] = ()
    objective: tuple[ObjectiveRow, ...] = ()


def rank_by_network(model: CalibratedModel, items: ServedItems, lists: EvaluationLists) -> NetworkRanking:
    """The lists by the network's score alone, and the lists that the service answers by default."""
    if not len(lists.case):
        return NetworkRanking()
    budget, weights = plan_budget(model.fusion), format_weights(model.fusion)
    candidates = score_candidates(model.predictor, lists, items, model.calibrations, budget)
    pure = rank_candidates(candidates, items, model.fusion, PURE_ORDER, DEPTH)
    default = Diversity(model.diversity.method, model.diversity.strength)
    served = rank_candidates(candidates, items, model.fusion, default, DEPTH, keeps_intent=True)
    methods = (
        RankedMethod(MODEL, weights, pure),
        RankedMethod(SERVED, f"{default.method} {default.strength:g}", served),
    )
    return NetworkRanking(methods, tabulate_objective(model, items, lists, candidates, served))


def rank_by_baselines(baselines: tuple[FittedBaseline, ...], case: RankingCase) -> tuple[RankedMethod, ...]:
    """The lists of each baseline."""
    if not len(case):
        return ()
    return tuple(
        RankedMethod(baseline.name, baseline.settings, rank_lists(baseline.list_scorer(case), case, DEPTH))
        for baseline in baselines
    )


def collect_item_facts(dataset: Dataset, before: InteractionSet, vectors: Floats) -> ItemFacts:
    """The facts for the diversity metrics: popularity before the test, content vectors, category labels."""
    labels: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for row, item in enumerate(dataset.items):
        for name, value in item.attributes.items():
            for label in value if isinstance(value, tuple) else ():
                rows.append(row)
                columns.append(labels.setdefault(f"{name}={label}", len(labels)))
    ones = np.ones(len(rows), dtype=np.bool_)
    attributes = sparse.csr_array(
        (ones, (rows, columns)), shape=(len(dataset.items), len(labels)), dtype=np.bool_
    )
    return ItemFacts(popularity=before.popularity(), vectors=vectors, attributes=attributes)


def content_vectors(model: CalibratedModel) -> Floats:
    """Item vectors [I, D] for diversity: text vectors if the job has text, else the network's."""
    spec = model.predictor.corpus.spec
    text = model.predictor.corpus.catalogue.content[:, : spec.text_size]
    if spec.text_size and spec.fields(FieldKind.TEXT):
        return text
    return np.asarray(model.predictor.vectors.cpu().numpy(), dtype=np.float32)


def format_weights(fusion: Fusion) -> str:
    """The weights above 0, for the report."""
    return " ".join(f"{name} {weight:g}" for name, weight in fusion.weights.items() if weight)
