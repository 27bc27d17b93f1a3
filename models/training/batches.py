"""Windows over the users' events, and batches of windows as padded tensors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Floats, Indices, Indices32, Mask
from models.training.corpus import Corpus

BUCKET = 2_000
"""Batches are cut from groups of this many windows, sorted by length, so that little is padding."""


@dataclass(frozen=True, slots=True)
class Windows:
    """W runs of consecutive events. Window w predicts `first[w]:stop[w]` and reads from `start[w]` on."""

    users: Indices
    start: Indices
    first: Indices
    stop: Indices

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Indices) -> "Windows":
        """The windows at the given rows."""
        return Windows(self.users[rows], self.start[rows], self.first[rows], self.stop[rows])


@dataclass(frozen=True, slots=True)
class Batch:
    """B windows of at most L events. State t (of 0..L-1) has seen the first t events and predicts event t."""

    items: Tensor  # [B, L] item rows; 0 where padded
    present: Tensor  # bool [B, L]: an event, no padding
    actions: Tensor  # [B, L]
    dense: Tensor  # [B, L, DENSE_WIDTH]
    context: Tensor  # [B, L, C]
    snapshot: Tensor  # [B, L]
    wanted: Tensor  # bool [B, L]: predict this event
    profile_tokens: Tensor  # [B, P]
    profile_numeric: Tensor  # [B, Q]
    profile_text: Tensor  # [B, T]
    targets: tuple[Tensor, ...]  # a head: [B, L, width]
    known: tuple[Tensor, ...]  # a head: bool [B, L]

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        return Batch(
            items=self.items.to(device),
            present=self.present.to(device),
            actions=self.actions.to(device),
            dense=self.dense.to(device),
            context=self.context.to(device),
            snapshot=self.snapshot.to(device),
            wanted=self.wanted.to(device),
            profile_tokens=self.profile_tokens.to(device),
            profile_numeric=self.profile_numeric.to(device),
            profile_text=self.profile_text.to(device),
            targets=tuple(target.to(device) for target in self.targets),
            known=tuple(known.to(device) for known in self.known),
        )


def cut_windows(corpus: Corpus, parts: frozenset[int], length: int) -> Windows:
    """Windows of at most `length` events, by user, that predict every event of the given parts once.

    Every window but a user's first sees half a window of events before the first that it predicts; one event at
    least, and it predicts one at least, so a window is never shorter than two where there are two events.
    """
    length = max(length, 2)
    wanted = np.isin(corpus.part, list(parts))
    begin, last = corpus.offsets[:-1], _last_wanted(wanted, corpus.offsets)
    following = _next_wanted(wanted)
    users = np.flatnonzero(last >= 0)
    stop = begin[users]
    rounds: list[
        tuple[Indices, Indices, Indices, Indices]
    ] = []  # one window of each user that has wanted events
    while len(users):
        first = following[stop]
        start = np.where(first - begin[users] < length // 2, begin[users], first - length // 2)
        stop = np.minimum(start + length, last[users] + 1)
        rounds.append((users, start, first, stop))
        more = stop <= last[users]
        users, stop = users[more], stop[more]
    if not rounds:
        return Windows(*np.zeros((4, 0), dtype=np.int64))
    windows = Windows(*(np.concatenate(column) for column in zip(*rounds, strict=True)))
    return windows.take(np.argsort(windows.users, kind="stable"))


def _next_wanted(wanted: Mask) -> Indices:
    """[n] the first wanted row from each row on; n where none follows."""
    rows = np.where(wanted, np.arange(len(wanted)), len(wanted))
    return np.minimum.accumulate(rows[::-1])[::-1]


def _last_wanted(wanted: Mask, offsets: Indices) -> Indices:
    """[U] each user's last wanted row; -1 for a user without any."""
    last = np.full(len(offsets) - 1, -1, dtype=np.int64)
    rows = np.flatnonzero(wanted)
    ends = np.searchsorted(rows, offsets)
    present = np.flatnonzero(np.diff(ends))
    last[present] = rows[ends[present + 1] - 1]
    return last


def shuffled_batches(windows: Windows, events: int, random: np.random.Generator) -> list[Windows]:
    """All windows once, in random batches of windows of like length, each of about `events` events, padded.

    A batch of short windows holds more of them, up to `events` / 8: a step costs the whole item tower each time.
    """
    order = random.permutation(len(windows))
    length = np.maximum(windows.stop - windows.start, 8)
    batches: list[Indices] = []
    for begin in range(0, len(order), BUCKET):
        group = order[begin : begin + BUCKET]
        group = group[np.argsort(-length[group], kind="stable")]
        while len(group):
            count = max(int(events // length[group[0]]), 1)
            batches.append(group[:count])
            group = group[count:]
    return [windows.take(batches[number]) for number in random.permutation(len(batches))]


def ordered_batches(windows: Windows, size: int) -> Iterator[Windows]:
    """All windows once, in order."""
    for begin in range(0, len(windows), size):
        yield windows.take(np.arange(begin, min(begin + size, len(windows))))


def collate(corpus: Corpus, windows: Windows, parts: frozenset[int]) -> Batch:
    """The tensors of the given windows, padded to the longest."""
    rows, present = _rows(windows)
    wanted = present & (rows >= windows.first[:, None]) & np.isin(corpus.part[rows], list(parts))
    return Batch(
        items=_gather(corpus.items, rows, present),
        present=torch.from_numpy(present),
        actions=_gather(corpus.actions, rows, present),
        dense=_masked(corpus.dense[rows], present),
        context=_gather(corpus.context, rows, present),
        snapshot=torch.from_numpy(corpus.snapshot[rows].astype(np.int64)),
        wanted=torch.from_numpy(wanted),
        profile_tokens=torch.from_numpy(corpus.profile_tokens[windows.users]),
        profile_numeric=torch.from_numpy(corpus.profile_numeric[windows.users]),
        profile_text=torch.from_numpy(corpus.profile_text[windows.users]),
        targets=tuple(torch.from_numpy(labels.targets_at(rows)) for labels in corpus.labels),
        known=tuple(torch.from_numpy(labels.has_target(rows) & wanted) for labels in corpus.labels),
    )


def _rows(windows: Windows) -> tuple[Indices, Mask]:
    """Event rows [B, L] of windows, and which of them are events; the others repeat the window's last event."""
    longest = int((windows.stop - windows.start).max())
    rows = windows.start[:, None] + np.arange(longest)[None]
    present = rows < windows.stop[:, None]
    return np.minimum(rows, windows.stop[:, None] - 1), present


def _gather(column: Indices32, rows: Indices, present: Mask) -> Tensor:
    """Indices of the events at `rows`, 0 for padding; int64, as embeddings and losses expect."""
    return _masked(column[rows].astype(np.int64), present)


def _masked(values: Floats | Indices, present: Mask) -> Tensor:
    values[~present] = 0
    return torch.from_numpy(values)
