"""Fit of the content links' gain and level, on validation lists in which some items are made cold.

A share of the items with events loses them: it is left out of the tables, and its vectors are those of an unknown id.
The network has learned from these events all the same, so that its own part in ordering them is somewhat overrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats, Indices, Mask
from models.contract.content_links import ContentTable, add_content, sum_content
from models.contract.even_sample import take_evenly
from models.contract.item_links import ItemLinks, LinkGains, link_logits, weigh_history
from models.contract.vocabulary import OOV
from models.evaluation.candidates import EvaluationLists
from models.evaluation.full_ranking import K, match_relevant, rank_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.protocols import RankingCase
from models.export.content_links import fit_content
from models.export.link_lists import LinkLists, read_lists

SHARE, SEED = 0.1, 0
"""The share of the items with events that is made cold, and the seed of their draw."""
GAINS = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
LEVELS = tuple(np.arange(-14.0, 3.0).tolist())
"""Ascending."""
ENOUGH = 0.98
"""The least gain that reaches this share of the best NDCG is chosen: a greater one costs other lists more."""
DEEP_K = 100
"""An item without events should reach the first so many."""
WARM_SHARE = 0.995
"""The least share of the NDCG of lists of items with events that the level may leave."""
LEAST_LISTS, MOST_LISTS = 20, 500
"""Lists of cold items to fit on at all, and the most lists of either kind."""


class ContentFit(NamedTuple):
    """The fitted gain and level, and what they gave on validation lists with cold items."""

    gain: float
    level: float
    before: float  # NDCG@10 of cold items, ranked among themselves by the network alone
    after: float
    reached: float  # share of the cold items in the first DEEP_K of all
    warm: float  # NDCG@10 of the lists of other items, as a share of that without content links


NO_CONTENT = ContentFit(0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ColdLists:
    """C lists with the logits of all items, and the content links of the M items that have such."""

    case: RankingCase
    logits: Floats  # [C, I] of the network and of links, which items without events have none of
    linked: Indices  # [M] item rows
    sums: Floats  # [C, M]
    has_history: Mask  # [C] lists after an event that says something

    def take(self, cold: Mask) -> "ColdLists":
        """The lists with a relevant item in `cold` [I], which alone count as hits; at most MOST_LISTS."""
        part = self.case.keep_relevant(cold)
        numbers = take_evenly(np.arange(len(part.lists)), MOST_LISTS)
        rows = part.lists[numbers]
        return ColdLists(
            part.case.take(numbers), self.logits[rows], self.linked, self.sums[rows], self.has_history[rows]
        )

    def score(self, gain: float, level: float) -> Floats:
        """[C, I] the logits with content links."""
        scores = self.logits.copy()
        added = add_content(self.sums, gain, level)
        scores[:, self.linked] += np.where(self.has_history[:, None], added, np.float32(0))
        return scores


def fit_content_gains(
    predictor: CorpusPredictor,
    samples: Sequence[EvaluationLists],
    matrix: sparse.csr_array,
    links: tuple[ItemLinks, LinkGains, float],
    texts: Sequence[str],
) -> ContentFit:
    """Fit on lists of several protocols. `matrix`: the users' items before them, bool [U, I].

    `links`: the tables with their gains, and the penalty of their regression. The predictor has none yet.
    """
    tables, gains, penalty = links
    cold = draw_cold(matrix)
    content = fit_content(drop_items(matrix, cold), texts, penalty)
    if content is None:
        return NO_CONTENT
    blind = hide_items(predictor, cold)
    lists = [
        read_cold_lists(read_lists(blind, sample), tables, gains, content.exported)
        for sample in samples
        if len(sample.case)
    ]
    return choose_content(lists, cold)


def draw_cold(matrix: sparse.csr_array) -> Mask:
    """[I] True for SHARE of the items with events."""
    taken = np.unique(matrix.indices)
    cold = np.zeros(matrix.shape[1], dtype=np.bool_)
    cold[np.random.default_rng(SEED).choice(taken, round(SHARE * len(taken)), replace=False)] = True
    return cold


def drop_items(matrix: sparse.csr_array, cold: Mask) -> sparse.csr_array:
    """The matrix without the entries of the items in `cold` [I]."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    kept = ~cold[matrix.indices]
    places = (rows[kept], matrix.indices[kept])
    return sparse.csr_array((matrix.data[kept], places), shape=matrix.shape)


def hide_items(predictor: CorpusPredictor, cold: Mask) -> CorpusPredictor:
    """The predictor as if the items in `cold` [I] were unknown and without statistics."""
    corpus = predictor.corpus
    catalogue = replace(corpus.catalogue, ids=np.where(cold, OOV, corpus.catalogue.ids))
    statistics = np.where(cold[None, :, None], np.float32(0), corpus.statistics)
    hidden = replace(corpus, catalogue=catalogue, statistics=statistics)
    return CorpusPredictor.of(predictor.network, hidden, predictor.vectors.device, predictor.recency)


def read_cold_lists(lists: LinkLists, tables: ItemLinks, gains: LinkGains, table: ContentTable) -> ColdLists:
    """The lists with the links of items with events, and the sums of the others' content links."""
    logits, count = lists.logits.copy(), lists.logits.shape[1]
    sums = np.zeros((len(logits), len(table.items)), dtype=np.float32)
    for number, (events, returning) in enumerate(zip(lists.events, lists.returning.tolist(), strict=True)):
        if len(events.items):
            sums[number] = sum_content(table, weigh_history(events, count))
        term = link_logits(tables, gains, events, returning)
        if term is not None:
            term[table.items] = 0
            logits[number] += term
    has_history = np.array([len(events.items) > 0 for events in lists.events], dtype=np.bool_)
    return ColdLists(lists.case, logits, table.items, sums, has_history)


def choose_content(lists: Sequence[ColdLists], cold: Mask) -> ContentFit:
    """The gain that orders cold items best, and then the level at which most of them reach a list of all items.

    The level leaves WARM_SHARE of the NDCG of other items. NO_CONTENT without enough lists, or where no gain is better.
    """
    parts = [part for part in (one.take(cold) for one in lists) if len(part.case)]
    others = [part for part in (one.take(~cold) for one in lists) if len(part.case)]
    if sum(len(part.case) for part in parts) < LEAST_LISTS or not others:
        return NO_CONTENT
    alone = [measure(parts, gain, 0.0, cold) for gain in GAINS]
    best = next(number for number, value in enumerate(alone) if value >= ENOUGH * max(alone))
    if not best:
        return NO_CONTENT
    gain, without = GAINS[best], max(measure(others, 0.0, 0.0), 1e-9)
    fits = []
    for level in LEVELS:
        warm = measure(others, gain, level) / without
        fits.append(ContentFit(gain, level, alone[0], alone[best], measure_reached(parts, gain, level), warm))
    allowed = [fit for fit in fits if fit.warm >= WARM_SHARE]
    return max(allowed, key=lambda fit: fit.reached) if allowed else fits[0]


def measure(parts: Sequence[ColdLists], gain: float, level: float, among: Mask | None = None) -> float:
    """The mean NDCG@10 of the lists, of all items or of those in `among` [I]; one part at a time in memory."""
    values = []
    for part in parts:
        scores = part.score(gain, level)
        if among is not None:
            scores[:, ~among] = -np.inf
        matched = match_relevant(rank_top(scores, part.case.seen, K), part.case)
        values.append(ndcg(matched.hits, matched.relevant))
    return float(np.concatenate(values).mean())


def measure_reached(parts: Sequence[ColdLists], gain: float, level: float) -> float:
    """The share of the relevant items that are in the first DEEP_K of all items."""
    hits, relevant = 0, 0
    for part in parts:
        matched = match_relevant(rank_top(part.score(gain, level), part.case.seen, DEEP_K), part.case)
        hits, relevant = hits + int(matched.hits.sum()), relevant + int(matched.relevant.sum())
    return hits / max(relevant, 1)
