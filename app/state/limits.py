"""Limits of a store: how much it keeps, and for how long."""

from dataclasses import dataclass, fields

DAY_S = 86_400
MIN_EVENTS = 200
"""The least `max_events`: the user tower reads up to 200 events."""


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Hard caps, which bound the memory of each user. Raises ValueError for invalid limits."""

    max_events: int = 1_000  # newest events of a user; up to a quarter more are stored between two trims
    max_past_items: int = 5_000  # newest items of a user's older events, kept as seen
    max_event_ids: int = 2_000  # newest event ids of a user, two full batches; up to a quarter more
    ttl_s: int = 90 * DAY_S  # of a user's events and profile, counted from the user's last event
    event_id_ttl_s: int = 2 * DAY_S  # how long a retry is recognised, counted from the user's last event id
    max_aliases: int = 1_000  # newest ids that were merged into a user, whose stream entries an erasure finds
    stream_cap: int = 100_000  # events in the stream, all users together (approximate: up to 100 more)
    impression_cap: int = 100_000  # impressions, all users together (approximate: up to 100 more)
    impression_age_s: int = 30 * DAY_S  # of an impression
    impression_ttl_s: int = DAY_S  # how long an impression is found by the id of its answer
    outcome_fields: int = 8_000  # numbers of an hour's counts, up to four a cell; cells beyond count together
    outcome_takes: int = (
        100_000  # takes and labels of an hour's answers that are remembered, so that each counts once
    )
    outcome_age_s: int = 7 * DAY_S  # of an hour's counts
    experiment_users: int = 500_000  # users of an experiment who are counted, all variants together
    experiment_ttl_s: int = 90 * DAY_S  # of an experiment's numbers, counted from the last one
    item_cap: int = 100_000  # items put or deleted
    live_half_life_s: int = DAY_S // 4  # of the live counts (models.contract.live_statistics)
    live_user_items: int = 100  # items of a user that are counted in a half-life
    live_items: int = (
        5_000  # items counted in a 24th of a half-life, the most frequent ones; up to a quarter more
    )
    live_pairs: int = 20_000  # pairs of items counted in a quarter of a half-life; up to a quarter more
    trial_days: int = 60  # of the impressions of new items
    trial_items: int = 20_000  # new items whose impressions are counted in a day
    user_cap: int = 100_000  # users in the in-memory store; Redis is bounded by the times to live instead

    def __post_init__(self) -> None:
        if self.max_events < MIN_EVENTS:
            raise ValueError(f"expected max_events of at least {MIN_EVENTS}, given {self.max_events}")
        for name in (limit.name for limit in fields(self)):
            if getattr(self, name) < 1:
                raise ValueError(f"expected {name} of at least 1, given {getattr(self, name)}")

    @property
    def stored_events(self) -> int:
        """Above this many events a user's value is trimmed to max_events, so that most appends do not rewrite it."""
        return self.max_events + self.max_events // 4
