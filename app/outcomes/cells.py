"""The cells by which outcomes are counted: how each item of an impression was shown."""

from collections import Counter
from collections.abc import Iterable, Iterator

from app.state.protocol import Cell, Impression
from app.state.protocol.outcomes import HOUR_S, SOURCE_SIGN

LAST_RANKS = (1, 2, 3, 5, 10, 20, 50, 100)
"""The last place of each band; the last band has no end."""


def _name_bands() -> Iterator[str]:
    first = 1
    for last in LAST_RANKS:
        yield str(last) if first == last else f"{first}-{last}"
        first = last + 1
    yield f"{first}+"


RANK_BANDS = tuple(_name_bands())
"""1, 2, 3, 4-5, 6-10 and so on."""
_BAND_OF = tuple(RANK_BANDS[sum(rank > last for last in LAST_RANKS)] for rank in range(LAST_RANKS[-1] + 1))


def name_rank(rank: int) -> str:
    """The band of a place, from 1 on."""
    return _BAND_OF[rank] if rank < len(_BAND_OF) else RANK_BANDS[-1]


def count_hour(impression: Impression) -> int:
    """The hour in which an answer counts."""
    return int(impression.shown_at // HOUR_S)


def name_cell(impression: Impression, place: int) -> Cell:
    """The cell of the item with this number in an impression, from 0 on."""
    return Cell(
        impression.scene or "",
        impression.variant or "",
        impression.model_version,
        SOURCE_SIGN.join(impression.sources[place]),
        name_rank(impression.first_rank + place),
        impression.ages[place] if impression.ages else "",
    )


def tally(impressions: Iterable[Impression]) -> Counter[tuple[int, Cell]]:
    """How many items were shown, by hour and cell."""
    return Counter(
        (count_hour(impression), name_cell(impression, place))
        for impression in impressions
        for place in range(len(impression.item_ids))
    )
