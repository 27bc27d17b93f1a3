"""The requests that every bundle must be able to answer: each action, a stranger, a profile alone, words, contexts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.contract.calendar import DAY, DAYPARTS
from models.contract.catalogue import User
from models.contract.events import NO_CONTEXT, Action, Event
from models.contract.feature_spec import FieldKind
from models.data.dataset import Dataset
from models.evaluation.inference import CorpusPredictor

INTERESTS = "something new, nothing loud"
"""Stated interests of the profile that comes without events: some wanted, some not."""


@dataclass(frozen=True, slots=True)
class GoldenSource:
    """What golden requests are made from: the published network over its corpus, the data, the language model."""

    predictor: CorpusPredictor
    dataset: Dataset
    text_encoder: str | None  # by its registered name


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """One request before it is answered; events oldest first."""

    name: str
    profile: User | None
    events: tuple[Event, ...]
    now: float
    context: tuple[tuple[str, str], ...] = ()
    query: str = ""


def build_coverage_cases(source: GoldenSource) -> list[GoldenCase]:
    """One case for each action that the service knows, and those that have little or nothing of a user."""
    return [*_action_cases(source), *_sparse_cases(source), *_word_cases(source), *_context_cases(source)]


def build_log_cases(source: GoldenSource, rows: np.ndarray) -> list[GoldenCase]:
    """The requests just before the events at corpus rows `rows` [B]."""
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
        now = float(dataset.interactions.times[log_row])
        events = before.events(position, item_ids)
        cases.append(GoldenCase(f"the log's row {log_row}", dataset.users[user], events, now, context))
    return cases


def _action_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A user whose last event but one has each action; the last one is of another item."""
    typical = _typical_case(source)
    ids = [item.item_id for item in source.dataset.items]
    spec = source.predictor.corpus.spec
    middle = None if spec.value_range is None else float(np.mean(spec.value_range))
    for number, action in enumerate(dict.fromkeys([*(a.value for a in Action), *spec.actions.tokens])):
        value = middle if action == Action.RATE else None
        event = Event(ids[(7 * number) % len(ids)], action, typical.now, value)
        events = (*typical.events[:-1], event, *typical.events[-1:])
        yield replace(typical, name=f"the action '{action}'", events=events)


def _sparse_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    now, dataset = _typical_case(source).now, source.dataset
    yield GoldenCase("a stranger", None, (), now)
    described = next((user for user in dataset.users if user.attributes), None)
    if described is not None:
        yield GoldenCase("a profile alone", described, (), now)
    interests = "" if source.text_encoder is None else INTERESTS
    newcomer = User("golden", {} if described is None else described.attributes, interests)
    yield GoldenCase("a profile with stated interests", newcomer, (), now)


def _word_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A query with and without a refusal, of a stranger and of a user with events."""
    if source.text_encoder is None:
        return
    typical = _typical_case(source)
    words = _example_words(source)
    yield replace(typical, name="words", query=words)
    yield GoldenCase("a stranger's words", None, (), typical.now, query=f"{words}, nothing new")


def _context_cases(source: GoldenSource) -> Iterator[GoldenCase]:
    """A moment of each part of the day, and each context column's first label."""
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
    """The last request of the user with the median number of events, among those that have any."""
    corpus = source.predictor.corpus
    counts = np.diff(corpus.offsets)
    active = np.flatnonzero(counts)
    user = int(active[np.argsort(counts[active], kind="stable")[len(active) // 2]])
    (case,) = build_log_cases(source, corpus.offsets[[user + 1]] - 1)
    last = Event(source.dataset.items[0].item_id, Action.VIEW, case.now, None, NO_CONTEXT)
    return case if case.events else replace(case, events=(last,))


def _example_words(source: GoldenSource) -> str:
    """The first text of an item, shortened."""
    fields = [field.name for field in source.predictor.corpus.spec.fields(FieldKind.TEXT)]
    texts = (item.attributes.get(name) for item in source.dataset.items for name in fields)
    return next((text[:80] for text in texts if isinstance(text, str) and text.strip()), "something new")
