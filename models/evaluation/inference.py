"""What the network says at some moments: just before given events, knowing all that came before and no more."""

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
"""Moments read at once."""
ALL_PARTS = frozenset({PART_TRAIN, PART_VALID, PART_TEST})


@dataclass(frozen=True, slots=True)
class Moments:
    """B moments: the users as they were just before the events at `rows`."""

    rows: Indices  # [B] rows of the corpus's events
    states: Tensor  # [B, D]
    events: Tensor  # [B, L, D]
    attend: Tensor  # bool [B, L]: the history's events; the rest is padding
    numbers: Tensor  # [B, USER_NUMBERS]
    context: Tensor  # [B, C]
    snapshot: Tensor  # [B]


@dataclass(frozen=True, slots=True)
class Reader:
    """A network in evaluation over a corpus, with its item vectors computed once."""

    network: ChorusNetwork
    corpus: Corpus
    tables: Tables
    vectors: Tensor  # [I, D]
    bias: Tensor  # [I] without popularity

    @staticmethod
    @torch.no_grad()
    def of(network: ChorusNetwork, corpus: Corpus, device: torch.device) -> "Reader":
        """Puts the network into evaluation."""
        network.eval().to(device)
        tables = Tables.of(corpus.catalogue, torch.from_numpy(corpus.statistics), 0, device, full=True)
        vectors, bias = network.items(*tables.catalogue)
        return Reader(network, corpus, tables, vectors, bias)

    @torch.no_grad()
    def moments(self, rows: Indices) -> Iterator[Moments]:
        """The moments just before the events at `rows` [n], CHUNK at a time, in order."""
        for at in range(0, len(rows), CHUNK):
            yield self._read(rows[at : at + CHUNK])

    @torch.no_grad()
    def next_logits(self, moments: Moments) -> Floats:
        """Logits [B, I] of the whole catalogue."""
        snapshots, back = torch.unique(moments.snapshot, return_inverse=True)
        popularity = self.network.items.popularity(self.tables.statistics[snapshots])[back]
        logits = moments.states @ self.vectors.T + self.bias + popularity
        return np.asarray(logits.cpu().numpy(), dtype=np.float32)

    def recent(self, moments: Moments) -> Floats:
        """How popular every item [B, I] was of late: what the network's `recency_gain` is multiplied by."""
        snapshots, back = torch.unique(moments.snapshot, return_inverse=True)
        recent = self.tables.statistics[snapshots][..., RECENT][back]
        return np.asarray(recent.cpu().numpy(), dtype=np.float32)

    @torch.no_grad()
    def head_logits(self, moments: Moments, items: Indices) -> dict[str, Floats]:
        """Every task head's logits [B, K, width] for item rows [B, K]."""
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

    def _read(self, rows: Indices) -> Moments:
        offsets, length = self.corpus.offsets, self.network.config.history_length
        users = np.searchsorted(offsets, rows, side="right") - 1
        start = np.maximum(offsets[users], rows - length)
        batch: Batch = collate(self.corpus, Windows(users, start, rows, rows + 1), ALL_PARTS)
        batch = batch.to(self.vectors.device)
        states, events = user_states(self.network, batch, self.vectors[batch.items])
        last = torch.from_numpy(rows - start).to(states.device)  # events before each moment
        each = torch.arange(len(rows), device=states.device)
        place = torch.arange(events.shape[1], device=states.device)
        numbers = batch.dense[each, (last - 1).clamp(min=0), -USER_NUMBERS:]
        return Moments(
            rows=rows,
            states=states[each, last],
            events=events,
            attend=place[None] < last[:, None],
            numbers=torch.where(last[:, None] > 0, numbers, 0.0),
            context=batch.context[each, last],
            snapshot=batch.snapshot[each, last],
        )


def first_rows(corpus: Corpus, part: int) -> Indices:
    """Each user's first event of a part: the moments of the lists ranked at the part's beginning."""
    rows = np.flatnonzero(corpus.part == part)
    users = np.searchsorted(corpus.offsets, rows, side="right") - 1
    _, first = np.unique(users, return_index=True)
    return rows[first]


def spread(rows: Indices, most: int) -> Indices:
    """At most `most` of some rows, evenly spread."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
