"""The cases of golden requests: log events, each action, unknown items, low values, unknown users, texts, contexts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Indices
from models.contract.calendar import DAY, DAYPARTS
from models.contract.catalogue import User
from models.contract.events import NO_CONTEXT, Action, Event
from models.contract.feature_spec import FieldKind
from models.contract.unix_time import NO_TIME
from models.data.dataset import Dataset
from models.evaluation.inference import CorpusPredictor
from models.language.whitening import Whitening

INTERESTS = "something new, nothing loud"
"""Stated interests for the case of a profile without events, with a wanted and an unwanted part."""

UNKNOWN_ITEM = "\0unknown"
"""An ID that no item has."""
LOW_VALUES = 5
"""Items of the case of low values."""


@dataclass(frozen=True, slots=True)
class GoldenSource:
    """The inputs of golden requests: the network to publish over its corpus, the data set, the text encoder."""

    predictor: CorpusPredictor
    dataset: Dataset
    text_encoder: str | None  # registered name
    whitening: Whitening | None = None  # of the text vectors


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One request without its logits; events oldest first."""

    name: str
    profile: User | None
    events: tuple[Event, ...]
    now: float
    context: tuple[tuple[str, str], ...] = ()
    query: str = ""


def build_coverage_cases(source: GoldenSource) -> list[GoldenCase]:
    """Build cases for each action, for users with little data, and for texts and contexts."""
    parts = (_action_cases, _signal_cases, _sparse_cases, _word_cases, _written_cases, _context_cases)
    return [case for build in parts for case in build(source)]


def build_log_cases(source: GoldenSource, rows: Indices) -> list[GoldenCase]:
    """Build the cases just before the events at corpus rows `rows` [B]; before one without a time at the log's end."""
    corpus, dataset = source.predictor.corpus, source.dataset
    before, users = corpus.events_before(rows), corpus.user_of(rows)
    item_ids = [item.item_id for item in dataset.items]
    cases = []
    for position, (row, user) in enumerate(zip(rows.tolist(), users.tolist(), strict=True)):
        log_row = int(corpus.log_rows[row])
        columns = dataset.interactions.contexts.items()
        context = tuple(
            (name, names[codes[log_row]]) for name, (names, codes) in columns if codes[log_row] >= 0
        )
        time = float(dataset.interactions.times[log_row])
        now = time if time != NO_TIME else float(dataset.interactions.times[-1])
        events = before.events(position, item_ids)
        cases.append(GoldenCase(f"the log's row {log_row}", dataset.users[user], events, now, context))
    return cases


def _action_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """For each action, the typical case with an event of that action before its last event."""
    typical = _typical_case(source)
    last = typical.events[-1].item_id  # a later event of the same item could take a dislike back
    ids = [item.item_id for item in source.dataset.items if item.item_id != last] or [last]
    spec = source.predictor.corpus.spec
    middle = None if spec.value_range is None else float(np.mean(spec.value_range))
    for number, action in enumerate(dict.fromkeys([*(a.value for a in Action), *spec.actions.tokens])):
        value = middle if action == Action.RATE else None
        event = Event(ids[(7 * number) % len(ids)], action, typical.now, value)
        events = (*typical.events[:-1], event, *typical.events[-1:])
        yield replace(typical, name=f"the action '{action}'", events=events)


def _signal_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """Events of an item that no bundle knows, and, where events have values, a session of the lowest value."""
    typical = _typical_case(source)
    unknown = Event(UNKNOWN_ITEM, Action.VIEW, typical.now, None)
    yield replace(typical, name="an unknown item", events=(*typical.events, unknown))
    value_range = source.predictor.corpus.spec.value_range
    if value_range is not None:
        ids = [item.item_id for item in source.dataset.items[:LOW_VALUES]]
        low = tuple(Event(item_id, Action.RATE, typical.now, value_range[0]) for item_id in ids)
        yield GoldenCase("low values", None, low, typical.now)


def _sparse_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """An unknown user, a profile without events, and a profile with stated interests."""
    now, dataset = _typical_case(source).now, source.dataset
    yield GoldenCase("a stranger", None, (), now)
    with_profile = next((user for user in dataset.users if user.attributes), None)
    if with_profile is not None:
        yield GoldenCase("a profile alone", with_profile, (), now)
    interests = "" if source.text_encoder is None else INTERESTS
    newcomer = User("golden", {} if with_profile is None else with_profile.attributes, interests)
    yield GoldenCase("a profile with stated interests", newcomer, (), now)


def _word_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A query of a user with events, and a query with a negation of an unknown user."""
    if source.text_encoder is None:
        return
    typical = _typical_case(source)
    words = _example_words(source)
    yield replace(typical, name="words", query=words)
    yield GoldenCase("a stranger's words", None, (), typical.now, query=f"{words}, nothing new")


def _written_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A user with events, who wrote with the last one, where a bundle reads what users write."""
    if not source.predictor.corpus.spec.interaction_text:
        return
    typical = _typical_case(source)
    written = replace(typical.events[-1], text=_example_words(source))
    yield replace(typical, name="a text of an event", events=(*typical.events[:-1], written))


def _context_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A moment in each quarter of the day, and the first label of each context column."""
    typical, spec = _typical_case(source), source.predictor.corpus.spec
    if spec.timed:
        midnight = typical.now // DAY * DAY + DAY
        for number, daypart in enumerate(DAYPARTS):
            now = midnight + (number + 0.5) * DAY / len(DAYPARTS)
            yield replace(typical, name=f"the {daypart}", now=now)
    for field in spec.context_fields:
        labels = (
            token.split("=", 1)[1] for token in spec.context_tokens.tokens if token.startswith(f"{field}=")
        )
        label = next(labels, None)
        if label is not None:
            yield replace(typical, name=f"the context '{field}'", context=((field, label),))


def _typical_case(source: GoldenSource) -> GoldenCase:
    """The case before the last event of the user with the median number of events, among users with events."""
    corpus = source.predictor.corpus
    counts = np.diff(corpus.offsets)
    active = np.flatnonzero(counts)
    user = int(active[np.argsort(counts[active], kind="stable")[len(active) // 2]])
    (case,) = build_log_cases(source, corpus.offsets[[user + 1]] - 1)
    last = Event(source.dataset.items[0].item_id, Action.VIEW, case.now, None, NO_CONTEXT)
    return case if case.events else replace(case, events=(last,))


def _example_words(source: GoldenSource) -> str:
    """The first non-blank text of an item, shortened; a fixed text if there is none."""
    fields = [field.name for field in source.predictor.corpus.spec.fields(FieldKind.TEXT)]
    texts = (item.attributes.get(name) for item in source.dataset.items for name in fields)
    return next((text[:80] for text in texts if isinstance(text, str) and text.strip()), "something new")
