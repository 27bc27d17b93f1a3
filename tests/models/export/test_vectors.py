"""The towers' outputs for the bundle: one inner-product space with the logits of `next`."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.evaluation.inference import CorpusPredictor
from models.export.vectors import build_user_vectors, collect_histories
from models.training.bundle_statistics import find_stops
from models.training.corpus import PART_END, PART_TEST, PART_VALID
from tests.models.histories import events_of


@pytest.fixture(scope="module")
def predictor(shop_data, make_network) -> CorpusPredictor:
    return CorpusPredictor.of(make_network(), shop_data.corpus, torch.device("cpu"))


def test_stops(shop_data):
    corpus = shop_data.corpus
    assert find_stops(corpus, PART_END).tolist() == corpus.offsets[1:].tolist()
    assert find_stops(corpus, 0).tolist() == corpus.offsets[:-1].tolist()
    stops = find_stops(corpus, PART_VALID)
    for user in range(len(stops)):
        own = corpus.part[corpus.offsets[user] : corpus.offsets[user + 1]]
        assert stops[user] - corpus.offsets[user] == (own < PART_VALID).sum()


def test_user_times_item_is_the_logit_of_next(shop_data, predictor):
    """Both tables as of the test's beginning, against the predictor at each user's first test event."""
    corpus = shop_data.corpus
    snapshot, stops = corpus.part_snapshot[PART_TEST], find_stops(corpus, PART_TEST)
    items, users = predictor.item_table(snapshot), build_user_vectors(predictor, stops)
    assert items.shape == (100, 18)
    assert users.shape == (60, 18)
    assert (users[:, -2] == 1).all() and not users[:, -1].any()
    tested = np.flatnonzero(stops < corpus.offsets[1:])
    (moments,) = predictor.encode_moments(stops[tested])
    moments = replace(moments, asked=torch.zeros_like(moments.asked))  # a user's vector is of no moment
    logits = predictor.next_logits(moments)
    np.testing.assert_allclose(users[tested] @ items.T, logits, rtol=1e-4, atol=1e-4)


def test_users_without_events_are_their_profile(shop_data, predictor):
    """All of them, or some among others: who did nothing is placed by profile alone."""
    corpus = shop_data.corpus
    nobody = build_user_vectors(predictor, corpus.offsets[:-1])
    some = corpus.offsets[1:].copy()
    some[::2] = corpus.offsets[:-1][::2]
    found = build_user_vectors(predictor, some)
    np.testing.assert_allclose(found[::2], nobody[::2], rtol=1e-4, atol=1e-5)
    assert (np.abs(found[1::2] - nobody[1::2]).max(1) > 1e-4).all()


def test_a_user_after_all_events_at_the_corpus_end(shop_data, make_network):
    """The last user's profile stands alone after everybody's events."""
    corpus = shop_data.corpus
    longer = replace(
        corpus,
        offsets=np.append(corpus.offsets, corpus.offsets[-1]),
        profile_tokens=np.vstack([corpus.profile_tokens, corpus.profile_tokens[:1]]),
        profile_numeric=np.vstack([corpus.profile_numeric, corpus.profile_numeric[:1]]),
        profile_text=np.vstack([corpus.profile_text, corpus.profile_text[:1]]),
    )
    predictor = CorpusPredictor.of(make_network(), longer, torch.device("cpu"))
    found = build_user_vectors(predictor, longer.offsets[1:])
    alone = build_user_vectors(predictor, longer.offsets[:-1])
    np.testing.assert_allclose(found[-1], alone[0], rtol=1e-4, atol=1e-5)


def test_histories_are_the_events_before(shop_data):
    corpus, dataset = shop_data.corpus, shop_data.dataset
    stops = find_stops(corpus, PART_TEST)
    found = collect_histories(dataset, corpus, stops)
    ids = [item.item_id for item in dataset.items]
    for user, events in enumerate(events_of(dataset.interactions, dataset)):
        count = int(stops[user] - corpus.offsets[user])
        plain = [replace(event, context={}) for event in events[:count]]
        assert [replace(event, context={}) for event in found.events(user, ids)] == plain
