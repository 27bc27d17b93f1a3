"""Measure the frontier of diversity on the lists of a job's test part, and greedy lists beside the searches'."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.even_sample import take_evenly
from models.contract.fusion import Fusion
from models.evaluation.candidates import CandidateValues, EvaluationLists, ServedItems, score_candidates
from models.evaluation.debias_frontier import measure_debias
from models.evaluation.evaluate import collect_item_facts, content_vectors
from models.evaluation.frontier import choose_space, measure_frontier
from models.evaluation.full_ranking import K
from models.evaluation.list_search.comparison import SearchComparison, compare_with_searches
from models.evaluation.list_search.list_value import LIST_VALUES
from models.evaluation.protocols import find_new_events
from models.evaluation.served_lists import ScoredList, fuse_list, plan_budget, rank_candidates
from models.job.spec import JobError
from models.ranking.rerank import Diversity
from models.recipe.diversity.calibrated_model import Measured
from models.recipe.diversity.result import DiversityResult, Frontier
from models.recipe.evaluation_lists import (
    build_evaluation_lists,
    build_next_event_lists,
    interactions_before,
    seen_before,
    select_interactions,
    select_taken,
)
from models.recipe.ingestion import JobData
from models.training.corpus import PART_TEST

MOST_LISTS = 500
"""Lists of a protocol, evenly spaced: each is re-ranked at every strength."""
SEARCHED = (0.15, 0.3, 0.5)
"""The strengths at which the searches order lists."""

Samples = Mapping[str, tuple[EvaluationLists, int]]
"""Protocol -> lists to measure, and the number of all."""


def measure(measured: Measured, lists: Samples, most_searched: int, console: Console) -> DiversityResult:
    """Measure the lists of each protocol at every strength, and `most_searched` of them beside the searches."""
    data, model = measured.data, measured.model
    items = ServedItems.of(model.predictor, data.dataset.items, PART_TEST)
    facts = collect_item_facts(data.dataset, interactions_before(data, PART_TEST), content_vectors(model))
    frontiers, searched = [], list[ScoredList]()
    for protocol, (own, all_lists) in lists.items():
        console.print(f"{protocol}: {len(own.case):,} lists at every strength", highlight=False)
        budget = plan_budget(model.fusion)
        candidates = score_candidates(model.predictor, own, items, model.calibrations, budget)
        points = measure_frontier(candidates, own, items, facts, model.fusion, model.diversity)
        rank = partial(_rank_as_served, candidates, items, model.fusion)
        debias = measure_debias(rank, own.case, facts, model.diversity)
        frontiers.append(Frontier(protocol, len(own.case), all_lists, tuple(points), tuple(debias)))
        numbers = take_evenly(np.arange(len(own.case)), most_searched).tolist()
        searched += [fuse_list(candidates, number, items, model.fusion) for number in numbers]
    console.print(f"greedy lists beside two searches, {len(searched)} lists", highlight=False)
    return DiversityResult(
        job=data.job.name,
        model_version=measured.version,
        objective=dict(data.job.objective_weights),
        space=choose_space(facts),
        frontiers=frontiers,
        searches=tuple(_search(searched)),
    )


def sample_lists(data: JobData) -> Samples:
    """At most MOST_LISTS lists of each protocol; raises JobError without any."""
    tested = select_interactions(data, select_taken(data, data.split.test))
    count = len(find_new_events(seen_before(data, PART_TEST), tested))
    if not count:
        raise JobError(
            "split.test: expected test events of items that are new to their users, before which lists are measured, "
            "given none"
        )
    at_cut = build_evaluation_lists(data, PART_TEST)
    return {
        "at the cut": (at_cut.take_evenly(MOST_LISTS), len(at_cut.case)),
        "next event": (build_next_event_lists(data, PART_TEST, MOST_LISTS), count),
    }


def _rank_as_served(
    candidates: CandidateValues, items: ServedItems, fusion: Fusion, diversity: Diversity
) -> Indices:
    """The lists [C, K] that the service would answer with a default diversity."""
    return rank_candidates(candidates, items, fusion, diversity, K, keeps_intent=True)


def _search(lists: Sequence[ScoredList]) -> Iterator[SearchComparison]:
    for method in LIST_VALUES:
        for strength in SEARCHED:
            yield compare_with_searches(lists, method, strength, K)
