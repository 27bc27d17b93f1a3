"""Types of the pipeline's stages: Query -> Encoded -> Candidates -> Scored -> Slate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from app.bundle.predictor import UserEncoding
from app.pipeline.notes import Note
from models.contract.arrays import Floats, Indices, Mask, make_no_rows
from models.contract.catalogue import UserState
from models.contract.events import EventColumns, column_events
from models.contract.feedback import FeedbackCodes, last_liked
from models.contract.predicate import Predicate
from models.language.plan import NO_PLAN, Plan
from models.language.row_values import RowValues, add_values
from models.language.text_preference import TextPreferences
from models.ranking.new_items import count_due
from models.ranking.rerank import Diversity, RerankedList

DEFAULT_LANGUAGE = "en"
"""The language of reasons, if the request accepts none of the others."""
Moment = tuple[Mapping[str, str], float]
"""A context and a Unix time."""


@dataclass(frozen=True, slots=True)
class Query:
    """A validated request with the user's state, independent of HTTP."""

    state: UserState  # stored history, then session events; oldest first
    now: float  # Unix seconds of the request
    limit: int
    context: Mapping[str, str]
    weights: Mapping[str, float]
    diversity: Diversity
    plan: Plan = NO_PLAN  # what the request's words ask for
    predicate: Predicate | None = None
    excluded: frozenset[str] = frozenset()  # exclude_ids, and the items of earlier pages
    exclude_seen: bool = True
    explain: bool = False
    item_ids: tuple[str, ...] | None = None  # the items to rank; None: the whole catalogue
    kept: tuple[str, ...] = ()  # items that stand first, seen or not
    above: tuple[str, ...] = ()  # the items just before this page that a run may go on from, as in the list
    new_share: float = 0.0  # of the places, kept for new items
    before: tuple[str, ...] = ()  # all items of the pages before
    language: str = DEFAULT_LANGUAGE  # of the reasons' texts, one of app.pipeline.explain.wording

    @property
    def new_due(self) -> int:
        """The new items that this list and the pages before are due; none with a limit of runs, which moves places."""
        if self.diversity.max_consecutive is not None:
            return 0
        return count_due(self.new_share, len(self.before) + self.limit)


@dataclass(frozen=True, slots=True)
class UserEvents:
    """The n events of one user, oldest first, with the feedback of each on its item."""

    columns: EventColumns  # over catalogue rows; negative for items that it lacks
    feedback: FeedbackCodes  # [n]
    liked_row: int | None = field(init=False)
    """The row of the last liked item: read once for a kept encoding."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "liked_row", last_liked(self.columns.items, self.feedback))


NO_EVENTS = UserEvents(column_events([()], lambda _item_id: -1), np.zeros(0, dtype=np.int8))


@dataclass(frozen=True, slots=True)
class Encoded:
    """The network's encoding of a user; `app.pipeline.encoding.add_moments` adds the moment of the request."""

    vector: Floats  # [D + 2] the retrieval vector (models.contract.user_vector)
    user: UserEncoding  # the network's output, without the push of negative feedback
    history_rows: Indices  # [L] catalogue rows; -1 for an item that the catalogue lacks
    text: Floats | None = None  # [T] the text vector of the query, else of the stated interests
    text_logits: RowValues | None = None  # added to the `next` logit of each catalogue row
    link_logits: Floats | None = None  # [n] the same, from the item links of the history
    events: UserEvents = NO_EVENTS
    moment: Floats | None = None  # [D + 2] the part of `vector` that the context of the moment gives
    in_session: bool = False  # the request has events of its session, whatever their times

    @property
    def added_logits(self) -> RowValues | None:
        """All that is added to the inner products of the vectors, by catalogue row; None for nothing."""
        return add_values(self.text_logits, self.link_logits)


@dataclass(frozen=True, slots=True)
class Candidates:
    """K candidate items, each with the sources that retrieved it."""

    rows: Indices  # [K] catalogue rows, distinct
    sources: tuple[str, ...]  # S names
    from_source: Mask  # [S, K] True where the source retrieved the candidate
    allowed: int  # items in the catalogue that passed every filter
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates with every head's calibrated value and its contribution to the score."""

    candidates: Candidates
    values: Mapping[str, Floats]  # head -> [K]; 0 for a head without a weight where the item is not shown
    contributions: Mapping[str, Floats]  # head -> [K]; they add up to the score
    score: Floats  # [K]


@dataclass(frozen=True, slots=True)
class Trace:
    """The results of the stages of one request, from the encoded user to the chosen order."""

    query: Query
    texts: TextPreferences  # of the request and of the profile
    encoded: Encoded
    allowed: Mask  # [n] rows that the query allows
    meets: Mask | None  # [n] those of them that meet the whole plan of its words; None if all of them do
    relaxed: tuple[Note, ...]  # the conditions of the plan that gave way
    scored: Scored
    labels: Mapping[str, Floats]  # head on the item's labels -> [K, classes] predictions, for the reasons
    reranked: RerankedList


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for an item. `strength` is measured, on the score's scale or as a cosine."""

    code: str
    text: str
    strength: float
    item_ids: tuple[str, ...] = ()
    words: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({})
    )  # in the text, by placeholder


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer: `order` has indices into the scored candidates, best first."""

    scored: Scored
    order: Indices  # [N]
    method: str  # a name in RERANKERS
    intra_list_diversity: float
    relevance_cost: float  # mean score of the N best by score, minus that of the slate
    reasons: tuple[tuple[Reason, ...], ...] = ()  # a tuple for each slate item; empty without `explain`
    unknown: tuple[str, ...] = ()  # requested ids (rank) that the catalogue lacks
    degraded: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()  # on the filter
    given: Indices = field(default_factory=make_no_rows)  # those of the order with a place kept for new items
    propensity: Floats | None = None  # [N] of each place, given those above it; None without exploration
    took_ms: Mapping[str, float] = field(default_factory=dict)
