"""Item links: what a user's last items say about the next one, by co-occurrence counts; a term of the `next` logits.

Two tables link every item to others. `transitions`: the log lift of an item in the events soon after another (a
windowed Markov chain; Rendle et al. 2010). `regression`: the weights of a linear model of a user's items (EASE, Steck
2019; SLIM, Ning & Karypis 2011). Counts carry what a network learns slowly: rare pairs, and logs with short histories.
The service, the golden requests and the offline evaluation share this definition.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contract.arrays import Floats, Indices, Indices32, Mask
from models.contract.content_links import ContentLinks, ContentTable, add_content, sum_content
from models.contract.events import UNTAKEN_ACTIONS, EventColumns, user_events
from models.contract.feedback import has_action
from models.contract.polarity import ValuePolarity

TRANSITION_EVENTS, TRANSITION_DECAY = 5, 0.7
"""The number of a user's last events that transitions are read from, and the factor from one to the one before it."""
REGRESSION_EVENTS, REGRESSION_DECAY = 30, 0.8
"""The same for the regression."""


class LinkTable(NamedTuple):
    """The K strongest links of each of I items."""

    rows: Indices32  # [I, K] rows of the linked items; the item's own row where it has fewer links
    weights: Floats  # [I, K] 0 where it has fewer


class ItemLinks(NamedTuple):
    """Both tables over the same I items."""

    transitions: LinkTable
    regression: LinkTable


class LinkGains(BaseModel):
    """The logits of one unit of each table, by the number of events that say something; fitted on validation."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    least_events: tuple[int, ...] = Field(min_length=1)
    """Where each class of history lengths begins, ascending; the first is 1."""
    transition: tuple[float, ...]
    regression: tuple[float, ...]
    returning: tuple[float, float]
    """The same two gains for a user who returns after a pause (models.contract.recency), for any length."""
    content: float = Field(default=0.0, ge=0)
    """The logits of an e-fold sum of content links (models.contract.content_links); 0: there are none."""
    level: float = 0.0
    """The term that content links add to the logit of each item with them."""

    @model_validator(mode="after")
    def check_classes(self) -> Self:
        """Check that every class has both gains, none below 0, and that the classes ascend from 1."""
        if not len(self.least_events) == len(self.transition) == len(self.regression):
            raise ValueError(f"expected both gains of {len(self.least_events)} classes of history lengths")
        if min(*self.transition, *self.regression, *self.returning) < 0:
            raise ValueError("expected gains of at least 0")
        if self.least_events[0] != 1 or (np.diff(self.least_events) <= 0).any():
            raise ValueError(f"expected classes that ascend from 1, given {self.least_events}")
        return self

    @property
    def is_off(self) -> bool:
        """True if no history gives a logit."""
        return not any((*self.transition, *self.regression, *self.returning))

    def at(self, events: int, returning: bool) -> tuple[float, float]:
        """The gains of transitions and of the regression for a history of `events` events, at least 1."""
        if returning:
            return self.returning
        number = int(np.searchsorted(self.least_events, events, side="right")) - 1
        return self.transition[number], self.regression[number]


class LinkEvents(NamedTuple):
    """The m newest events of a user that say something of later items, newest first."""

    items: Indices  # [m] item rows
    shares: Floats  # [m] in (0, 1]: less for an event with a value that its users regret


def read_link_events(events: EventColumns, polarity: ValuePolarity, item_count: int) -> LinkEvents:
    """The newest REGRESSION_EVENTS of one user's events, oldest first, up to the moment.

    Unknown items, and what was not taken, are left out. A value of negative polarity takes its share: at -1 the event
    says nothing.
    """
    shares = 1 + np.minimum(polarity.read(events.values), 0)
    inside = (events.items >= 0) & (events.items < item_count) & (shares > 0)
    newest = np.flatnonzero(inside & ~has_action(events, UNTAKEN_ACTIONS))[::-1][:REGRESSION_EVENTS]
    return LinkEvents(events.items[newest], shares[newest].astype(np.float32))


def sum_links(table: LinkTable, events: LinkEvents, most: int, decay: float) -> Floats:
    """[I] the sum of the links of the `most` newest events, each weighted by its share and by decay to its age."""
    items, shares = events.items[:most], events.shares[:most]
    weights = table.weights[items] * (shares * decay ** np.arange(len(items), dtype=np.float32))[:, None]
    sums = np.bincount(table.rows[items].ravel(), weights.ravel(), minlength=len(table.rows))
    return np.asarray(sums, dtype=np.float32)


def sum_both(links: ItemLinks, events: LinkEvents) -> tuple[Floats, Floats]:
    """The sums [I] of transitions and of the regression."""
    return (
        sum_links(links.transitions, events, TRANSITION_EVENTS, TRANSITION_DECAY),
        sum_links(links.regression, events, REGRESSION_EVENTS, REGRESSION_DECAY),
    )


def weigh_history(events: LinkEvents, count: int) -> Floats:
    """[I] what each item's events count for content links, as for the regression; `count` is I."""
    items, shares = events.items[:REGRESSION_EVENTS], events.shares[:REGRESSION_EVENTS]
    weights = shares * REGRESSION_DECAY ** np.arange(len(items), dtype=np.float32)
    return np.bincount(items, weights, minlength=count).astype(np.float32)


def content_logits(table: ContentTable, gains: LinkGains, events: LinkEvents, count: int) -> Floats:
    """[C] added to the `next` logits of the table's items; `count` is I."""
    sums = sum_content(table, weigh_history(events, count))
    return add_content(sums, gains.content, gains.level)


def link_logits(links: ItemLinks, gains: LinkGains, events: LinkEvents, returning: bool) -> Floats | None:
    """[I] added to the `next` logit of each item; None where the history says nothing."""
    if not len(events.items):
        return None
    by_transition, by_regression = gains.at(len(events.items), returning)
    if not by_transition and not by_regression:
        return None
    transitions, regression = sum_both(links, events)
    return np.asarray(by_transition * transitions + by_regression * regression, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class FittedLinks:
    """The tables with their gains."""

    tables: ItemLinks
    gains: LinkGains
    content: ContentLinks | None = None  # None: items without events have no links of their own

    def measure_logits(self, events: EventColumns, polarity: ValuePolarity, returning: Mask) -> Floats:
        """[U, I] the term of each user's `next` logits, after the events up to the moment, oldest first.

        `returning` [U]: see models.contract.recency.
        """
        logits = np.zeros((len(events.offsets) - 1, self.item_count), dtype=np.float32)
        for user in range(len(logits)):
            term = self.measure_user(user_events(events, user), polarity, bool(returning[user]))
            if term is not None:
                logits[user] = term
        return logits

    def measure_user(
        self, events: EventColumns, polarity: ValuePolarity, returning: bool, count: int = 0
    ) -> Floats | None:
        """[n] the term of one user's logits; None where the events say nothing.

        `count` is n where items were put after the bundle's, else n is I. Content links replace all other links of
        their items.
        """
        read = read_link_events(events, polarity, self.item_count)
        logits = link_logits(self.tables, self.gains, read, returning)
        if not len(read.items) or (logits is None and self.content is None):
            return None
        whole = np.zeros(max(count, self.item_count), dtype=np.float32)
        if logits is not None:
            whole[: len(logits)] = logits
        if self.content is not None:
            table = self.content.table
            inside = table.items < len(whole)
            whole[table.items[inside]] = content_logits(table, self.gains, read, self.item_count)[inside]
        return whole

    def with_items(self, rows: Indices, texts: Sequence[str]) -> "FittedLinks":
        """With content links of the items at `rows` [n], by their texts. They must be without events."""
        if self.content is None or not len(rows):
            return self
        return replace(self, content=self.content.with_items(rows, texts))

    def as_exported(self) -> "FittedLinks":
        """Without the items put."""
        return self if self.content is None else replace(self, content=self.content.as_exported())

    @property
    def item_count(self) -> int:
        """I, the number of items with links."""
        return len(self.tables.transitions.rows)


def write_links(path: Path, links: ItemLinks) -> None:
    """Write both tables to one .npz file."""
    arrays = {}
    for name, table in links._asdict().items():
        arrays[f"{name}_rows"], arrays[f"{name}_weights"] = table
    np.savez(path, **arrays)


def read_links(path: Path) -> ItemLinks:
    """Read both tables; raises OSError, KeyError or ValueError for any other file."""
    with np.load(path, allow_pickle=False) as arrays:
        tables = (
            LinkTable(
                arrays[f"{name}_rows"].astype(np.int32, copy=False),
                arrays[f"{name}_weights"].astype(np.float32, copy=False),
            )
            for name in ItemLinks._fields
        )
        return ItemLinks(*tables)
