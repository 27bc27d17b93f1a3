"""Golden requests: requests with the offline network's logits, which the service must reproduce."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.blank_items import hide_blank_items
from models.contract.catalogue import User
from models.contract.events import column_events
from models.contract.feature_spec import FieldKind
from models.contract.features import encode_context, encode_profile, user_text
from models.contract.records import EventRecord, GoldenRequest, GoldenRequests, from_user
from models.contract.tasks import NEXT
from models.contract.user_vector import retrieval_vector
from models.contract.vocabulary import PAD
from models.contract.written_texts import add_newest
from models.evaluation.moments import Moments, Requests
from models.export.golden_cases import GoldenCase, GoldenSource, build_coverage_cases, build_log_cases
from models.language.protocol import TextEncoder
from models.language.registry import open_text_encoder
from models.language.text_preference import ItemTexts, ProfileWords, TextPreferences, read_preferences
from models.language.whitening import whiten

LOG_REQUESTS = 12
ITEMS = 20
"""Items scored per request, drawn at random."""
SEED = 0
TOLERANCE = 2e-3
"""Allowed difference of a logit: padded batches offline and single users online round differently."""


def build_golden_requests(source: GoldenSource, rows: Indices, snapshot: int) -> GoldenRequests:
    """Build requests before LOG_REQUESTS of the events at `rows` (corpus rows), and one for each feature of a request.

    All requests use the item statistics of the bundle, row `snapshot` of the corpus.
    """
    random = np.random.default_rng(SEED)
    chosen = np.sort(random.permutation(rows)[:LOG_REQUESTS])
    cases = [*build_log_cases(source, chosen), *build_coverage_cases(source)]
    # One case at a time: the order of all items for all cases at once would need much memory.
    items = np.stack([random.permuted(np.arange(len(source.dataset.items)))[:ITEMS] for _ in cases])
    texts = read_texts(source, cases)
    moments = encode_cases(source, cases, texts, snapshot)
    table = source.predictor.item_table(snapshot)
    logits = source.predictor.head_logits(moments, items)
    recency = source.predictor.recency.of(moments.returning).tolist()
    logits[NEXT] = np.stack(
        [
            _next_logits(moments, number, preferences, recency[number], table, items[number])
            for number, preferences in enumerate(texts)
        ]
    )
    requests = tuple(
        _build_record(source, case, items[number], {name: value[number] for name, value in logits.items()})
        for number, case in enumerate(cases)
    )
    return GoldenRequests(tolerance=TOLERANCE, requests=requests)


def read_texts(source: GoldenSource, cases: Sequence[GoldenCase]) -> list[TextPreferences]:
    """Read the text preferences of each case's query and profile, with what its events say in words."""
    spec, corpus = source.predictor.corpus.spec, source.predictor.corpus
    encoder = None
    if source.text_encoder is not None:
        encoder = whiten(open_text_encoder(source.text_encoder, spec.text_size), source.whitening)
    fields = [field.name for field in spec.fields(FieldKind.TEXT)]
    attributes = [item.attributes for item in source.dataset.items]
    items = ItemTexts(
        vectors=np.ascontiguousarray(corpus.catalogue.content[:, : spec.text_size]),
        titles=lambda row: [str(attributes[row].get(name, "")) for name in fields],
    )
    preferences = [
        read_preferences(
            case.query,
            ProfileWords(_interests(case.profile), user_text(spec, case.profile)),
            lambda text: _encode_text(encoder, text),
            items,
            spec.text_size,
        )
        for case in cases
    ]
    return [
        replace(
            found,
            profile=add_newest(spec, found.profile, case.events, lambda text: _encode_text(encoder, text)),
        )
        for found, case in zip(preferences, cases, strict=True)
    ]


def encode_cases(
    source: GoldenSource, cases: Sequence[GoldenCase], texts: Sequence[TextPreferences], snapshot: int
) -> Moments:
    """Encode the cases for the offline network, with the item statistics of row `snapshot`."""
    predictor, spec = source.predictor, source.predictor.corpus.spec
    row_of = {item.item_id: row for row, item in enumerate(source.dataset.items)}
    profiles = [encode_profile(spec, case.profile) for case in cases]
    tokens = np.full((len(cases), max(len(profile.tokens) for profile in profiles)), PAD, dtype=np.int64)
    for number, profile in enumerate(profiles):
        tokens[number, : len(profile.tokens)] = profile.tokens
    events = column_events([case.events for case in cases], lambda item_id: row_of.get(item_id, -1))
    requests = Requests(
        rows=np.full(len(cases), -1, dtype=np.int64),
        events=hide_blank_items(events, predictor.corpus.blank),
        profile_tokens=tokens,
        profile_numeric=np.stack([profile.numeric for profile in profiles]),
        profile_text=np.stack([preferences.profile for preferences in texts]),
        context=np.stack([encode_context(spec, dict(case.context), case.now) for case in cases]),
        snapshot=np.full(len(cases), snapshot, dtype=np.int64),
        now=np.array([case.now for case in cases]),
    )
    return predictor.encode_requests(requests)


def _next_logits(
    moments: Moments,
    number: int,
    texts: TextPreferences,
    recency: float,
    table: Floats,
    items: Indices,
) -> Floats:
    """Logits [K, 1] of `next` for one request and its items, rows of the item table [I, D + 2].

    They include popularity, negative feedback, the context, links and text preferences.
    """
    event_count = int(moments.tower_events[number])
    vector = retrieval_vector(
        moments.states[number].cpu().numpy(),
        (moments.push[number] + moments.asked[number]).cpu().numpy(),
        texts.popularity_share(event_count),
        event_count,
        recency,
    )
    logits = table[items] @ vector
    if moments.links is not None:
        logits = logits + moments.links[number, items]
    if texts.logits is not None:
        logits = logits + texts.logits[items]
    return np.asarray(logits[:, None], dtype=np.float32)


def _build_record(
    source: GoldenSource, case: GoldenCase, items: Indices, logits: dict[str, Floats]
) -> GoldenRequest:
    return GoldenRequest(
        name=case.name,
        profile=None if case.profile is None else from_user(case.profile),
        events=tuple(
            EventRecord(
                item_id=e.item_id,
                action=e.action,
                timestamp=e.timestamp,
                value=e.value,
                context=dict(e.context),
                text=e.text,
            )
            for e in case.events
        ),
        now=case.now,
        context=dict(case.context),
        query=case.query,
        item_ids=tuple(source.dataset.items[item].item_id for item in items.tolist()),
        logits={name: tuple(map(tuple, value.tolist())) for name, value in logits.items()},
    )


def _interests(profile: User | None) -> str:
    return "" if profile is None else profile.interests


def _encode_text(encoder: TextEncoder | None, text: str) -> Floats | None:
    """A text's vector [T]; None for a blank text, a zero vector, or without a text encoder."""
    if encoder is None or not text.strip():
        return None
    vector = encoder.encode([text])[0]
    return vector if vector.any() else None
