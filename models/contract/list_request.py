"""A user whose list is asked for, as the benchmark asks the service's request path."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A user of the bundle. The list has no item of the user's history, and none of `excluded`.

    With `item_ids` exactly these items are ranked, whatever the history has.
    """

    user_id: str
    excluded: frozenset[str] = frozenset()
    item_ids: tuple[str, ...] | None = None
