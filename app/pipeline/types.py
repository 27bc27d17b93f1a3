"""The stages' types: Query -> Encoded -> Candidates -> Scored -> Slate. Arrays inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from app.bundle.predictor import UserEncoding
from models.contract.arrays import Floats, Indices, Mask
from models.contract.catalogue import UserState
from models.contract.events import EventColumns, column_events
from models.contract.feedback import FeedbackCodes
from models.contract.predicate import Predicate
from models.ranking.rerank import Diversity


@dataclass(frozen=True, slots=True)
class Query:
    """One request, checked, with the user's state read; nothing of HTTP."""

    state: UserState  # stored history, then session events; oldest first
    now: float  # Unix seconds of the request
    limit: int
    context: Mapping[str, str]
    weights: Mapping[str, float]
    diversity: Diversity
    text: str = ""  # the request's free text; "" for none
    predicate: Predicate | None = None
    excluded: frozenset[str] = frozenset()  # exclude_ids, and the pages before this one
    exclude_seen: bool = True
    explain: bool = False
    item_ids: tuple[str, ...] | None = None  # exactly these (rank); None: the whole catalogue


@dataclass(frozen=True, slots=True)
class UserEvents:
    """The n events of one user, oldest first, and what each says about its item."""

    columns: EventColumns  # rows of the catalogue; negative for items that it lacks
    feedback: FeedbackCodes  # [n]


NO_EVENTS = UserEvents(column_events([()], lambda _item_id: -1), np.zeros(0, dtype=np.int8))


@dataclass(frozen=True, slots=True)
class Encoded:
    """The user at this moment, as the network sees them."""

    vector: Floats  # [D + 1] the retrieval vector; the last number multiplies the items' bias
    user: UserEncoding  # the network's output, without the push of negative feedback
    history_rows: Indices  # [L] catalogue rows; -1 for an item that the catalogue lacks
    text: Floats | None = None  # [T] the text vector of the query, else of the stated interests
    text_logits: Floats | None = None  # [n] what the texts add to each catalogue row's `next` logit
    events: UserEvents = NO_EVENTS


@dataclass(frozen=True, slots=True)
class Candidates:
    """K items that may be answered, each with the sources that found it."""

    rows: Indices  # [K] catalogue rows, distinct
    sources: tuple[str, ...]  # S names
    found_by: Mask  # [S, K]
    allowed: int  # items in the catalogue that passed every filter
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates with every head's calibrated value and its contribution to the score."""

    candidates: Candidates
    values: Mapping[str, Floats]  # head -> [K]
    contributions: Mapping[str, Floats]  # head -> [K]; they add up to the score
    score: Floats  # [K]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is here. `strength` is measured, on the score's scale."""

    code: str
    text: str
    strength: float
    item_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slate:
    """The answer: `order` are positions into the scored candidates, best first."""

    scored: Scored
    order: Indices  # [N]
    method: str  # a name in RERANKERS
    intra_list_diversity: float
    relevance_cost: float  # the mean score given up against the pure order's first N
    reasons: tuple[tuple[Reason, ...], ...] = ()  # one tuple a slate item; empty where not asked for
    unknown: tuple[str, ...] = ()  # asked-for ids (rank) that the catalogue lacks
    degraded: tuple[str, ...] = ()
    took_ms: Mapping[str, float] = field(default_factory=dict)
