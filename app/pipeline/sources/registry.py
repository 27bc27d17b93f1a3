"""The candidate sources in the order of answers: those over arrays, and those that need the request itself.

To add one: a file with its function, and a line in models/ranking/sources/registry.py if it reads arrays only, which
reaches the evaluation too, or else a line here.
"""

from collections.abc import Sequence

from app.pipeline.sources.new import NEW
from app.pipeline.sources.requested import REQUESTED
from app.pipeline.sources.source import RequestSource, read_arrays
from app.pipeline.sources.text import TEXT
from app.pipeline.types import Query
from models.ranking.sources.registry import ARRAY_SOURCES

REQUEST_SOURCES: list[RequestSource] = [
    TEXT,
    NEW,
]


def choose_sources(query: Query) -> Sequence[RequestSource]:
    """The sources to search; only REQUESTED if the request names its items."""
    if query.item_ids is not None:
        return (REQUESTED,)
    return (*map(read_arrays, ARRAY_SOURCES), *REQUEST_SOURCES)
