"""The candidate sources over arrays, in the order of answers. To add one: a file with its function, and a line here."""

from models.ranking.sources.linked import LINKED
from models.ranking.sources.neighbours import NEIGHBOURS
from models.ranking.sources.popular import POPULAR
from models.ranking.sources.similar import SIMILAR
from models.ranking.sources.source import RetrievalInput, Source

ARRAY_SOURCES: list[Source[RetrievalInput]] = [
    NEIGHBOURS,
    POPULAR,
    SIMILAR,
    LINKED,
]
"""The service searches them, and sources that need the request's text; the evaluation searches them alone."""
