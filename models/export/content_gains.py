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
from models.contract.content_links import ContentTable
from models.contract.item_links import ItemLinks, LinkEvents, LinkGains, content_logits, link_logits
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
GAINS = (0.0, 25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
LEVELS = tuple(np.arange(-4.0, 4.5, 0.5).tolist())
"""Ascending."""
DEEP_K = 100
"""An item without events should reach the first so many."""
WARM_SHARE = 0.99
"""The least share of the NDCG of lists of items with events that the level may leave."""
LEAST_LISTS, MOST_LISTS = 20, 1_000
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
    """C lists with the logits of all items, and those of the cold ones apart."""

    case: RankingCase
    logits: Floats  # [C, I] of the network and of links, which items without events have none of
    events: tuple[LinkEvents, ...]  # C
    table: ContentTable

    def take(self, cold: Mask) -> "ColdLists":
        """The lists with a relevant item in `cold` [I], which alone count as hits; at most MOST_LISTS."""
        part = self.case.keep_relevant(cold)
        numbers = np.arange(len(part.lists))[:MOST_LISTS]
        rows = part.lists[numbers]
        return ColdLists(
            part.case.take(numbers), self.logits[rows], tuple(self.events[row] for row in rows), self.table
        )

    def score(self, gains: LinkGains) -> Floats:
        """[C, I] the logits with content links of these gains."""
        scores = self.logits.copy()
        for number, events in enumerate(self.events):
            if len(events.items):
                scores[number, self.table.items] += content_logits(self.table, gains, events, scores.shape[1])
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
    return choose_content(lists, cold, gains)


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
    """The lists with the links of items with events."""
    logits = lists.logits.copy()
    for number, (events, returning) in enumerate(zip(lists.events, lists.returning.tolist(), strict=True)):
        term = link_logits(tables, gains, events, returning)
        if term is not None:
            term[table.items] = 0
            logits[number] += term
    return ColdLists(lists.case, logits, lists.events, table)


def choose_content(lists: Sequence[ColdLists], cold: Mask, gains: LinkGains) -> ContentFit:
    """The gain that orders cold items best, and then the level at which most of them reach a list of all items.

    The level leaves WARM_SHARE of the NDCG of other items. NO_CONTENT without enough lists, or where no gain is better.
    """
    parts = [part for part in (one.take(cold) for one in lists) if len(part.case)]
    others = [part for part in (one.take(~cold) for one in lists) if len(part.case)]
    if sum(len(part.case) for part in parts) < LEAST_LISTS or not others:
        return NO_CONTENT
    alone = [
        measure(parts, gains.model_copy(update={"content": gain, "level": 0.0}), K, cold) for gain in GAINS
    ]
    best = int(np.argmax(alone))
    if not best:
        return NO_CONTENT
    without = measure(others, gains, K)
    fits = []
    for level in LEVELS:
        changed = gains.model_copy(update={"content": GAINS[best], "level": level})
        warm = measure(others, changed, K) / max(without, 1e-9)
        fits.append(
            ContentFit(GAINS[best], level, alone[0], alone[best], measure_reached(parts, changed), warm)
        )
    allowed = [fit for fit in fits if fit.warm >= WARM_SHARE]
    return max(allowed, key=lambda fit: fit.reached) if allowed else fits[0]


def measure(parts: Sequence[ColdLists], gains: LinkGains, k: int, among: Mask | None = None) -> float:
    """The mean NDCG@k, of all items or of those in `among` [I]."""
    values = []
    for part in parts:
        top = rank_part(part, gains, k, among)
        matched = match_relevant(top, part.case)
        values.append(ndcg(matched.hits, matched.relevant))
    return float(np.concatenate(values).mean())


def measure_reached(parts: Sequence[ColdLists], gains: LinkGains) -> float:
    """The share of the relevant items that are in the first DEEP_K of all items."""
    hits, relevant = 0, 0
    for part in parts:
        matched = match_relevant(rank_part(part, gains, DEEP_K), part.case)
        hits, relevant = hits + int(matched.hits.sum()), relevant + int(matched.relevant.sum())
    return hits / max(relevant, 1)


def rank_part(part: ColdLists, gains: LinkGains, k: int, among: Mask | None = None) -> Indices:
    """[C, k] the best unseen items, of all or of those in `among` [I]."""
    scores = part.score(gains)
    seen = part.case.seen
    if among is not None:
        seen = sparse.csr_array((seen.toarray() > 0) | ~among)
    return rank_top(scores, seen, k)
