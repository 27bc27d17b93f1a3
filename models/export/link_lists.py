"""Validation lists for the link gains: NDCG of every point of the grid on every list."""

from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.events import user_events
from models.contract.item_links import ItemLinks, LinkEvents, read_link_events, sum_both
from models.evaluation.candidates import EvaluationLists
from models.evaluation.full_ranking import K, select_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.protocols import RankingCase
from models.export.link_gains import GRID, LEAST_LISTS, LinkQuality
from models.ranking.order import best_rows

CANDIDATES = 300
"""The items that are ranked: so many of the best by the network, by transitions and by the regression."""
MAX_CELLS = 20_000_000
"""The most logits of lists by items in memory; at least LEAST_LISTS lists are read."""


class LinkLists(NamedTuple):
    """C lists with all that their quality depends on, except for the tables of links."""

    case: RankingCase
    logits: Floats  # [C, I] of the network
    events: tuple[LinkEvents, ...]  # C
    returning: Mask  # [C] lists of users who return after a pause


def read_lists(predictor: CorpusPredictor, lists: EvaluationLists) -> LinkLists:
    """The lists, or as many as MAX_CELLS allows, evenly spaced. The predictor has no links yet."""
    items = len(predictor.vectors)
    lists = lists.take_evenly(max(MAX_CELLS // items, LEAST_LISTS))
    corpus = predictor.corpus
    logits, events, returning = [], [], [np.zeros(0, dtype=np.bool_)]
    for moments in predictor.encode_moments(lists.rows):
        histories = corpus.events_before(moments.rows)
        logits.append(predictor.next_logits(moments.without_push()))
        returning.append(moments.returning)
        events += [
            read_link_events(user_events(histories, user), corpus.spec.polarity, items)
            for user in range(len(moments.rows))
        ]
    return LinkLists(lists.case, np.concatenate(logits), tuple(events), np.concatenate(returning))


def measure_lists(lists: LinkLists, links: ItemLinks) -> LinkQuality:
    """NDCG of the lists with every point's gains."""
    case = lists.case
    ndcg = np.zeros((len(GRID), len(case)), dtype=np.float32)
    for number, (logits, events) in enumerate(zip(lists.logits, lists.events, strict=True)):
        terms = np.stack([logits, *sum_both(links, events)])
        terms[:, case.seen.indices[case.seen.indptr[number] : case.seen.indptr[number + 1]]] = -np.inf
        relevant = case.relevant.indices[case.relevant.indptr[number] : case.relevant.indptr[number + 1]]
        ndcg[:, number] = _measure_points(terms, relevant)
    lengths = np.array([len(events.items) for events in lists.events], dtype=np.int64)
    return LinkQuality(ndcg, lengths, lists.returning)


def _measure_points(terms: Floats, relevant: Indices) -> Floats:
    """[G] NDCG@10 of one list from the terms [3, I] of the logits; items that may not be listed are -infinity."""
    items = np.unique(np.concatenate([best_rows(term, CANDIDATES) for term in terms]))
    items = items[np.isfinite(terms[0, items])]
    gains = np.array([(1.0, *point) for point in GRID], dtype=np.float32)  # [G, 3]
    scores = gains @ terms[:, items]
    top = np.append(items, NO_ITEM)[select_top(scores, K)]  # position NO_ITEM is the last one
    return ndcg(np.isin(top, relevant), np.full(len(GRID), len(relevant))).astype(np.float32)
