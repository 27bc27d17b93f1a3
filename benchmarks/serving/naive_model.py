"""The naive design's computation: the bundle's network, padded and eager, an exact index, and MMR as it is written."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np
import torch

from app.bundle.record_files import read_item_table, read_profiles
from models.contract.arrays import Floats, Indices
from models.contract.bundle import (
    HISTORIES,
    ITEM_STATISTICS,
    ITEM_VECTORS,
    read_features,
    read_manifest,
)
from models.contract.catalogue import User
from models.contract.event_features import encode_events
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import encode_context, encode_profile
from models.contract.histories import read_histories
from models.contract.user_vector import strip_bias
from models.network.model import ChorusNetwork, load_network
from models.network.scorer_input import UserSide, build_scorer_input, read_user_numbers
from models.ranking.budget import CANDIDATES


class PastEvent(NamedTuple):
    """One event of a history."""

    row: int
    action: str
    value: float | None
    time: float


class Picked(NamedTuple):
    """The picked items, best first, and their scores by head."""

    rows: list[int]
    scores: list[float]
    heads: list[dict[str, float]]


@dataclass(frozen=True, slots=True)
class NaiveModel:
    """A bundle's network and item table, all in memory."""

    spec: FeatureSpec
    network: ChorusNetwork
    item_ids: list[str]
    rows: dict[str, int]
    ids: Indices  # [n] of the vocabulary
    vectors: Floats  # [n, D + 2]
    statistics: Floats  # [n, S]
    index: faiss.Index
    users: dict[str, User]
    histories: EventColumns

    @staticmethod
    def load(bundle: Path) -> "NaiveModel":
        """Load a bundle."""
        manifest = read_manifest(bundle)
        spec = read_features(bundle, manifest)
        item_ids = [item.item_id for item in read_item_table(bundle / "items.jsonl")]
        vectors = np.load(bundle / ITEM_VECTORS)
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return NaiveModel(
            spec=spec,
            network=load_network(bundle, manifest, spec),
            item_ids=item_ids,
            rows={item_id: row for row, item_id in enumerate(item_ids)},
            ids=spec.item_ids.encode(item_ids),
            vectors=vectors,
            statistics=np.load(bundle / ITEM_STATISTICS),
            index=index,
            users=read_profiles(bundle),
            histories=read_histories(bundle / HISTORIES),
        )

    @torch.no_grad()
    def pick(self, user_id: str, past: list[PastEvent], now: float, weights: dict[str, float]) -> Picked:
        """The best items for a user with these events, oldest first; `limit` is that of MMR below."""
        vector, side = self._encode(user_id, past, now)
        seen = {event.row for event in past}
        _, found = self.index.search(vector[None], min(CANDIDATES + len(seen), len(self.item_ids)))
        rows = np.array([row for row in found[0].tolist() if row not in seen][:CANDIDATES], dtype=np.int64)
        items = torch.from_numpy(strip_bias(self.vectors[rows]))[None]
        read = self.network.read_for_heads(items, torch.from_numpy(self.ids[rows])[None])
        statistics = torch.from_numpy(self.statistics[rows])[None]
        logits = self.network.scorer(build_scorer_input(side, read, statistics))
        heads = {"next": 1 / (1 + np.exp(-(self.vectors[rows] @ vector)))}
        for name, values in logits.items():
            heads[name] = values.sigmoid()[0].mean(1).expand(len(rows)).numpy()
        score = sum((weights.get(name, 0.0) * values for name, values in heads.items()), np.zeros(len(rows)))
        chosen = pick_diverse(score.astype(np.float32), items[0].numpy(), strength=0.3, limit=20)
        return Picked(
            [int(rows[place]) for place in chosen],
            [float(score[place]) for place in chosen],
            [{name: float(values[place]) for name, values in heads.items()} for place in chosen],
        )

    def _encode(self, user_id: str, past: list[PastEvent], now: float) -> tuple[Floats, UserSide]:
        """The retrieval vector [D + 2] and the user side of the scorer, padded to the longest history."""
        length = self.network.config.history_length
        past = past[-length:]
        arrays = encode_events(self.spec, _build_columns(past))
        profile = encode_profile(self.spec, self.users.get(user_id))
        tower, count = self.network.users, len(past)
        start = tower.profile(
            torch.from_numpy(profile.tokens)[None],
            torch.from_numpy(profile.numeric)[None],
            torch.zeros((1, self.spec.text_size)),
        )
        rows = np.array([event.row for event in past], dtype=np.int64)
        items = strip_bias(self.vectors[rows])
        events = tower.events(*map(torch.from_numpy, (items, arrays.actions, arrays.dense)))
        padded = torch.zeros((1, length, events.shape[1]))
        padded[0, :count] = events
        state = tower(start, padded)[:, count]
        context = torch.from_numpy(encode_context(self.spec, {}, now))[None]
        asked = state + tower.ask(context)
        dense = arrays.dense[-1:] if count else np.zeros((1, arrays.dense.shape[1]), dtype=np.float32)
        moments = arrays.context[-1:] if count else np.zeros((1, arrays.context.shape[1]), dtype=np.int64)
        side = UserSide(
            states=state,
            events=padded,
            attend=(torch.arange(length) < count)[None],
            numbers=torch.from_numpy(read_user_numbers(dense)),
            last=torch.from_numpy(moments),
            context=context,
        )
        return np.append(asked[0].numpy(), [1.0, 0.0]).astype(np.float32), side


def pick_diverse(score: Floats, vectors: Floats, strength: float, limit: int) -> list[int]:
    """Positions by maximal marginal relevance, with all similarities to all picks computed in every step."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    chosen: list[int] = []
    for _ in range(min(limit, len(score))):
        nearest = (unit @ unit[chosen].T).max(1) if chosen else np.zeros(len(score))
        worth = (1 - strength) * score - strength * nearest
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return chosen


def _build_columns(past: list[PastEvent]) -> EventColumns:
    names = tuple(dict.fromkeys(event.action for event in past))
    values = [np.nan if event.value is None else event.value for event in past]
    return EventColumns(
        offsets=np.array([0, len(past)], dtype=np.int64),
        items=np.array([event.row for event in past], dtype=np.int64),
        actions=np.array([names.index(event.action) for event in past], dtype=np.int64),
        values=np.array(values, dtype=np.float32),
        times=np.array([event.time for event in past], dtype=np.float64),
        action_names=names,
        contexts={},
    )
