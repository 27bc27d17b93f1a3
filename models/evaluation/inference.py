"""The network's predictions just before events of the corpus, given all that came before and nothing later."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Floats, Indices
from models.network.model import ChorusNetwork
from models.network.scorer import USER_NUMBERS, ScorerInput
from models.network.towers import RECENT
from models.training.batches import Batch, Windows, collate
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID, Corpus
from models.training.objective import Tables, user_states

CHUNK = 64
"""Moments encoded at once."""
ALL_PARTS = frozenset({PART_TRAIN, PART_VALID, PART_TEST})


@dataclass(frozen=True, slots=True)
class Moments:
    """B users as they were just before the events at `rows`."""

    rows: Indices  # [B] rows of the corpus's events
    states: Tensor  # [B, D]
    events: Tensor  # [B, L, D]
    attend: Tensor  # bool [B, L]: the history's events; the rest is padding
    numbers: Tensor  # [B, USER_NUMBERS]
    context: Tensor  # [B, C]
    snapshot: Tensor  # [B]


@dataclass(frozen=True, slots=True)
class CorpusPredictor:
    """A network in evaluation mode over a corpus, with its item vectors computed once."""

    network: ChorusNetwork
    corpus: Corpus
    tables: Tables
    vectors: Tensor  # [I, D]
    bias: Tensor  # [I] without popularity

    @staticmethod
    @torch.no_grad()
    def of(network: ChorusNetwork, corpus: Corpus, device: torch.device) -> "CorpusPredictor":
        """Put the network into evaluation mode and compute the item vectors."""
        network.eval().to(device)
        tables = Tables.of(corpus.catalogue, torch.from_numpy(corpus.statistics), 0, device, full=True)
        vectors, bias = network.items(*tables.catalogue)
        return CorpusPredictor(network, corpus, tables, vectors, bias)

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
        logits = moments.states @ self.vectors.T + self.bias + popularity
        return np.asarray(logits.cpu().numpy(), dtype=np.float32)

    def recent_popularity(self, moments: Moments) -> Floats:
        """The recent popularity [B, I] of every item, which the network multiplies by `recency_gain`."""
        snapshots, back = torch.unique(moments.snapshot, return_inverse=True)
        recent = self.tables.statistics[snapshots][..., RECENT][back]
        return np.asarray(recent.cpu().numpy(), dtype=np.float32)

    @torch.no_grad()
    def head_logits(self, moments: Moments, items: Indices) -> dict[str, Floats]:
        """Head name -> logits [B, K, width] for item rows [B, K], of every task head."""
        if not self.network.heads:
            return {}
        rows = torch.from_numpy(items).to(self.vectors.device)
        count = rows.shape[1]
        logits = self.network.scorer(
            ScorerInput(
                user=moments.states[:, None].expand(-1, count, -1),
                item=self.vectors[rows],
                events=moments.events,
                attend=moments.attend[:, None].expand(-1, count, -1),
                statistics=self.tables.statistics[moments.snapshot[:, None], rows],
                numbers=moments.numbers[:, None].expand(-1, count, -1),
                context=moments.context[:, None].expand(-1, count, -1),
            )
        )
        return {name: value.cpu().numpy() for name, value in logits.items()}

    def _encode(self, rows: Indices) -> Moments:
        offsets, length = self.corpus.offsets, self.network.config.history_length
        users = np.searchsorted(offsets, rows, side="right") - 1
        start = np.maximum(offsets[users], rows - length)
        batch: Batch = collate(self.corpus, Windows(users, start, rows, rows + 1), ALL_PARTS)
        batch = batch.to(self.vectors.device)
        states, events = user_states(self.network, batch, self.vectors[batch.items])
        last = torch.from_numpy(rows - start).to(states.device)  # events before each moment
        each = torch.arange(len(rows), device=states.device)
        position = torch.arange(events.shape[1], device=states.device)
        numbers = batch.dense[each, (last - 1).clamp(min=0), -USER_NUMBERS:]
        return Moments(
            rows=rows,
            states=states[each, last],
            events=events,
            attend=position[None] < last[:, None],
            numbers=torch.where(last[:, None] > 0, numbers, 0.0),
            context=batch.context[each, last],
            snapshot=batch.snapshot[each, last],
        )


def first_rows(corpus: Corpus, part: int) -> Indices:
    """The row of each user's first event of a part: the moment of a list ranked at the part's beginning."""
    rows = np.flatnonzero(corpus.part == part)
    users = np.searchsorted(corpus.offsets, rows, side="right") - 1
    _, first = np.unique(users, return_index=True)
    return rows[first]


def take_evenly(rows: Indices, most: int) -> Indices:
    """At most `most` of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
