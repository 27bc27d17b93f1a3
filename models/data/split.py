"""Temporal split of the log into training, validation and test rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices
from models.data.interactions import Interactions, take
from models.job.errors import JobError

MIN_EVENTS = 0.25
"""A share of fewer events than this is an error; a tenth of 3 events, the smallest useful log, is allowed."""


@dataclass(frozen=True, slots=True)
class Split:
    """Ascending rows of the three parts, which together are all rows of the log.

    Timed: train < valid_at <= valid < test_at <= test; an empty test part begins just after the last row. Untimed:
    the parts are the ends of each user's history, and no moment splits the log; the moments are then just after the
    last training row (valid_at) and after the last row that is not test (test_at).
    """

    train: Indices
    valid: Indices
    test: Indices
    valid_at: float  # Unix seconds, or the order
    test_at: float

    @property
    def cuts(self) -> tuple[float, float]:
        """The moments at which the parts after training begin."""
        return self.valid_at, self.test_at


def split(log: Interactions, timed: bool, valid: float, test: float) -> Split:
    """Split a log into shares of about `valid` and `test`, the latest last; test 0 gives an empty test part.

    Timed: at two moments for all users, so that rows of one moment are in one part. Untimed: each user's last events
    are test, the events before them valid, at least the share of each; all events of a user with too few are
    training. Earlier events without a time are training and not counted. Raises JobError if a part would be empty, or
    if a share is less than one event.
    """
    earlier = np.arange(log.earlier, dtype=np.int64)
    if len(earlier):
        log = take(log, np.arange(len(earlier), len(log), dtype=np.int64))
    parts = _split_by_time(log.times, valid, test) if timed else _split_by_user(log, valid, test)
    return replace(
        parts,
        train=np.concatenate([earlier, parts.train + len(earlier)]),
        valid=parts.valid + len(earlier),
        test=parts.test + len(earlier),
    )


def _split_by_time(times: NDArray[np.float64], valid: float, test: float) -> Split:
    distinct, starts = np.unique(times, return_index=True)  # the log is sorted, so starts ascend
    parts = 3 if test else 2
    if len(distinct) < parts:
        raise JobError(f"split: expected at least {parts} distinct times to part, given {len(distinct)}")
    for name, share in (("valid", valid), ("test", test)):
        if 0 < share * len(times) < MIN_EVENTS:
            raise JobError(
                f"split.{name}: expected a share of at least one event of {len(times):,}, given {share:g}"
            )
    shares = starts / len(times)
    last = len(distinct) - (1 if test else 0)
    first = 1 + int(np.argmin(np.abs(shares[1:last] - (1 - valid - test))))
    valid_at, test_at = float(distinct[first]), float(distinct[-1] + 1)
    if test:
        second = first + 1 + int(np.argmin(np.abs(shares[first + 1 :] - (1 - test))))
        test_at = float(distinct[second])
    bounds = np.searchsorted(times, [valid_at, test_at])
    train, middle, end = np.split(np.arange(len(times), dtype=np.int64), bounds)
    return Split(train, middle, end, valid_at, test_at)


def _split_by_user(log: Interactions, valid: float, test: float) -> Split:
    rows = np.argsort(log.users, kind="stable")  # by user, each user's oldest first
    users, starts, counts = np.unique(log.users[rows], return_index=True, return_counts=True)
    tests, valids = _count_shares(counts, test), _count_shares(counts, valid)
    has_enough = counts > tests + valids
    tests, valids = tests * has_enough, valids * has_enough
    user = np.repeat(np.arange(len(users)), counts)
    left = (starts + counts)[user] - np.arange(len(rows))  # 1 for a user's last event
    in_test, in_valid = left <= tests[user], left <= (tests + valids)[user]
    train, middle = np.sort(rows[~in_valid]), np.sort(rows[in_valid & ~in_test])
    if not len(middle):
        raise JobError(f"split: expected a user with at least {3 if test else 2} events, given none")
    valid_at = float(log.times[train].max() + 1)
    test_at = max(valid_at, float(log.times[middle].max() + 1))
    return Split(train, middle, np.sort(rows[in_test]), valid_at, test_at)


def _count_shares(counts: Indices, share: float) -> Indices:
    """The share of each count, rounded up to whole events; 1e-9 allows for 0.1 * 30 > 3."""
    return np.asarray(np.ceil(counts * share - 1e-9), dtype=np.int64)
