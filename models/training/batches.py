"""Windows over the users' events, and the padded tensors of some windows at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.contract.arrays import Floats, Indices
from models.training.corpus import Corpus

BUCKET = 2_000
"""Batches are cut from groups of this many windows, sorted by length, so that little is padding."""


@dataclass(frozen=True, slots=True)
class Windows:
    """W stretches of events. Window w predicts `first[w]:stop[w]`, having seen `start[w]` on."""

    users: Indices
    start: Indices
    first: Indices
    stop: Indices

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Indices) -> "Windows":
        """Some of the windows."""
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


def windows_of(corpus: Corpus, parts: frozenset[int], length: int) -> Windows:
    """Windows of at most `length` events that predict every event of some parts, once.

    Every window but a user's first sees half a window of events before the first that it predicts; one event at
    least, and it predicts one at least, so a window is never shorter than two where there are two events.
    """
    length = max(length, 2)
    found: list[tuple[int, int, int, int]] = []
    wanted = np.isin(corpus.part, list(parts))
    half = length // 2
    for user, (begin, end) in enumerate(zip(corpus.offsets[:-1], corpus.offsets[1:], strict=True)):
        rows = begin + np.flatnonzero(wanted[begin:end])
        while len(rows):
            first = int(rows[0])
            start = int(begin) if first - begin < half else first - half
            stop = min(start + length, int(rows[-1]) + 1)
            found.append((user, start, first, stop))
            rows = rows[rows >= stop]
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return Windows(*table.T)


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
    """The tensors of some windows, padded to the longest."""
    rows, present = _rows(windows)
    wanted = present & (rows >= windows.first[:, None]) & np.isin(corpus.part[rows], list(parts))
    return Batch(
        items=torch.from_numpy(np.where(present, corpus.items[rows], 0)),
        present=torch.from_numpy(present),
        actions=torch.from_numpy(np.where(present, corpus.actions[rows], 0)),
        dense=_masked(corpus.dense, rows, present),
        context=torch.from_numpy(np.where(present[..., None], corpus.context[rows], 0)),
        snapshot=torch.from_numpy(corpus.snapshot[rows]),
        wanted=torch.from_numpy(wanted),
        profile_tokens=torch.from_numpy(corpus.profile_tokens[windows.users]),
        profile_numeric=torch.from_numpy(corpus.profile_numeric[windows.users]),
        profile_text=torch.from_numpy(corpus.profile_text[windows.users]),
        targets=tuple(torch.from_numpy(one.targets_at(rows)) for one in corpus.labels),
        known=tuple(torch.from_numpy(one.known_at(rows) & wanted) for one in corpus.labels),
    )


def _rows(windows: Windows) -> tuple[Indices, NDArray[np.bool_]]:
    """Event rows [B, L] of windows, and which are there; the others repeat the window's last event."""
    longest = int((windows.stop - windows.start).max())
    rows = windows.start[:, None] + np.arange(longest)[None]
    present = rows < windows.stop[:, None]
    return np.minimum(rows, windows.stop[:, None] - 1), present


def _masked(values: Floats, rows: Indices, present: NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(np.where(present[..., None], values[rows], np.float32(0)))
