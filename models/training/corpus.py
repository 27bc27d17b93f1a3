"""All that training and evaluation read, as arrays: every user's events in order, items, profiles, statistics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Indices, Indices32
from models.contract.catalogue import User
from models.contract.events import Codes, EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import (
    DENSE_WIDTH,
    ItemArrays,
    encode_contexts,
    encode_events,
    encode_items,
    encode_profile,
)
from models.contract.statistics import STATISTICS, ItemEvents, item_statistics
from models.contract.vocabulary import PAD
from models.data.dataset import Dataset, Interactions
from models.data.interactions import columns_at
from models.data.labels import TaskLabels
from models.data.split import Split

SNAPSHOTS = 200
SNAPSHOT_CELLS = 20_000_000
"""At most this many item statistics are held: fewer snapshots for a larger catalogue."""
CHUNK = 500_000
"""Events encoded at a time, about: the features' temporary arrays take some 150 bytes an event."""
PART_TRAIN, PART_VALID, PART_TEST, PART_END = 0, 1, 2, 3
"""PART_END comes after all events."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Text vectors made by the language model; width 0 where the job has no text."""

    items: Floats  # [I, T]
    users: Floats  # [U, T]


@dataclass(frozen=True, slots=True)
class Corpus:
    """n events of U users over I items. Events are sorted by user, and by time within a user."""

    spec: FeatureSpec
    catalogue: ItemArrays  # I items
    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices32  # [n] item rows
    actions: Indices32  # [n] indices of spec.actions
    dense: Floats  # [n, DENSE_WIDTH]
    context: Indices32  # [n, C]
    part: NDArray[np.int8]  # [n] PART_TRAIN, PART_VALID or PART_TEST
    snapshot: Indices32  # [n] row of `statistics` that was known just before the event
    statistics: Floats  # [T, I, S]
    profile_tokens: Indices  # [U, P]
    profile_numeric: Floats  # [U, Q]
    profile_text: Floats  # [U, T]
    labels: tuple[TaskLabels, ...]  # their rows follow the events' order
    log_rows: Indices32  # [n] each event's row of the log: the log, sorted by user
    moments: Doubles  # [T] when each snapshot was taken
    part_snapshot: tuple[int, int, int]  # the snapshot known when each part begins (train: the first)
    log: Interactions  # the events before they were encoded

    def user_of(self, rows: Indices) -> Indices:
        """The users [...] of the events at `rows` [...]."""
        return np.asarray(np.searchsorted(self.offsets, rows, side="right") - 1, dtype=np.int64)

    def events_before(self, rows: Indices) -> EventColumns:
        """The events of each event's user before the event at `rows` [B], as those of B users."""
        starts = self.offsets[self.user_of(rows)]
        before = [np.arange(start, row) for start, row in zip(starts.tolist(), rows.tolist(), strict=True)]
        offsets = np.concatenate([[0], np.cumsum(rows - starts)]).astype(np.int64)
        flat = np.concatenate([np.zeros(0, dtype=np.int64), *before])
        return columns_at(self.log, self.log_rows[flat], offsets)


def build_corpus(
    dataset: Dataset,
    split: Split,
    spec: FeatureSpec,
    labels: tuple[TaskLabels, ...],
    texts: Texts,
    half_life: float,
) -> Corpus:
    """Point-in-time arrays of a dataset: no feature of an event knows anything later than the event."""
    log = dataset.interactions
    order = np.argsort(log.users, kind="stable")  # by user; the log is sorted by time already
    counts = np.bincount(log.users, minlength=len(dataset.user_ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    part = _parts(split, len(order))
    at, boundaries = _moments(log, split, len(dataset.items), spec.timed)
    profile_tokens, profile_numeric = _profiles(spec, dataset.users)
    return Corpus(
        spec=spec,
        catalogue=encode_items(spec, dataset.items, texts.items),
        offsets=offsets,
        items=log.items[order],
        actions=_actions(spec, log)[order],
        dense=_dense(spec, log, order, offsets),
        context=_contexts(spec, log, order),
        part=part[order],
        snapshot=_snapshots(at, log.times, part, boundaries)[order],
        statistics=_statistics(log, spec, at, len(dataset.items), half_life),
        profile_tokens=profile_tokens,
        profile_numeric=profile_numeric,
        profile_text=texts.users,
        labels=tuple(task.reorder(order) for task in labels),
        log_rows=order.astype(np.int32),
        moments=at,
        part_snapshot=boundaries,
        log=log,
    )


def recode_corpus(corpus: Corpus, dataset: Dataset, spec: FeatureSpec) -> Corpus:
    """The corpus under a specification that only has more tokens (models.data.fitting.extend_features)."""
    log = dataset.interactions
    text = np.ascontiguousarray(corpus.catalogue.content[:, : spec.text_size])
    return replace(
        corpus,
        spec=spec,
        catalogue=encode_items(spec, dataset.items, text),
        actions=_actions(spec, log)[corpus.log_rows],
        context=_contexts(spec, log, corpus.log_rows),
        profile_tokens=_profiles(spec, dataset.users)[0],
    )


def to_item_events(log: Interactions, spec: FeatureSpec) -> ItemEvents:
    """The log as the item statistics read it."""
    values = (log.values - spec.value_mean) / spec.value_std
    return ItemEvents(items=log.items, times=log.times, values=values.astype(np.float32, copy=False))


def _parts(split: Split, count: int) -> NDArray[np.int8]:
    part = np.full(count, PART_TRAIN, dtype=np.int8)
    part[split.valid] = PART_VALID
    part[split.test] = PART_TEST
    return part


def _moments(
    log: Interactions, split: Split, n_items: int, timed: bool
) -> tuple[Doubles, tuple[int, int, int]]:
    """Ascending moments at which statistics are taken, the last one after all events; and those at which train,
    valid and test begin.
    """
    if not timed:
        return np.zeros(1), (0, 0, 0)
    count = int(np.clip(SNAPSHOT_CELLS // max(n_items * len(STATISTICS), 1), 8, SNAPSHOTS))
    spread = np.quantile(log.times[split.train], np.linspace(0, 1, count))
    at = np.unique(np.concatenate([spread, [split.valid_at, split.test_at, log.times[-1] + 1]]))
    valid, test = np.searchsorted(at, [split.valid_at, split.test_at])
    return at, (0, int(valid), int(test))


def _snapshots(
    at: Doubles,
    times: Doubles,
    part: NDArray[np.int8],
    boundaries: tuple[int, int, int],
) -> Indices32:
    """Per event the last snapshot not later than it; validation and test see what was known when they began,
    as a service does that was built at that moment."""
    snapshots = np.searchsorted(at, times, side="right").astype(np.int32) - np.int32(1)
    np.clip(snapshots, 0, None, out=snapshots)
    for number in (PART_VALID, PART_TEST):
        snapshots[part == number] = boundaries[number]
    return snapshots


def _statistics(log: Interactions, spec: FeatureSpec, at: Doubles, n_items: int, half_life: float) -> Floats:
    if not spec.timed:  # an order within each user says nothing of what was popular when
        return np.zeros((1, n_items, len(STATISTICS)), dtype=np.float32)
    return item_statistics(to_item_events(log, spec), at, n_items, half_life)


def _actions(spec: FeatureSpec, log: Interactions) -> Indices32:
    return spec.actions.encode(log.action_names).astype(np.int32)[log.actions]


def _dense(spec: FeatureSpec, log: Interactions, order: Indices, offsets: Indices) -> Floats:
    """[n, DENSE_WIDTH], encoded in chunks of whole users."""
    dense = np.empty((len(order), DENSE_WIDTH), dtype=np.float32)
    bounds = np.searchsorted(offsets, np.arange(0, len(order) + CHUNK, CHUNK), side="left")
    for first, stop in pairwise(np.unique(np.minimum(bounds, len(offsets) - 1)).tolist()):
        rows = slice(int(offsets[first]), int(offsets[stop]))
        events = columns_at(log, order[rows], offsets[first : stop + 1] - offsets[first])
        dense[rows] = encode_events(spec, events).dense
    return dense


def _contexts(spec: FeatureSpec, log: Interactions, order: Indices | Indices32) -> Indices32:
    """[n, C], encoded in chunks."""
    context = np.empty((len(order), 2 + len(spec.context_fields)), dtype=np.int32)
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        columns = {name: Codes(codes.names, codes.codes[rows]) for name, codes in log.contexts.items()}
        context[start : start + CHUNK] = encode_contexts(spec, columns, log.times[rows], len(rows))
    return context


def _profiles(spec: FeatureSpec, users: Sequence[User]) -> tuple[Indices, Floats]:
    """Tokens [U, P] and numbers [U, Q]; users without attributes share one encoded profile."""
    unknown = encode_profile(spec, None)
    profiles = [encode_profile(spec, user) if user.attributes else unknown for user in users]
    width = max((len(profile.tokens) for profile in profiles), default=1)
    tokens = np.full((len(users), width), PAD, dtype=np.int64)
    for row, profile in enumerate(profiles):
        if profile is not unknown:
            tokens[row, : len(profile.tokens)] = profile.tokens
    return tokens, np.stack([profile.numeric for profile in profiles])
