"""Network inference at events of the corpus, each from the events before it only."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Floats, Indices, Mask
from models.contract.events import UNTAKEN_ACTIONS, EventColumns
from models.contract.item_links import FittedLinks
from models.contract.push import may_push
from models.contract.recency import NO_EVENT, RecencyGains, find_returning
from models.contract.statistics import RECENT
from models.contract.user_vector import add_bias
from models.contract.vocabulary import PAD
from models.evaluation.moments import Moments, Requests, encode_requests, measure_pushes
from models.network.model import ChorusNetwork
from models.network.scorer_input import build_scorer_input, read_user_numbers
from models.training.batches import Batch, Windows, collate
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID, Corpus
from models.training.objective import Tables, encode_states

NO_RECENCY = RecencyGains()
CHUNK = 64
"""Moments encoded in one pass."""
ALL_PARTS = frozenset({PART_TRAIN, PART_VALID, PART_TEST})


@dataclass(frozen=True, slots=True)
class CorpusPredictor:
    """A network in evaluation mode over a corpus, with its item vectors computed once."""

    network: ChorusNetwork
    corpus: Corpus
    tables: Tables
    vectors: Tensor  # [I, D]
    bias: Tensor  # [I] without popularity
    reads_all: bool  # the tower reads every event of the log
    recency: RecencyGains = NO_RECENCY
    links: FittedLinks | None = None  # a term of the `next` logits

    @staticmethod
    @torch.no_grad()
    def of(
        network: ChorusNetwork, corpus: Corpus, device: torch.device, recency: RecencyGains = NO_RECENCY
    ) -> "CorpusPredictor":
        """Put the network into evaluation mode and compute the item vectors."""
        network.eval().to(device)
        tables = Tables.of(corpus.catalogue, torch.from_numpy(corpus.statistics), 0, device, full=True)
        vectors, bias = network.items(*tables.catalogue)
        untaken = UNTAKEN_ACTIONS & set(corpus.log.action_names)
        reads_all = all(action in corpus.spec.actions for action in untaken)
        reads_all = reads_all and not corpus.blank[corpus.items].any()
        return CorpusPredictor(network, corpus, tables, vectors, bias, reads_all, recency)

    @torch.no_grad()
    def item_table(self, snapshot: int) -> Floats:
        """[I, D + 2] the rows of the items (models.contract.user_vector), with popularity as of a snapshot."""
        statistics = self.tables.statistics[snapshot]
        bias = self.bias + self.network.items.popularity(statistics)
        columns = (self.vectors, bias, statistics[..., RECENT])
        return add_bias(*(column.cpu().numpy() for column in columns))

    @torch.no_grad()
    def encode_moments(self, rows: Indices) -> Iterator[Moments]:
        """Yield the moments just before the events at `rows` [n], CHUNK at a time, in order."""
        for start in range(0, len(rows), CHUNK):
            yield self._encode(rows[start : start + CHUNK])

    @torch.no_grad()
    def next_logits(self, moments: Moments) -> Floats:
        """Logits [B, I] of the retrieval head `next` for the whole catalogue."""
        snapshots, back = torch.unique(moments.snapshot, return_inverse=True)
        popularity = self.network.items.popularity(self.tables.statistics[snapshots])[back]
        logits = moments.queries @ self.vectors.T + self.bias + popularity
        own: Floats = logits.cpu().numpy()
        gains = self.recency.of(moments.returning)
        if gains.any():
            own = own + gains[:, None] * self.recent_popularity(moments)
        return own if moments.links is None else own + moments.links

    def retrieval_vectors(self, moments: Moments) -> Floats:
        """[B, D + 2]: the inner product with a row of `item_table` is the item's `next` logit."""
        vectors, gains = moments.queries.cpu().numpy(), self.recency.of(moments.returning)
        return add_bias(vectors, np.ones_like(gains), gains)

    def recent_popularity(self, moments: Moments) -> Floats:
        """The recent popularity [B, I] of every item, to which `recency` gives its weight."""
        snapshots, back = torch.unique(moments.snapshot, return_inverse=True)
        recent = self.tables.statistics[snapshots][..., RECENT][back]
        return np.asarray(recent.cpu().numpy(), dtype=np.float32)

    @torch.no_grad()
    def head_logits(self, moments: Moments, items: Indices) -> dict[str, Floats]:
        """Head name -> logits [B, K, width] for item rows [B, K], of every task head."""
        if not self.network.heads:
            return {}
        rows = torch.from_numpy(items).to(self.vectors.device)
        statistics = self.tables.statistics[moments.snapshot[:, None], rows]
        read = self.network.read_for_heads(self.vectors[rows], self.tables.catalogue[0][rows])
        logits = self.network.scorer(build_scorer_input(moments.user_side, read, statistics))
        return {name: value.cpu().numpy() for name, value in logits.items()}

    def encode_requests(self, requests: Requests) -> Moments:
        """Encode requests that need not be in the log."""
        moments = encode_requests(self.network, self.corpus.spec, self.vectors, requests)
        return replace(moments, links=self._link_logits(requests.events, moments.returning))

    def _link_logits(self, events: EventColumns, returning: Mask) -> Floats | None:
        """[B, I] the links' term of the `next` logits of B users; None without links."""
        if self.links is None:
            return None
        return self.links.measure_logits(events, self.corpus.spec.polarity, returning)

    def requests_before(self, rows: Indices) -> Requests:
        """The users of the events at `rows` [B], each with all earlier events."""
        corpus, users = self.corpus, self.corpus.user_of(rows)
        return Requests(
            rows=rows,
            events=corpus.events_before(rows),
            profile_tokens=corpus.profile_tokens[users],
            profile_numeric=corpus.profile_numeric[users],
            profile_text=corpus.texts_before(users, rows),
            context=corpus.context[rows].astype(np.int64),
            snapshot=corpus.snapshot[rows].astype(np.int64),
            now=corpus.times_at(rows),
        )

    def _encode(self, rows: Indices) -> Moments:
        if not self.reads_all:
            return self.encode_requests(self.requests_before(rows))
        offsets, length = self.corpus.offsets, self.network.config.history_length
        users = self.corpus.user_of(rows)
        start = np.maximum(offsets[users], rows - length)
        batch: Batch = collate(self.corpus, Windows(users, start, rows, rows + 1), ALL_PARTS)
        batch = batch.to(self.vectors.device)
        states, events = encode_states(self.network, batch, self.vectors[batch.items])
        last = torch.from_numpy(rows - start).to(states.device)  # events before each moment
        history, returning = self._read_history(rows), self._find_returning(rows)
        batch_rows = torch.arange(len(rows), device=states.device)
        position = torch.arange(events.shape[1], device=states.device)
        before = (last - 1).clamp(min=0)
        numbers, moment = (
            read_user_numbers(batch.dense[batch_rows, before]),
            batch.context[batch_rows, before],
        )
        return Moments(
            rows=rows,
            states=states[batch_rows, last],
            tower_events=last,
            push=self._measure_pushes(history, states[batch_rows, last]),
            asked=self.network.users.ask(batch.context[batch_rows, last]),
            links=None if history is None else self._link_logits(history, returning),
            events=events,
            attend=position[None] < last[:, None],
            numbers=torch.where(last[:, None] > 0, numbers, 0.0),
            last=torch.where(last[:, None] > 0, moment, PAD),
            context=batch.context[batch_rows, last],
            snapshot=batch.snapshot[batch_rows, last],
            returning=returning,
        )

    def _find_returning(self, rows: Indices) -> Mask:
        """[B] the users of the events at `rows` who return at that moment; see models.contract.recency."""
        corpus = self.corpus
        has_events = rows > corpus.offsets[corpus.user_of(rows)]
        newest = np.where(has_events, corpus.times_at(rows - 1), NO_EVENT)
        return find_returning(newest, corpus.times_at(rows), corpus.spec.timed)

    def _read_history(self, rows: Indices) -> EventColumns | None:
        """The events before each of the events at `rows`; None if nothing beside the tower reads them."""
        needed = self.links is not None or may_push(self.corpus.spec, self.corpus.log.action_names)
        return self.corpus.events_before(rows) if needed else None

    def _measure_pushes(self, history: EventColumns | None, states: Tensor) -> Tensor:
        if history is None:
            return torch.zeros_like(states)
        vectors, bases = self.vectors.cpu().numpy(), states.cpu().numpy()
        pushes = measure_pushes(self.corpus.spec, history, vectors, bases)
        return torch.from_numpy(pushes).to(self.vectors.device)


def first_rows(corpus: Corpus, part: int) -> Indices:
    """The row of each user's first event of a part: the moment of a list ranked at the part's beginning."""
    rows = np.flatnonzero(corpus.part == part)
    _, first = np.unique(corpus.user_of(rows), return_index=True)
    return rows[first]
