"""The displacement of a candidate: which rule of the re-ranking keeps it out of the list, and what would let it in."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import choose_list, rerank_scored
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Query, Trace
from app.pipeline.why_not.verdict import Need, Needs, Place, Rule
from models.contract.arrays import Indices
from models.ranking.order import sort_by_relevance
from models.ranking.rerank import Diversity

LONGEST = 100
"""The longest list of a request."""
STEPS = 5
"""The weaker strengths that are tried, from four fifths of the request's down to none."""


def find_displacement(bundle: LoadedBundle, trace: Trace, row: int) -> tuple[Rule, Needs]:
    """The rule by which a candidate is not in the list, and the changes of the request that would let it in.

    Exploration, if the list without it has the item, and so for the places kept for new items. Else the first limit
    without which the item is in the list, else diversity, else popularity debiasing, else that it does not meet the
    whole plan of the request's words, else its score. The lists are those of the same stages with the changed request.
    """
    query = trace.query
    if query.diversity.exploration is not None:
        sure = replace(query, diversity=replace(query.diversity, exploration=None))
        if row in _list_rows(bundle, trace, sure):
            return Rule.EXPLORATION, ((Need("exploration"),),)
    longer = tuple(_longer_list(bundle, trace, row))
    if query.new_share and row in _list_rows(bundle, trace, replace(query, new_share=0.0)):
        return Rule.NEW_ITEMS, longer
    for rule, freed, needs in _without_limits(query.diversity):
        if row in _list_rows(bundle, trace, replace(query, diversity=freed)):
            return rule, (needs, *longer)
    for strength in _weaker(query.diversity.strength):
        changed = replace(query, diversity=replace(query.diversity, strength=strength))
        if row in _list_rows(bundle, trace, changed):
            return Rule.DIVERSITY, ((Need("diversity.strength", to=strength),), *longer)
    for strength, freed in _debias_less(query.diversity):
        if row in _list_rows(bundle, trace, replace(query, diversity=freed)):
            return Rule.POPULARITY, ((Need("popularity.debias", to=strength),), *longer)
    if trace.meets is not None and not trace.meets[row]:
        return Rule.PLAN, ((Need("plan"),), *longer)
    return Rule.SCORE, longer


def place_by_score(trace: Trace, position: int) -> Place:
    """The place of the candidate at a position by score alone, and how far it is behind the last one of the list."""
    score = trace.scored.score
    order = sort_by_relevance(score)
    place = int(np.flatnonzero(order == position)[0]) + 1
    last = order[min(trace.query.limit, len(order)) - 1]
    return Place(place, len(order), max(float(score[last] - score[position]), 0.0))


def _without_limits(diversity: Diversity) -> Iterator[tuple[Rule, Diversity, tuple[Need, ...]]]:
    """The diversity without its cap, without its limit of runs, and without both, as far as it has them."""
    without_cap, without_run = (
        replace(diversity, max_per_category=None),
        replace(diversity, max_consecutive=None),
    )
    capped, limited = diversity.max_per_category is not None, diversity.max_consecutive is not None
    cap, run = Need(f"diversity.{Rule.CATEGORY_CAP}"), Need(f"diversity.{Rule.CATEGORY_RUN}")
    if capped:
        yield Rule.CATEGORY_CAP, without_cap, (cap,)
    if limited:
        yield Rule.CATEGORY_RUN, without_run, (run,)
    if capped and limited:
        yield Rule.CATEGORY_CAP, replace(without_cap, max_consecutive=None), (cap, run)


def _weaker(strength: float) -> Iterator[float]:
    """Weaker strengths than this one, the strongest first."""
    if strength > 0:
        yield from (round(strength * step / STEPS, 3) for step in range(STEPS - 1, -1, -1))


def _debias_less(diversity: Diversity) -> Iterator[tuple[float, Diversity]]:
    """The diversity with less popularity debiasing, the most first, down to none; with the strength of each."""
    if diversity.debias is not None:
        for strength in _weaker(diversity.debias.strength):
            debias = replace(diversity.debias, strength=strength) if strength else None
            yield strength, replace(diversity, debias=debias)


def _longer_list(bundle: LoadedBundle, trace: Trace, row: int) -> Iterator[tuple[Need, ...]]:
    """The length of list that has the item, if there is one."""
    longest = replace(trace.query, limit=LONGEST)
    found = np.flatnonzero(_list_rows(bundle, trace, longest) == row)
    if len(found):
        longer = replace(trace.query, limit=int(found[0]) + 1)
        if row in _list_rows(bundle, trace, longer):  # a limit may choose others for a shorter list
            yield (Need("limit", to=longer.limit),)


def _list_rows(bundle: LoadedBundle, trace: Trace, changed: Query) -> Indices:
    """The rows of the list for a changed request. Without limits the candidates are the same, and their scores."""
    if trace.query.diversity.has_limits or changed.diversity.has_limits:
        again = choose_list(bundle, changed, trace.texts, trace.encoded, StageClock())
        return again.scored.candidates.rows[again.reranked.order]
    return trace.scored.candidates.rows[rerank_scored(bundle, changed, trace.scored, trace.meets).order]
