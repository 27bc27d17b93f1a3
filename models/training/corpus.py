"""The corpus: point-in-time arrays of events, items, profiles and statistics, for training and evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Indices, Indices32, Mask
from models.contract.blank_items import hide_blank_items, is_blank
from models.contract.catalogue import User
from models.contract.event_features import DENSE_WIDTH, encode_events
from models.contract.events import EventColumns, take_codes
from models.contract.feature_spec import FeatureSpec
from models.contract.features import ItemArrays, encode_contexts, encode_items, encode_profile
from models.contract.vocabulary import PAD
from models.contract.written_texts import add_texts
from models.data.dataset import Dataset, Interactions
from models.data.interactions import columns_at
from models.data.labels import TaskLabels
from models.data.split import Split
from models.training.event_texts import EventTexts
from models.training.snapshots import assign_snapshots, choose_moments, compute_statistics

CHUNK = 500_000
"""Approximate number of events encoded at a time, with about 150 bytes of temporary arrays per event."""
PART_TRAIN, PART_VALID, PART_TEST, PART_END = 0, 1, 2, 3
"""PART_END comes after all events."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Text vectors of items and users; width 0 if the job has no text."""

    items: Floats  # [I, T]
    users: Floats  # [U, T]
    events: Floats | None = (
        None  # [R, T] of the log's distinct texts, in the order of their names; None without
    )


@dataclass(frozen=True, slots=True)
class Corpus:
    """n events of U users on I items, sorted by user, then by time."""

    spec: FeatureSpec
    catalogue: ItemArrays  # I items
    offsets: Indices  # [U + 1]: user u's events are offsets[u]:offsets[u + 1]
    items: Indices32  # [n] item rows
    weights: Floats  # [n] of the event in the loss of `next`; 0: not taken, and no target
    actions: Indices32  # [n] indices of spec.actions
    dense: Floats  # [n, DENSE_WIDTH + A]
    context: Indices32  # [n, C]
    part: NDArray[np.int8]  # [n] PART_TRAIN, PART_VALID or PART_TEST
    snapshot: (
        Indices32  # [n] row of `statistics` that the event may use: the last one not later than the event
    )
    statistics: Floats  # [T, I, S + A]
    profile_tokens: Indices  # [U, P]
    profile_numeric: Floats  # [U, Q]
    profile_text: Floats  # [U, T]
    labels: tuple[TaskLabels, ...]  # one per task, rows in the order of the events
    log_rows: Indices32  # [n] the log row of each event
    moments: Doubles  # [T] the time of each snapshot
    part_snapshot: tuple[int, int, int]  # row of `statistics` at the start of each part (train: 0)
    log: Interactions  # the unencoded events
    blank: Mask  # [I] items of which the network knows nothing (models.contract.blank_items)
    event_texts: EventTexts | None = None

    def user_of(self, rows: Indices) -> Indices:
        """User rows [...] of the events at `rows` [...]."""
        return np.asarray(np.searchsorted(self.offsets, rows, side="right") - 1, dtype=np.int64)

    def texts_before(self, users: Indices, rows: Indices) -> Floats:
        """[B, T] the text vectors of `users` [B] just before corpus rows `rows` [B]: profile and newest texts."""
        profiles = self.profile_text[users]
        if self.event_texts is None:
            return profiles
        return add_texts(profiles, self.event_texts.newest(self.offsets[users], rows))

    def times_at(self, rows: Indices) -> Doubles:
        """[B] the times of the events at `rows`: Unix seconds, or the order, or NO_TIME."""
        return self.log.times[self.log_rows[rows]]

    def events_before(self, rows: Indices) -> EventColumns:
        """For each event at `rows` [B], the earlier events of its user, as the events of B users."""
        starts = self.offsets[self.user_of(rows)]
        before = [np.arange(start, row) for start, row in zip(starts.tolist(), rows.tolist(), strict=True)]
        offsets = np.concatenate([[0], np.cumsum(rows - starts)]).astype(np.int64)
        return self.columns_of(np.concatenate([np.zeros(0, dtype=np.int64), *before]), offsets)

    def columns_of(self, rows: Indices, offsets: Indices) -> EventColumns:
        """The events at `rows` [n], by user, as columns in which blank items are unknown."""
        return hide_blank_items(columns_at(self.log, self.log_rows[rows], offsets), self.blank)


def build_corpus(
    dataset: Dataset,
    split: Split,
    spec: FeatureSpec,
    labels: tuple[TaskLabels, ...],
    texts: Texts,
    half_life: float,
) -> Corpus:
    """Build the corpus of a dataset. No feature of an event depends on later events. `half_life` is in days."""
    log = dataset.interactions
    order = np.argsort(log.users, kind="stable")  # by user; the log is sorted by time already
    counts = np.bincount(log.users, minlength=len(dataset.user_ids))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    part = _mark_parts(split, len(order))
    at, part_snapshot = choose_moments(log, split, len(dataset.items), spec)
    profile_tokens, profile_numeric = _encode_profiles(spec, dataset.users)
    catalogue = encode_items(spec, dataset.items, texts.items)
    return Corpus(
        spec=spec,
        catalogue=catalogue,
        offsets=offsets,
        items=log.items[order],
        weights=log.weigh(spec.roles)[order],
        actions=_encode_actions(spec, log)[order],
        dense=_encode_dense(spec, log, order, offsets),
        context=_encode_contexts(spec, log, order),
        part=part[order],
        snapshot=assign_snapshots(at, log.times, part, part_snapshot)[order],
        statistics=compute_statistics(log, spec, at, len(dataset.items), half_life),
        profile_tokens=profile_tokens,
        profile_numeric=profile_numeric,
        profile_text=texts.users,
        labels=tuple(task.reorder(order) for task in labels),
        log_rows=order.astype(np.int32),
        moments=at,
        part_snapshot=part_snapshot,
        log=log,
        blank=is_blank(catalogue),
        event_texts=None
        if log.texts is None or texts.events is None
        else EventTexts.of(log.texts, order, texts.events),
    )


def recode_corpus(corpus: Corpus, dataset: Dataset, spec: FeatureSpec) -> Corpus:
    """Encode the corpus again with a specification that has more tokens (models.data.fitting.extend_features)."""
    log = dataset.interactions
    text = np.ascontiguousarray(corpus.catalogue.content[:, : spec.text_size])
    catalogue = encode_items(spec, dataset.items, text)
    return replace(
        corpus,
        spec=spec,
        catalogue=catalogue,
        blank=is_blank(catalogue),
        actions=_encode_actions(spec, log)[corpus.log_rows],
        context=_encode_contexts(spec, log, corpus.log_rows),
        profile_tokens=_encode_profiles(spec, dataset.users)[0],
    )


def without_blank_items(corpus: Corpus) -> Corpus:
    """The corpus without the events of blank items, which no history has and no network can predict."""
    keep = np.flatnonzero(~corpus.blank[corpus.items])
    if len(keep) == len(corpus.items):
        return corpus
    offsets = np.searchsorted(keep, corpus.offsets).astype(np.int64)
    return replace(
        corpus,
        offsets=offsets,
        items=corpus.items[keep],
        weights=corpus.weights[keep],
        actions=corpus.actions[keep],
        dense=_encode_dense(corpus.spec, corpus.log, corpus.log_rows[keep].astype(np.int64), offsets),
        context=corpus.context[keep],
        part=corpus.part[keep],
        snapshot=corpus.snapshot[keep],
        labels=tuple(task.reorder(keep) for task in corpus.labels),
        log_rows=corpus.log_rows[keep],
        event_texts=None if corpus.event_texts is None else corpus.event_texts.keep(keep),
    )


def _mark_parts(split: Split, count: int) -> NDArray[np.int8]:
    """[n] the part of each row of the log."""
    part = np.full(count, PART_TRAIN, dtype=np.int8)
    part[split.valid] = PART_VALID
    part[split.test] = PART_TEST
    return part


def _encode_actions(spec: FeatureSpec, log: Interactions) -> Indices32:
    return spec.actions.encode(log.action_names).astype(np.int32)[log.actions]


def _encode_dense(spec: FeatureSpec, log: Interactions, order: Indices, offsets: Indices) -> Floats:
    """[n, DENSE_WIDTH + A] numeric event features, encoded in chunks of whole users."""
    dense = np.empty((len(order), DENSE_WIDTH + len(spec.action_rates)), dtype=np.float32)
    bounds = np.searchsorted(offsets, np.arange(0, len(order) + CHUNK, CHUNK), side="left")
    for first, stop in pairwise(np.unique(np.minimum(bounds, len(offsets) - 1)).tolist()):
        rows = slice(int(offsets[first]), int(offsets[stop]))
        events = columns_at(log, order[rows], offsets[first : stop + 1] - offsets[first])
        dense[rows] = encode_events(spec, events).dense
    return dense


def _encode_contexts(spec: FeatureSpec, log: Interactions, order: Indices | Indices32) -> Indices32:
    """[n, C] context tokens, encoded in chunks."""
    context = np.empty((len(order), 2 + len(spec.context_fields)), dtype=np.int32)
    for start in range(0, len(order), CHUNK):
        rows = order[start : start + CHUNK]
        columns = take_codes(log.contexts, rows)
        context[start : start + CHUNK] = encode_contexts(spec, columns, log.times[rows], len(rows))
    return context


def _encode_profiles(spec: FeatureSpec, users: Sequence[User]) -> tuple[Indices, Floats]:
    """Tokens [U, P] and numbers [U, Q]; users without attributes share one encoded profile."""
    unknown = encode_profile(spec, None)
    profiles = [encode_profile(spec, user) if user.attributes else unknown for user in users]
    width = max((len(profile.tokens) for profile in profiles), default=1)
    tokens = np.full((len(users), width), PAD, dtype=np.int64)
    for row, profile in enumerate(profiles):
        if profile is not unknown:
            tokens[row, : len(profile.tokens)] = profile.tokens
    return tokens, np.stack([profile.numeric for profile in profiles])
