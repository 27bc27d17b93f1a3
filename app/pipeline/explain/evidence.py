"""The input of all reasons: scored candidates, user, catalogue, and measurements beside the scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from app.bundle.catalogue import Catalogue
from app.pipeline.explain.attribution import Attribution
from app.pipeline.types import NO_EVENTS, Query, Scored, UserEvents
from models.contract.arrays import Floats, Indices, Mask, make_no_rows
from models.contract.catalogue import Item
from models.contract.tasks import Head
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.language.text_preference import TextPreferences

LEAST_STRENGTH = 0.01
"""The smallest attribution or lift, on the score's scale, that is a reason."""
TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Evidence:
    """The K scored candidates of a request, the slate of N of them, and measurements beside the scores."""

    scored: Scored
    order: Indices  # [N] the slate as indices into the candidates
    query: Query
    catalogue: Catalogue
    heads: tuple[Head, ...]
    attribution: Attribution
    label_values: Mapping[str, Floats]  # head on the item's labels -> [K, classes] predictions
    texts: TextPreferences  # of the request and of the profile
    events: UserEvents = NO_EVENTS
    moment: Floats | None = None  # [K] the part of the scores that the moment's context gives by `next`
    by_score: Indices | None = None  # the list of the request without diversity; None: by score alone
    unexplored: Indices | None = (
        None  # the list of the request without exploration; None: it does not explore
    )
    undebiased: Indices | None = (
        None  # the list of the request without popularity debiasing and exploration; None: it does not debias
    )
    relevance: Floats | None = None  # [K] by which the candidates were re-ranked; None: the scores
    given: Indices = field(default_factory=make_no_rows)  # those of the order with a place kept for new items
    text_fields: tuple[str, ...] = ()  # fields that may hold a title
    hierarchies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # field -> separator

    @property
    def rows(self) -> Indices:
        """Catalogue rows [N] of the slate."""
        return self.scored.candidates.rows[self.order]


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason that holds for one slate item, before its wording."""

    strength: float  # on the score's scale, or a cosine
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # fill the placeholders
    item_ids: tuple[str, ...] = ()
    form: str | None = None  # another template than that of the code (app.pipeline.explain.wording)


Findings = Mapping[int, Finding]
"""Slate position -> finding."""


def findings_where(strength: Floats, holds: Mask) -> Findings:
    """A finding of `strength` [N] for each slate position where `holds` [N]."""
    return {int(position): Finding(float(strength[position])) for position in np.flatnonzero(holds)}


def measure_lifts(evidence: Evidence, subject: Subject) -> tuple[list[Head], Floats]:
    """The heads on one subject with a positive weight, and their lifts of the slate items [heads, N].

    A lift is the head's contribution minus its mean over the candidates. With a negative weight a lift would mean
    that the head predicts little, which is no reason.
    """
    weights = evidence.query.weights
    heads = [
        head
        for head in evidence.heads
        if find_kind(head.task.kind).subject is subject and weights.get(head.task.name, 0.0) > 0
    ]
    lifts = np.zeros((len(heads), len(evidence.order)), dtype=np.float32)
    for number, head in enumerate(heads):
        part = evidence.scored.contributions[head.task.name]
        lifts[number] = part[evidence.order] - part.mean()
    return heads, lifts


def title_of(item: Item, text_fields: tuple[str, ...]) -> str:
    """An item's title, else its first text field, else its id; one line of at most TITLE_LENGTH characters."""
    for name in ("title", *text_fields):
        value = item.attributes.get(name)
        if isinstance(value, str) and (line := " ".join(value.split())):
            return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1]}…"
    return item.item_id
