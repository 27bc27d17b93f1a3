"""Freshness: the time from an accepted event to the first answer to the same user that knows it, in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

MOST_USERS = 10_000
"""Users whose events wait for an answer; above it the earliest are forgotten."""


class Freshness:
    """The users with accepted events that no answer has shown to know yet. `observe` is told the seconds."""

    def __init__(
        self, observe: Callable[[float], None], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._observe = observe
        self._clock = clock
        self._accepted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def accept(self, tenant: str, user_ids: Iterable[str]) -> None:
        """Note that events of users were stored just now; of a user's events the first one counts."""
        now = self._clock()
        for user_id in user_ids:
            self._accepted.setdefault((tenant, user_id), now)
        while len(self._accepted) > MOST_USERS:
            self._accepted.popitem(last=False)

    def answer(self, tenant: str, user_id: str, began: float) -> None:
        """Note an answer that was sent just now; it knows what was stored before it `began`, by the clock."""
        accepted = self._accepted.get((tenant, user_id))
        if accepted is not None and accepted <= began:
            del self._accepted[tenant, user_id]
            self._observe(self._clock() - accepted)
