"""Check that an order without times is a common clock, and not each user's count of events."""

from collections.abc import Iterator

import numpy as np

from models.data.interactions import Interactions

RESTARTS = 0.5
"""The share of users with the same first order from which the order counts each user's events."""


def check_order(log: Interactions, timed: bool) -> Iterator[str]:
    """Yield a warning if the order of most users starts at the same number.

    Then only the order within a user's history means something: what is compared between users, such as recent
    popularity, is not a measure of time.
    """
    if timed or not len(log):
        return
    first = np.full(int(log.users.max()) + 1, np.inf)
    np.minimum.at(first, log.users[log.earlier :], log.times[log.earlier :])
    starts, users = np.unique(first[np.isfinite(first)], return_counts=True)
    most = int(users.argmax())
    if len(first) > 1 and users[most] >= RESTARTS * users.sum():
        yield (
            f"interactions.order: starts at {starts[most]:g} for {users[most]:,} of {users.sum():,} users, so it "
            "counts each user's events and is no common clock: recent popularity means little, and the test part is "
            "the end of each history. Name interactions.time if the log has times"
        )
