"""Windows over users' event sequences, batched by length and collated to padded tensors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.contract.arrays import Floats, Indices, Indices32, Mask
from models.training.corpus import Corpus
from models.training.seen_items import NO_ITEM

BUCKET = 2_000
"""Windows per group; each group is sorted by length before it is cut into batches, to reduce padding."""
MOST_EARLIER = 1_000
"""Events before a window whose items count as had."""


@dataclass(frozen=True, slots=True)
class Windows:
    """W windows of consecutive events of a user. Window w covers `start[w]:stop[w]` and predicts `first[w]:stop[w]`."""

    users: Indices  # [W] rows
    start: Indices  # [W] corpus rows of the first event
    first: Indices  # [W] of the first predicted event
    stop: Indices  # [W] after the last event

    def __len__(self) -> int:
        return len(self.users)

    def take(self, rows: Indices) -> "Windows":
        """The windows at `rows`."""
        return Windows(self.users[rows], self.start[rows], self.first[rows], self.stop[rows])


@dataclass(frozen=True, slots=True)
class Batch:
    """B windows of at most L events. State t of 0..L-1 depends on the first t events and predicts event t."""

    items: Tensor  # [B, L] item rows; 0 where padded
    had: Tensor  # [B, H] item rows, those of the window last: the user had them; NO_ITEM where padded or only shown
    present: Tensor  # bool [B, L] True: an event; False: padding
    actions: Tensor  # [B, L]
    dense: Tensor  # [B, L, DENSE_WIDTH + A]
    context: Tensor  # [B, L, C]
    snapshot: Tensor  # [B, L] rows of the item statistics
    is_target: Tensor  # bool [B, L] True: the event is predicted
    weights: Tensor  # [B, L] of the predicted events in the loss of `next`; 0 for others and for what was not taken
    profile_tokens: Tensor  # [B, P]
    profile_numeric: Tensor  # [B, Q]
    profile_text: Tensor  # [B, T]
    targets: tuple[Tensor, ...]  # per head: [B, L, width]
    has_label: tuple[Tensor, ...]  # per head: bool [B, L] True: the event is predicted and has a target

    def take(self, rows: Tensor) -> "Batch":
        """The windows at `rows`."""
        return self._convert(lambda field: field[rows])

    def to(self, device: torch.device) -> "Batch":
        """The batch on another device."""
        return self._convert(lambda field: field.to(device))

    def _convert(self, convert: Callable[[Tensor], Tensor]) -> "Batch":
        """The batch with every tensor converted."""
        return Batch(
            items=convert(self.items),
            had=convert(self.had),
            present=convert(self.present),
            actions=convert(self.actions),
            dense=convert(self.dense),
            context=convert(self.context),
            snapshot=convert(self.snapshot),
            is_target=convert(self.is_target),
            weights=convert(self.weights),
            profile_tokens=convert(self.profile_tokens),
            profile_numeric=convert(self.profile_numeric),
            profile_text=convert(self.profile_text),
            targets=tuple(convert(target) for target in self.targets),
            has_label=tuple(convert(mask) for mask in self.has_label),
        )


def cut_windows(corpus: Corpus, parts: frozenset[int], length: int) -> Windows:
    """Cut windows of at most `length` events, sorted by user, that predict every event of `parts` once.

    Every window except a user's first begins with `length` // 2 events of context. A length below 2 counts as 2: one
    event of context and one predicted event.
    """
    length = max(length, 2)
    is_target = np.isin(corpus.part, list(parts))
    begin, last = corpus.offsets[:-1], _last_targets(is_target, corpus.offsets)
    following = _next_targets(is_target)
    users = np.flatnonzero(last >= 0)
    stop = begin[users]
    # One round is the next window of each user who has targets left: (users, start, first, stop).
    rounds: list[tuple[Indices, Indices, Indices, Indices]] = []
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


def _next_targets(is_target: Mask) -> Indices:
    """[n] the first target row at or after each row; n if there is none."""
    rows = np.where(is_target, np.arange(len(is_target)), len(is_target))
    return np.minimum.accumulate(rows[::-1])[::-1]


def _last_targets(is_target: Mask, offsets: Indices) -> Indices:
    """[U] each user's last target row; -1 for a user without one."""
    last = np.full(len(offsets) - 1, -1, dtype=np.int64)
    rows = np.flatnonzero(is_target)
    ends = np.searchsorted(rows, offsets)
    users = np.flatnonzero(np.diff(ends))
    last[users] = rows[ends[users + 1] - 1]
    return last


def shuffled_batches(windows: Windows, events: int, random: np.random.Generator) -> list[Windows]:
    """All windows once, in random batches of windows of similar length, each of about `events` events with padding.

    A batch of short windows has more of them, at most `events` / 8, because each step also runs the item tower over
    the whole catalogue.
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
    """Yield all windows once, in order, `size` at a time."""
    for begin in range(0, len(windows), size):
        yield windows.take(np.arange(begin, min(begin + size, len(windows))))


def collate(corpus: Corpus, windows: Windows, parts: frozenset[int]) -> Batch:
    """Collate windows to tensors, padded to the longest; events of `parts` in the predicted range are targets."""
    rows, present = _window_rows(windows)
    is_target = present & (rows >= windows.first[:, None]) & np.isin(corpus.part[rows], list(parts))
    return Batch(
        items=_gather(corpus.items, rows, present),
        had=_gather_had(corpus, windows, rows, present),
        present=torch.from_numpy(present),
        actions=_gather(corpus.actions, rows, present),
        dense=_mask_padding(corpus.dense[rows], present),
        context=_gather(corpus.context, rows, present),
        snapshot=torch.from_numpy(corpus.snapshot[rows].astype(np.int64)),
        is_target=torch.from_numpy(is_target),
        weights=torch.from_numpy(corpus.weights[rows] * is_target),
        profile_tokens=torch.from_numpy(corpus.profile_tokens[windows.users]),
        profile_numeric=torch.from_numpy(corpus.profile_numeric[windows.users]),
        profile_text=torch.from_numpy(corpus.texts_before(windows.users, windows.first)),
        targets=tuple(torch.from_numpy(labels.targets_at(rows)) for labels in corpus.labels),
        has_label=tuple(torch.from_numpy(labels.has_target(rows) & is_target) for labels in corpus.labels),
    )


def _window_rows(windows: Windows) -> tuple[Indices, Mask]:
    """Corpus rows [B, L] of the windows' events, and the mask of events; padding repeats the last event."""
    longest = int((windows.stop - windows.start).max())
    rows = windows.start[:, None] + np.arange(longest)[None]
    present = rows < windows.stop[:, None]
    return np.minimum(rows, windows.stop[:, None] - 1), present


def _gather_had(corpus: Corpus, windows: Windows, rows: Indices, present: Mask) -> Tensor:
    """[B, S + L] the items of the S <= MOST_EARLIER events before the windows and of the windows' events."""
    begin = np.maximum(corpus.offsets[windows.users], windows.start - MOST_EARLIER)
    longest = int((windows.start - begin).max())
    earlier = windows.start[:, None] + np.arange(-longest, 0)
    is_event = np.concatenate([earlier >= begin[:, None], present], axis=1)
    rows = np.concatenate([np.maximum(earlier, 0), rows], axis=1)
    had = corpus.items[rows].astype(np.int64)
    had[~is_event | corpus.log.is_exposure(corpus.log_rows[rows])] = NO_ITEM
    return torch.from_numpy(had)


def _gather(column: Indices32, rows: Indices, present: Mask) -> Tensor:
    """The column at `rows` as int64, 0 for padding."""
    return _mask_padding(column[rows].astype(np.int64), present)


def _mask_padding(values: Floats | Indices, present: Mask) -> Tensor:
    """The values [B, L, ...] as a tensor, set to 0 in place where `present` [B, L] is False."""
    values[~present] = 0
    return torch.from_numpy(values)
