"""Split the log into training, validation and test rows, by time: the past is never predicted from the future."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices
from models.data.interactions import Interactions
from models.job.errors import JobError

LEAST = 0.25
"""Events; a share of fewer asks for an empty part. A tenth of three moments, the fewest to part, is more."""


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of the log, ascending; together they are all of it.

    Where there are times: train < valid_at <= valid < test_at <= test. An empty test part begins just after
    the last row. Where there is only an order, every user's history has its end, and no moment splits the log: the
    moments are then just past the last training row (valid_at), and the last row that is not test (test_at).
    """

    train: Indices
    valid: Indices
    test: Indices
    valid_at: float  # Unix seconds, or the order
    test_at: float


def split(log: Interactions, timed: bool, valid: float, test: float) -> Split:
    """Part a log into shares of about `valid` and `test`, the latest last; test 0 gives an empty test part.

    Timed: at two moments for all users, so rows of one moment are never parted. Untimed: each user's last
    events are test, those before them valid, at least the share of each; a user with too few events to leave
    one for training is all training. Raises JobError where a part would be empty,
    or is asked for with a share that means no event.
    """
    return _by_time(log.times, valid, test) if timed else _by_user(log, valid, test)


def _by_time(times: NDArray[np.float64], valid: float, test: float) -> Split:
    distinct, starts = np.unique(times, return_index=True)  # the log is sorted, so starts ascend
    parts = 3 if test else 2
    if len(distinct) < parts:
        raise JobError(f"split: expected at least {parts} distinct times to part, given {len(distinct)}")
    for name, share in (("valid", valid), ("test", test)):
        if 0 < share * len(times) < LEAST:
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


def _by_user(log: Interactions, valid: float, test: float) -> Split:
    rows = np.argsort(log.users, kind="stable")  # by user, each user's oldest first
    users, starts, counts = np.unique(log.users[rows], return_index=True, return_counts=True)
    tests, valids = _shares(counts, test), _shares(counts, valid)
    enough = counts > tests + valids
    tests, valids = tests * enough, valids * enough
    user = np.repeat(np.arange(len(users)), counts)
    left = (starts + counts)[user] - np.arange(len(rows))  # 1 for a user's last event
    in_test, in_valid = left <= tests[user], left <= (tests + valids)[user]
    train, middle = np.sort(rows[~in_valid]), np.sort(rows[in_valid & ~in_test])
    if not len(middle):
        raise JobError(f"split: expected a user with at least {3 if test else 2} events, given none")
    valid_at = float(log.times[train].max() + 1)
    test_at = max(valid_at, float(log.times[middle].max() + 1))
    return Split(train, middle, np.sort(rows[in_test]), valid_at, test_at)


def _shares(counts: Indices, share: float) -> Indices:
    """At least the share of each count, in whole events; the allowance is for 0.1 * 30 > 3."""
    return np.asarray(np.ceil(counts * share - 1e-9), dtype=np.int64)
