"""Recent popularity in the `next` logits: how much it counts within a session, and for a user who returns.

Within a session the last events tell what comes next. Who comes back after a pause, or is new, takes what is recent.
The service, the golden requests and the offline evaluation share this definition.
"""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from models.contract.arrays import Doubles, Floats, Mask
from models.contract.events import EventColumns

SESSION_GAP_S = 1_800.0
"""The pause in seconds after which a user returns: the usual end of a session in web analytics."""
NO_EVENT = -np.inf
"""The time of the newest event of a user without events."""


class RecencyGains(BaseModel):
    """The logits of one unit of the item statistic `recent`; fitted on validation (models.export.recency)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    in_session: float = Field(default=0.0, ge=0)
    returning: float = Field(default=0.0, ge=0)

    def of(self, returning: Mask) -> Floats:
        """The gains [n] of users who return, or not."""
        return np.where(returning, self.returning, self.in_session).astype(np.float32)


def newest_times(events: EventColumns) -> Doubles:
    """[U] the time of each user's newest event; NO_EVENT without one."""
    if len(events.offsets) == 2:  # a request's user
        return np.array([events.times[events.offsets[0] :].max(initial=NO_EVENT)])
    starts, ends = events.offsets[:-1], events.offsets[1:]
    newest = np.full(len(ends), NO_EVENT)
    has = ends > starts
    if has.any():  # a session may be older than the stored history that it follows
        newest[has] = np.maximum.reduceat(events.times, starts[has])
    return newest


def find_returning(newest: Doubles, now: Doubles, timed: bool) -> Mask:
    """[n] True for a user who is new, or whose `newest` event [n] is SESSION_GAP_S or more before the moment `now` [n].

    An event that only the order is known of came before the log, so its user returns. Where the moment is NaN (not
    known), or the log is not `timed`, who has events is in a session.
    """
    has_returned = now - np.maximum(newest, np.finfo(np.float64).min) >= SESSION_GAP_S
    return np.asarray((newest == NO_EVENT) | (has_returned if timed else False))
