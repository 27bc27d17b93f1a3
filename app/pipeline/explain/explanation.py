"""Why an item is here: at most three reasons an item, each with the number that was measured for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from app.bundle.catalogue import Catalogue
from app.pipeline.explain.label_affinity import preferred_labels
from app.pipeline.query.text_match import match_items, unwanted_rows
from app.pipeline.sources.popular import POPULAR, RECENT
from app.pipeline.types import NO_EVENTS, Query, Reason, Scored, UserEvents
from models.contract.arrays import Floats, Indices, Mask
from models.contract.catalogue import Item
from models.contract.feedback import (
    WANTING_ACTIONS,
    Feedback,
    has_action,
    liked_items,
    newest_feedback,
    wanted_items,
)
from models.contract.statistics import STATISTICS
from models.contract.tasks import Head
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.language.text_preference import TextPreference, TextPreferences

MOST_REASONS = 3
LEAST_STRENGTH = 0.01
"""An influence or lift below this, on the score's scale, is not worth saying."""
POPULAR_SHARE = 0.05
"""Popular now: among this share of the available items by recent interactions."""
TITLE_LENGTH = 80
TOTAL = STATISTICS.index("total")


class Code(StrEnum):
    """The reasons there are."""

    LIKED = "because_you_liked"  # strength: how far the score falls without that event
    POPULAR = "popular_now"  # log recent count above the bar, as a share of the greatest
    QUERY = "matches_your_query"  # cosine of the item's text with the request's
    INTERESTS = "fits_your_interests"  # cosine of the item's text with what the profile says
    TASTE = "fits_your_taste"  # the contribution of a head on the item's labels, less its mean over the candidates
    MOMENT = "fits_the_moment"  # the same of a head on the moment
    NEW = "new_here"  # 0: nothing is measured of an item that nobody took yet
    RANKED = "ranked_by"  # the greatest contribution of a head; only where there is no other reason


WORDING: Mapping[Code, str] = {
    Code.LIKED: "Because you liked {title}",
    Code.POPULAR: "Popular with other people",
    Code.QUERY: "Matches what you asked for",
    Code.INTERESTS: "Fits the interests in your profile",
    Code.TASTE: "Fits your taste for {label}",
    Code.MOMENT: "Fits this moment",
    Code.NEW: "New here",
    Code.RANKED: "Ranked here mostly by '{head}'",
}
LIKED_NEUTRALLY = "Because of your interest in {title}"
RANKED_DESPITE = "Ranked here as '{head}' counts least against it"


@dataclass(frozen=True, slots=True)
class Influence:
    """What the last L' events of the history did: how far an item's score falls without each."""

    item_ids: tuple[str, ...]  # [L']
    rows: Indices  # [L'] catalogue rows; -1 for an item that the catalogue lacks
    drop: Floats  # [L', N] by event and slate item


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the bundle says of its heads and fields, and what was measured beside the scores."""

    heads: tuple[Head, ...]
    influence: Influence
    label_values: Mapping[str, Floats]  # head on the item's labels -> [K, classes] predictions
    texts: TextPreferences  # of the request and of the profile
    events: UserEvents = NO_EVENTS
    text_fields: tuple[str, ...] = ()  # fields that may stand for a title


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything a reason may be drawn from."""

    scored: Scored
    order: Indices  # [N] positions into the candidates
    query: Query
    catalogue: Catalogue
    evidence: Evidence

    @property
    def rows(self) -> Indices:  # [N]
        return self.scored.candidates.rows[self.order]


def explain(
    scored: Scored, order: Indices, query: Query, catalogue: Catalogue, evidence: Evidence
) -> tuple[tuple[Reason, ...], ...]:
    """1 to MOST_REASONS reasons for each of the N items of the slate, the strongest first."""
    case = _Case(scored, order, query, catalogue, evidence)
    found = [finder(case) for finder in FINDERS]
    return tuple(
        _strongest([reasons[place] for reasons in found if place in reasons]) or (_ranked_by(case, place),)
        for place in range(len(order))
    )


def _strongest(reasons: list[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.strength)[:MOST_REASONS])


def _liked(case: _Case) -> dict[int, Reason]:
    """The history item whose absence costs the score most, of those that the user did not turn down.

    Where nothing predicted speaks for an item, as no weight is above 0, no event does.
    """
    influence, events = case.evidence.influence, case.evidence.events
    if not influence.item_ids or max(case.query.weights.values(), default=0.0) <= 0:
        return {}
    items, feedback = events.columns.items, events.feedback
    newest = newest_feedback(items, feedback)
    rejected = items[newest[feedback[newest] == Feedback.NEGATIVE]]
    liked = liked_items(items, feedback, has_action(events.columns, WANTING_ACTIONS))
    nameable = ~np.isin(influence.rows, rejected)[:, None] & (influence.rows[:, None] != case.rows)
    drop = np.where(nameable, influence.drop, -np.inf)
    found = {}
    for place in range(len(case.order)):
        event = int(np.argmax(drop[:, place]))
        strength, item_id = float(drop[event, place]), influence.item_ids[event]
        if strength >= LEAST_STRENGTH:
            row = int(influence.rows[event])
            words = WORDING[Code.LIKED] if row in liked else LIKED_NEUTRALLY
            title = item_id if row < 0 else title_of(case.catalogue.item(row), case.evidence.text_fields)
            found[place] = Reason(Code.LIKED, words.format(title=title), strength, (item_id,))
    return found


def _popular(case: _Case) -> dict[int, Reason]:
    candidates = case.scored.candidates
    if POPULAR.name not in candidates.sources:
        return {}
    hit = candidates.found_by[candidates.sources.index(POPULAR.name)][case.order]
    if not hit.any():
        return {}
    recent = case.catalogue.statistics[:, RECENT]
    bar = float(np.quantile(recent[case.catalogue.available], 1 - POPULAR_SHARE))
    above = (recent[case.rows] - bar) / max(float(recent.max()), 1e-12)
    return _reasons(Code.POPULAR, above, hit & (above >= 0))


def _query(case: _Case) -> dict[int, Reason]:
    return _near(case, Code.QUERY, case.evidence.texts.query)


def _interests(case: _Case) -> dict[int, Reason]:
    return _near(case, Code.INTERESTS, case.evidence.texts.interests)


def _near(case: _Case, code: Code, preference: TextPreference | None) -> dict[int, Reason]:
    if preference is None:
        return {}
    cosine, matches = match_items(case.catalogue, case.rows, preference)
    return _reasons(code, cosine, matches & ~unwanted_rows(case.rows, case.evidence.texts.unwanted))


def _taste(case: _Case) -> dict[int, Reason]:
    """The head on item labels that lifts the item most, and its likeliest label that the history shows."""
    wanted = wanted_items(case.evidence.events.columns.items, case.evidence.events.feedback)
    heads, lifts = _lifts(case, Subject.ITEM)
    known = [preferred_labels(case.catalogue, head, wanted) for head in heads]
    found = {}
    for place in range(len(case.order) if heads else 0):
        best = int(np.argmax(lifts[:, place]))
        strength, label = float(lifts[best, place]), _likeliest_label(case, heads[best], known[best], place)
        if strength >= LEAST_STRENGTH and label is not None:
            found[place] = Reason(Code.TASTE, WORDING[Code.TASTE].format(label=label), strength)
    return found


def _moment(case: _Case) -> dict[int, Reason]:
    """The head on the moment that lifts the item most."""
    heads, lifts = _lifts(case, Subject.MOMENT)
    best = lifts.max(axis=0, initial=-np.inf)
    return _reasons(Code.MOMENT, best, best >= LEAST_STRENGTH) if heads else {}


def _new(case: _Case) -> dict[int, Reason]:
    taken = case.catalogue.statistics[case.rows, TOTAL]
    return _reasons(Code.NEW, np.zeros_like(taken), taken == 0)


def _ranked_by(case: _Case, place: int) -> Reason:
    """The head with the greatest contribution, of those that have a weight."""
    position = int(case.order[place])
    parts = {
        name: float(part[position])
        for name, part in case.scored.contributions.items()
        if case.query.weights.get(name)
    }
    head = max(parts, key=parts.__getitem__)
    words = WORDING[Code.RANKED] if parts[head] > 0 else RANKED_DESPITE
    return Reason(Code.RANKED, words.format(head=head), parts[head])


def _reasons(code: Code, strength: Floats, said: Mask) -> dict[int, Reason]:
    """Place -> a reason in plain words, where `said` [N]."""
    return {int(place): Reason(code, WORDING[code], float(strength[place])) for place in np.flatnonzero(said)}


def _lifts(case: _Case, subject: Subject) -> tuple[list[Head], Floats]:
    """The heads on one subject, and [heads, N] their contributions, less each one's mean over the candidates.

    Only heads with a weight above 0: below, what lifts an item is that the head's prediction is low.
    """
    weights = case.query.weights
    heads = [
        head
        for head in case.evidence.heads
        if find_kind(head.task.kind).subject is subject and weights.get(head.task.name, 0.0) > 0
    ]
    lifts = np.zeros((len(heads), len(case.order)), dtype=np.float32)
    for number, head in enumerate(heads):
        part = case.scored.contributions[head.task.name]
        lifts[number] = part[case.order] - part.mean()
    return heads, lifts


def _likeliest_label(case: _Case, head: Head, known: Mask, place: int) -> str | None:
    """The item's own label, out of the known [classes], that the head holds likeliest; None without one."""
    own = (case.catalogue.head_labels(head.task.name, case.rows[place : place + 1])[0] > 0) & known
    if not own.any():
        return None
    probable = case.evidence.label_values[head.task.name][case.order[place]]
    return head.classes[int(np.argmax(np.where(own, probable, -np.inf)))]


def title_of(item: Item, text_fields: tuple[str, ...]) -> str:
    """What a person would call an item: its title, else its first text field, else its id; one short line."""
    for name in ("title", *text_fields):
        value = item.attributes.get(name)
        if isinstance(value, str) and (line := " ".join(value.split())):
            return line if len(line) <= TITLE_LENGTH else f"{line[: TITLE_LENGTH - 1]}…"
    return item.item_id


Finder = Callable[[_Case], dict[int, Reason]]
FINDERS: tuple[Finder, ...] = (_liked, _query, _interests, _taste, _moment, _popular, _new)
