"""Convert the fates of stored events into the answer, as plain values."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from app.errors import ErasedError
from app.state.protocol import Appended

ERASED = ErasedError("expected an event after the erasure of its user, given an earlier one", "timestamp")


def events_answer(
    indices: Sequence[int], fates: Sequence[Appended], rejected: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The value of an EventsAnswer; `indices` are the positions of the events that were sent to the store."""
    erased = [
        {"index": index, "error": ERASED.shape()}
        for index, fate in zip(indices, fates, strict=True)
        if fate is Appended.ERASED
    ]
    conflicts = [index for index, fate in zip(indices, fates, strict=True) if fate is Appended.CONFLICT]
    answer = {
        "accepted": fates.count(Appended.STORED),
        "duplicates": fates.count(Appended.DUPLICATE) + len(conflicts),
        "rejected": sorted([*rejected, *erased], key=itemgetter("index")),
    }
    return {**answer, "conflicts": conflicts} if conflicts else answer
