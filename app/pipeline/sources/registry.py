"""The candidate sources in the order of answers. To add one: a file with its function, and a line here."""

from collections.abc import Sequence

from app.pipeline.sources.neighbours import NEIGHBOURS
from app.pipeline.sources.popular import POPULAR
from app.pipeline.sources.requested import REQUESTED
from app.pipeline.sources.similar import SIMILAR
from app.pipeline.sources.source import Source
from app.pipeline.sources.text import TEXT
from app.pipeline.types import Query

SOURCES: list[Source] = [
    NEIGHBOURS,
    POPULAR,
    SIMILAR,
    TEXT,
]


def choose_sources(query: Query) -> Sequence[Source]:
    """The sources to search; only REQUESTED if the request names its items."""
    return SOURCES if query.item_ids is None else (REQUESTED,)
