"""The reasons told for scored candidates and for what is measured beside the scores."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from app.pipeline.explain.attribution import Attribution
from app.pipeline.explain.evidence import Evidence
from app.pipeline.explain.reasons import find_reasons
from app.pipeline.types import Candidates, Scored, UserEvents
from app.pipeline.user_features import build_columns
from models.contract.catalogue import Item
from models.contract.events import Event
from models.contract.feedback import read_feedback
from models.contract.tasks import Head, Task
from models.language.text_preference import TextPreference, TextPreferences

HEADS = (
    Head(task=Task(name="like", kind="binary", label="value >= 4")),
    Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("Comedy", "Drama")),
    Head(task=Task(name="daypart", kind="context", label="time.daypart"), classes=("night", "morning")),
)
NOTHING = Attribution(np.zeros(0, dtype=np.int64), np.zeros((0, 4), dtype=np.float32))
K = 4
NO_LABELS = {"genre": np.zeros((K, 2), dtype=np.float32)}
NO_TEXTS = TextPreferences(None, None, (), None, np.zeros(2, dtype=np.float32))


class Measured(NamedTuple):
    """What is measured beside the scores."""

    attribution: Attribution = NOTHING
    label_values: Mapping[str, np.ndarray] = NO_LABELS
    texts: TextPreferences = NO_TEXTS
    moment: np.ndarray | None = None
    unexplored: np.ndarray | None = None
    undebiased: np.ndarray | None = None
    relevance: np.ndarray | None = None


def floats(*given):
    return np.array(given, dtype=np.float32)


def scored_of(sources=("neighbours",), from_source=None, **contributions):
    parts = {name: np.zeros(K, dtype=np.float32) for name in ("next", "like", "genre", "daypart")}
    parts |= {name: floats(*given) for name, given in contributions.items()}
    hits = np.ones((len(sources), K), dtype=np.bool_) if from_source is None else np.array(from_source)
    candidates = Candidates(np.arange(K), tuple(sources), hits, K)
    return Scored(candidates, parts, parts, np.sum(list(parts.values()), axis=0))


def told(scored, catalogue, query, measured, order=(0, 1, 2, 3)):
    columns = build_columns(catalogue, [query.state.events])
    evidence = Evidence(
        scored=scored,
        order=np.array(order, dtype=np.int64),
        query=query,
        catalogue=catalogue,
        heads=HEADS,
        attribution=measured.attribution,
        label_values=measured.label_values,
        texts=measured.texts,
        events=UserEvents(columns, read_feedback(columns, (1.0, 5.0))),
        moment=measured.moment,
        unexplored=measured.unexplored,
        undebiased=measured.undebiased,
        relevance=measured.relevance,
    )
    found = find_reasons(evidence)
    return [[reason.code for reason in reasons] for reasons in found], found


def attribution_of(events, drop):
    return Attribution(np.array([int(event.item_id) for event in events]), drop)


def asked_of(make_catalogue, cosines, **texts):
    """A catalogue of titles "0", "1" and so on, whose cosine with the text (1, 0) is as given; and the evidence."""
    text = np.array([[cosine, np.sqrt(1 - cosine**2)] for cosine in cosines], dtype=np.float32)
    items = [Item(str(row), {"title": f"Film {row}"}) for row in range(len(cosines))]
    catalogue = make_catalogue(items, 2, text=text)
    catalogue.statistics[:, 1] = 1
    return catalogue, Measured(texts=texts_of(text, **texts))


def texts_of(text, **words):
    """Preferences whose texts all have the vector (1, 0)."""
    preferences = {name: TextPreference.of(wanted, floats(1, 0), text) for name, wanted in words.items()}
    return replace(NO_TEXTS, **preferences)


def fond_of(catalogue, *labels):
    catalogue.labels = [*(frozenset(own) for own in labels), *[frozenset()] * (6 - len(labels))]


LABELS = ({"Drama", "Comedy"}, {"Drama"}, {"War"}, set(), {"Drama"})
PROBABLE = {"genre": np.array([[0.7, 0.2], [0.1, 0.9], [0.1, 0.9], [0.5, 0.5]], dtype=np.float32)}
SEEN_DRAMA = [Event("4", "view", 0)]
