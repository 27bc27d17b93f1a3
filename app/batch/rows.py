"""Rows of (user, item) pairs -> scores: each row comes out once, with its scores or what is wrong with it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.api.schemas.scalars import LATEST, parse_time
from app.bundle.bundle import LoadedBundle
from app.pipeline.scoring.batching import split_by_cost
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from models.contract.catalogue import UserState

USER, ITEM, TIME = "user_id", "item_id", "timestamp"

ScoredRow = dict[str, Any]
"""A row as it comes out."""


class BadRowError(Exception):
    """What is wrong with one row."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read: its cells, ids and all as text, None where there is nothing."""

    number: int  # from 1
    cells: Mapping[str, str | None]
    fault: str | None = None  # why it cannot be read


@dataclass(frozen=True, slots=True)
class _Ask:
    """Whom a row asks about, and when."""

    user_id: str
    now: float
    context: tuple[tuple[str, str], ...]


def score_rows(bundle: LoadedBundle, rows: Sequence[Row], now: float) -> list[ScoredRow]:
    """The rows with their scores, in order; rows that ask about the same user and moment are scored together."""
    groups: dict[_Ask, list[int]] = {}
    found: list[ScoredRow] = []
    for place, row in enumerate(rows):
        found.append(_blank(bundle, row))
        try:
            ask = _ask(bundle, row, now)
        except BadRowError as error:
            found[place] |= {"status": "error", "message": f"row {row.number}: {error}"}
            continue
        if str(row.cells[ITEM]) in bundle.catalogue:
            groups.setdefault(ask, []).append(place)
    asks = list(groups)
    users = [
        ask.user_id if bundle.known_users.knows(ask.user_id) else None for ask in asks
    ]  # strangers are alike
    pairs = [len(groups[ask]) for ask in asks]
    for portion in split_by_cost(len(bundle.catalogue), users, pairs):
        _score(bundle, rows, {asks[number]: groups[asks[number]] for number in portion}, found)
    return found


def _score(
    bundle: LoadedBundle, rows: Sequence[Row], groups: Mapping[_Ask, Sequence[int]], found: list[ScoredRow]
) -> None:
    """Write the scores of some groups into their rows' places."""
    users = {ask.user_id: bundle.known_users.state(ask.user_id) for ask in groups}
    states: dict[tuple[str, int], UserState] = {}
    asked = []
    for ask, places in groups.items():
        state = _before(bundle, users[ask.user_id], ask.now)
        state = states.setdefault((ask.user_id, len(state.events)), state)  # one object: it is encoded once
        items = tuple(str(rows[place].cells[ITEM]) for place in places)
        asked.append(ScoreRequest(state, items, dict(ask.context), ask.now))
    for scores, places in zip(score_requests(bundle, asked), groups.values(), strict=True):
        columns = {name: values.tolist() for name, values in {"score": scores.score, **scores.values}.items()}
        for number, place in enumerate(places):
            found[place] |= {"status": "ok", **{name: column[number] for name, column in columns.items()}}


def _before(bundle: LoadedBundle, state: UserState, moment: float) -> UserState:
    """What the bundle knew of a user at a moment: a past one does not see what came after it."""
    if not bundle.spec.timed:  # an order cannot be held against a moment
        return state
    known = bisect_left(state.events, moment, key=lambda event: event.timestamp)
    return state if known == len(state.events) else replace(state, events=state.events[:known])


def _ask(bundle: LoadedBundle, row: Row, now: float) -> _Ask:
    """Whom and when a row asks about; raises BadRowError where it does not say."""
    if row.fault is not None:
        raise BadRowError(row.fault)
    user_id, item_id, moment = (row.cells.get(name) for name in (USER, ITEM, TIME))
    if user_id is None or item_id is None:
        raise BadRowError(f"expected {USER if user_id is None else ITEM}, given none")
    context = tuple(
        (name, value) for name in bundle.spec.context_fields if (value := row.cells.get(name)) is not None
    )
    return _Ask(user_id, now if moment is None else _unix_seconds(moment), context)


def _unix_seconds(moment: str) -> float:
    """The moment of a number or an RFC 3339 time; raises BadRowError for any other text."""
    try:
        at = float(moment)
    except ValueError:
        at = _written_out(moment)
    if not 0 <= at <= LATEST:
        raise BadRowError(f"expected a {TIME} from 0 to {LATEST:.0f} in Unix seconds, given {moment[:40]!r}")
    return at


def _written_out(moment: str) -> float:
    try:
        return float(parse_time(moment))
    except ValueError as error:
        raise BadRowError(f"expected a {TIME} in Unix seconds or RFC 3339, given {moment[:40]!r}") from error


def _blank(bundle: LoadedBundle, row: Row) -> ScoredRow:
    empty: ScoredRow = {
        USER: row.cells.get(USER),
        ITEM: row.cells.get(ITEM),
        "status": "unknown_item",
        "message": None,
        "score": None,
    }
    return empty | dict.fromkeys(bundle.heads)
