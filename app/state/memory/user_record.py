"""The stored data of a user in the memory of this process."""

from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(slots=True)
class UserRecord:
    """The stored data of a user, packed as in Redis, so that both stores accept and return the same."""

    records: list[tuple[float, bytes]] = field(default_factory=list)  # (timestamp, record), sorted by time
    past_items: OrderedDict[str, None] = field(default_factory=OrderedDict)  # of records trimmed away
    event_ids: OrderedDict[str, bytes] = field(default_factory=OrderedDict)  # with the digests of contents
    profile: bytes | None = None
    erased_at: float | None = None
    moved_at: float | None = None
    aliases: OrderedDict[str, None] = field(default_factory=OrderedDict)  # the ids merged into the user
    merged_into: str | None = None
