"""The candidate sources in the order in which answers list them: a new one is one file, and one line here."""

from collections.abc import Sequence

from app.pipeline.sources.asked import ASKED
from app.pipeline.sources.neighbours import NEIGHBOURS
from app.pipeline.sources.popular import POPULAR
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
    """The sources to search: only the items named by the request where it names any."""
    return SOURCES if query.item_ids is None else (ASKED,)
