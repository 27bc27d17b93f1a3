"""The displacement of a candidate: which rule of the re-ranking keeps it out of the list, and what would let it in."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.recommend import choose_list, rerank_scored
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Query, Trace
from app.pipeline.why_not.relaxation import Relaxed, relax_one, relax_several
from app.pipeline.why_not.verdict import Need, Needs, Place, Rule
from models.contract.arrays import Indices
from models.ranking.order import sort_by_relevance

LONGEST = 100
"""The longest list of a request."""


def find_displacement(bundle: LoadedBundle, trace: Trace, row: int) -> tuple[Rule, Needs]:
    """The rule by which a candidate is not in the list, and the changes of the request that would let it in.

    Exploration, if the list without it has the item, and so for the places kept for new items. Else the first limit
    without which the item is in the list, else diversity, else popularity debiasing, else the first of those that keep
    it out together, else that it does not meet the whole plan of the request's words, else its score. The lists are
    those of the same stages with the changed request.
    """
    query = trace.query
    if query.diversity.exploration is not None:
        sure = replace(query, diversity=replace(query.diversity, exploration=None))
        if row in _list_rows(bundle, trace, sure):
            return Rule.EXPLORATION, ((Need("exploration"),),)
    longer = tuple(_longer_list(bundle, trace, row))
    if query.new_share and row in _list_rows(bundle, trace, replace(query, new_share=0.0)):
        return Rule.NEW_ITEMS, longer
    for rule, freed, needs in (*relax_one(query.diversity), *_relax_together(bundle, trace, row)):
        if row in _list_rows(bundle, trace, replace(query, diversity=freed)):
            return rule, (needs, *longer)
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


def _relax_together(bundle: LoadedBundle, trace: Trace, row: int) -> Sequence[Relaxed]:
    """The diversity without several of its rules; nothing for an item that the list without all of them has not."""
    several = tuple(relax_several(trace.query.diversity))
    if not several or row not in _list_rows(bundle, trace, replace(trace.query, diversity=several[-1][1])):
        return ()
    return several


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
