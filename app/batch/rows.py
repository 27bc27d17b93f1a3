"""Score rows of (user, item) pairs: each row is returned with its scores, or with its error."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.batch.texts import fetch_texts
from app.bundle.bundle import LoadedBundle
from app.pipeline.scoring.batching import split_by_cost
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from models.contract.catalogue import UserState
from models.contract.unix_time import LATEST, parse_time

USER, ITEM, TIME = "user_id", "item_id", "timestamp"

ScoredRow = dict[str, Any]
"""A row of the output: column -> value."""


class BadRowError(Exception):
    """A row cannot be scored; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the input: its cells as texts, None for an empty cell."""

    number: int  # from 1
    cells: Mapping[str, str | None]
    fault: str | None = None  # why the row cannot be read


@dataclass(frozen=True, slots=True)
class _UserMoment:
    """The user and the moment of a row."""

    user_id: str
    now: float
    context: tuple[tuple[str, str], ...]


def score_rows(bundle: LoadedBundle, rows: Sequence[Row], now: float) -> list[ScoredRow]:
    """The rows with their scores, in order; rows of the same user and moment are scored together."""
    groups: dict[_UserMoment, list[int]] = {}  # indices into rows
    scored: list[ScoredRow] = []
    for index, row in enumerate(rows):
        scored.append(_blank_row(bundle, row))
        try:
            moment = _read_moment(bundle, row, now)
        except BadRowError as error:
            scored[index] |= {"status": "error", "message": f"row {row.number}: {error}"}
            continue
        if str(row.cells[ITEM]) in bundle.catalogue:
            groups.setdefault(moment, []).append(index)
    moments = list(groups)
    # Unknown users share an encoding.
    users = [m.user_id if bundle.known_users.knows(m.user_id) else None for m in moments]
    pairs = [len(groups[moment]) for moment in moments]
    for portion in split_by_cost(len(bundle.catalogue), users, pairs):
        _score_portion(bundle, rows, {moments[number]: groups[moments[number]] for number in portion}, scored)
    return scored


def _score_portion(
    bundle: LoadedBundle,
    rows: Sequence[Row],
    groups: Mapping[_UserMoment, Sequence[int]],
    scored: list[ScoredRow],
) -> None:
    """Write the scores of `groups`, indices into rows by user and moment, into `scored`."""
    users = {moment.user_id: bundle.known_users.state(moment.user_id) for moment in groups}
    states: dict[tuple[str, int], UserState] = {}
    requests = []
    for moment, indices in groups.items():
        state = _state_before(bundle, users[moment.user_id], moment.now)
        state = states.setdefault(
            (moment.user_id, len(state.events)), state
        )  # one object: it is encoded once
        items = tuple(str(rows[index].cells[ITEM]) for index in indices)
        requests.append(ScoreRequest(state, items, dict(moment.context), moment.now))
    bundle = fetch_texts(bundle, states.values())
    for scores, indices in zip(score_requests(bundle, requests), groups.values(), strict=True):
        columns = {name: values.tolist() for name, values in {"score": scores.score, **scores.values}.items()}
        for position, index in enumerate(indices):
            values = {name: column[position] for name, column in columns.items()}
            scored[index] |= {"status": "ok", **values}


def _state_before(bundle: LoadedBundle, state: UserState, moment: float) -> UserState:
    """The user's state without the events from `moment` (Unix seconds) on."""
    if not bundle.spec.timed:  # an order cannot be compared with a moment
        return state
    count = bisect_left(state.events, moment, key=lambda event: event.timestamp)
    return state if count == len(state.events) else replace(state, events=state.events[:count])


def _read_moment(bundle: LoadedBundle, row: Row, now: float) -> _UserMoment:
    """The user and the moment of a row, `now` if it has no timestamp; raises BadRowError for an invalid row."""
    if row.fault is not None:
        raise BadRowError(row.fault)
    user_id, item_id, moment = (row.cells.get(name) for name in (USER, ITEM, TIME))
    if user_id is None or item_id is None:
        raise BadRowError(f"expected {USER if user_id is None else ITEM}, given none")
    context = tuple(
        (name, value) for name in bundle.spec.context_fields if (value := row.cells.get(name)) is not None
    )
    return _UserMoment(user_id, now if moment is None else _unix_seconds(moment), context)


def _unix_seconds(moment: str) -> float:
    """Unix seconds of a number or an RFC 3339 time; raises BadRowError for any other text."""
    try:
        seconds = float(moment)
    except ValueError:
        seconds = _parse_rfc3339(moment)
    if not 0 <= seconds <= LATEST:
        raise BadRowError(f"expected a {TIME} from 0 to {LATEST:.0f} in Unix seconds, given {moment[:40]!r}")
    return seconds


def _parse_rfc3339(moment: str) -> float:
    try:
        return float(parse_time(moment))
    except ValueError as error:
        raise BadRowError(f"expected a {TIME} in Unix seconds or RFC 3339, given {moment[:40]!r}") from error


def _blank_row(bundle: LoadedBundle, row: Row) -> ScoredRow:
    """The output of a row without scores, with the status of an unknown item."""
    blank: ScoredRow = {
        USER: row.cells.get(USER),
        ITEM: row.cells.get(ITEM),
        "status": "unknown_item",
        "message": None,
        "score": None,
    }
    return blank | dict.fromkeys(bundle.heads)
