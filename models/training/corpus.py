"""All that training and evaluation read, as arrays: every user's events in order, items, profiles, statistics."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices
from models.contract.feature_spec import FeatureSpec
from models.contract.features import ItemArrays, encode_context, encode_history, encode_items, encode_profile
from models.contract.statistics import STATISTICS, ItemEvents, item_statistics
from models.contract.vocabulary import PAD
from models.data.dataset import Dataset, Interactions, events_of
from models.data.labels import TaskLabels
from models.data.split import Split

SNAPSHOTS = 200
SNAPSHOT_CELLS = 20_000_000
"""At most this many item statistics are held: fewer snapshots for a larger catalogue."""
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
    items: Indices  # [n] item rows
    actions: Indices  # [n]
    dense: Floats  # [n, DENSE_WIDTH]
    context: Indices  # [n, C]
    part: NDArray[np.int8]  # [n] PART_TRAIN, PART_VALID or PART_TEST
    snapshot: Indices  # [n] row of `statistics` that was known just before the event
    statistics: Floats  # [T, I, S]
    profile_tokens: Indices  # [U, P]
    profile_numeric: Floats  # [U, Q]
    profile_text: Floats  # [U, T]
    labels: tuple[TaskLabels, ...]  # their rows follow the events' order
    log_rows: Indices  # [n] each event's row of the log: the log, sorted by user
    moments: NDArray[np.float64]  # [T] when each snapshot was taken
    part_snapshot: tuple[int, int, int]  # the snapshot known when each part begins (train: the first)


def build_corpus(
    dataset: Dataset,
    split: Split,
    spec: FeatureSpec,
    labels: tuple[TaskLabels, ...],
    texts: Texts,
    half_life: float,
) -> Corpus:
    """Point-in-time arrays of a dataset: nothing said of an event knows anything later than it."""
    log = dataset.interactions
    order = np.lexsort((np.arange(len(log.users)), log.users))  # by user; the log is sorted by time already
    users = len(dataset.user_ids)
    offsets = np.searchsorted(log.users[order], np.arange(users + 1))
    histories = [encode_history(spec, events, length=len(events)) for events in events_of(log, dataset)]
    profiles = [encode_profile(spec, user) for user in dataset.users]
    part = _parts(split, len(order))
    at, boundaries = _moments(log, split, len(dataset.items), spec.timed)
    return Corpus(
        spec=spec,
        catalogue=encode_items(spec, dataset.items, texts.items),
        offsets=offsets.astype(np.int64),
        items=log.items[order],
        actions=np.concatenate([history.actions for history in histories]),
        dense=np.concatenate([history.dense for history in histories]),
        context=_contexts(spec, log)[order],
        part=part[order],
        snapshot=_snapshots(at, log.times, part, boundaries)[order],
        statistics=_statistics(log, spec, at, len(dataset.items), half_life),
        profile_tokens=_padded([profile.tokens for profile in profiles]),
        profile_numeric=np.stack([profile.numeric for profile in profiles]),
        profile_text=texts.users,
        labels=tuple(one.reordered(order) for one in labels),
        log_rows=order.astype(np.int64),
        moments=at,
        part_snapshot=boundaries,
    )


def recoded(corpus: Corpus, dataset: Dataset, spec: FeatureSpec) -> Corpus:
    """The corpus under a specification that only has more tokens (models.data.fitting.extended)."""
    log = dataset.interactions
    text = np.ascontiguousarray(corpus.catalogue.content[:, : spec.text_size])
    return replace(
        corpus,
        spec=spec,
        catalogue=encode_items(spec, dataset.items, text),
        actions=spec.actions.encode(log.action_names)[log.actions[corpus.log_rows]],
        context=_contexts(spec, log)[corpus.log_rows],
        profile_tokens=_padded([encode_profile(spec, user).tokens for user in dataset.users]),
    )


def statistics_interactions(log: Interactions, spec: FeatureSpec) -> ItemEvents:
    """The log as the item statistics read it."""
    values = (log.values - spec.value_mean) / spec.value_std
    return ItemEvents(items=log.items, times=log.times, values=values.astype(np.float32))


def _parts(split: Split, count: int) -> NDArray[np.int8]:
    part = np.full(count, PART_TRAIN, dtype=np.int8)
    part[split.valid] = PART_VALID
    part[split.test] = PART_TEST
    return part


def _moments(
    log: Interactions, split: Split, n_items: int, timed: bool
) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
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
    at: NDArray[np.float64],
    times: NDArray[np.float64],
    part: NDArray[np.int8],
    boundaries: tuple[int, int, int],
) -> Indices:
    """Per event the last snapshot not later than it; validation and test see what was known when they began,
    as a service does that was built at that moment."""
    found = np.clip(np.searchsorted(at, times, side="right") - 1, 0, None)
    for number in (PART_VALID, PART_TEST):
        found[part == number] = boundaries[number]
    return found.astype(np.int64)


def _statistics(
    log: Interactions, spec: FeatureSpec, at: NDArray[np.float64], n_items: int, half_life: float
) -> Floats:
    if not spec.timed:  # an order within each user says nothing of what was popular when
        return np.zeros((1, n_items, len(STATISTICS)), dtype=np.float32)
    return item_statistics(statistics_interactions(log, spec), at, n_items, half_life)


def _contexts(spec: FeatureSpec, log: Interactions) -> Indices:
    """[n, C], encoded once for each distinct moment's tokens."""
    hours = np.floor(log.times / 3600) if spec.timed else np.zeros(len(log.times))
    codes = [log.contexts[name].codes for name in spec.context_fields]
    keys = np.stack([hours, *codes], axis=1)
    distinct, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    table = np.empty((len(distinct), 2 + len(codes)), dtype=np.int64)
    for number, row in enumerate(first):
        names = {
            name: log.contexts[name].names[code[row]]
            for name, code in zip(spec.context_fields, codes, strict=True)
            if code[row] >= 0
        }
        table[number] = encode_context(spec, names, float(log.times[row]))
    return table[back.reshape(-1)]


def _padded(rows: list[Indices]) -> Indices:
    table = np.full((len(rows), max(map(len, rows), default=1)), PAD, dtype=np.int64)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table
