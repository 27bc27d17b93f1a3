"""The network's lists: candidates by `next`, unseen, each with every head's calibrated value."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration, sigmoid, softmax
from models.contract.fusion import Fusion, Utility
from models.contract.tasks import NEXT
from models.evaluation.candidates import (
    CandidateValues,
    EvaluationLists,
    ServedItems,
    predict_events,
    score_candidates,
)
from models.evaluation.inference import CorpusPredictor
from models.evaluation.served_lists import PURE_ORDER, rank_candidates
from models.ranking.budget import Budget
from models.ranking.sources.registry import ARRAY_SOURCES
from models.ranking.sources.source import Source
from models.recipe.evaluation_lists import build_evaluation_lists
from models.training.corpus import PART_VALID

HEADS = ("like", "rating", "genre", "device")
AS_THEY_ARE = {name: Calibration() for name in (*HEADS, NEXT)}


@pytest.fixture(scope="module")
def lists(shop_data, make_network):
    predictor = CorpusPredictor.of(make_network(), shop_data.corpus, torch.device("cpu"))
    items = ServedItems.of(predictor, shop_data.dataset.items, PART_VALID)
    return predictor, build_evaluation_lists(shop_data, PART_VALID), items


def test_candidates_are_what_was_not_seen(lists):
    predictor, chosen, items = lists
    case, rows = chosen.case, chosen.rows
    found = score_candidates(predictor, chosen, items, AS_THEY_ARE, Budget(300))
    assert set(found.values) == {NEXT, *HEADS}
    assert all(value.shape == found.items.shape == (len(case), 100) for value in found.values.values())
    logits = np.concatenate([predictor.next_logits(moments) for moments in predictor.encode_moments(rows)])
    for number, candidates in enumerate(found.items):
        seen = set(case.seen[[number]].indices.tolist())
        there = candidates[candidates >= 0].tolist()
        assert set(there) == set(range(100)) - seen and len(there) == len(set(there))
        chances = softmax(logits[number][None])[0]
        np.testing.assert_allclose(found.values[NEXT][number][: len(there)], chances[there], rtol=1e-4)


def test_a_small_budget_keeps_the_best_by_next_and_the_shares_of_the_other_sources(lists):
    predictor, chosen, items = lists
    found = score_candidates(predictor, chosen, items, AS_THEY_ARE, Budget(12))
    assert found.items.shape == (len(chosen.case), 12)
    for number, candidates in enumerate(found.items):
        (moments,) = predictor.encode_moments(chosen.rows[[number]])
        logits = predictor.next_logits(moments)[0]
        seen = chosen.case.seen[[number]].indices
        unseen = np.setdiff1d(np.arange(100), seen)
        best = unseen[np.argmax(logits[unseen])]
        assert best in candidates


def test_the_candidates_alone_are_ranked_by_their_fused_score(lists):
    predictor, chosen, items = lists
    found = score_candidates(predictor, chosen, items, AS_THEY_ARE, Budget(6))
    utilities = {name: Utility(low=0, high=1, log=name == NEXT) for name in (NEXT, *HEADS)}
    fusion = Fusion(utilities=utilities, weights={"like": 1.0})
    ranked = rank_candidates(found, items, fusion, PURE_ORDER, 8)
    assert (ranked[:, 6:] == -1).all()
    assert (rank_candidates(found, items, fusion, PURE_ORDER, 3) == ranked[:, :3]).all()
    for number, candidates in enumerate(found.items):
        order = np.argsort(-found.values["like"][number], kind="stable")
        assert ranked[number, :6].tolist() == candidates[order].tolist()


def test_of_equal_scores_the_candidate_found_first_comes_first(lists):
    _, _, items = lists
    found = CandidateValues(
        np.array([[7, 2, 5, -1]]),
        {NEXT: np.array([[0.5, 0.5, 0.9, 9.0]], dtype=np.float32)},
        np.array([False]),
    )
    fusion = Fusion(utilities={NEXT: Utility(low=0, high=1)}, weights={NEXT: 1.0})
    assert rank_candidates(found, items, fusion, PURE_ORDER, 4).tolist() == [[5, 7, 2, -1]]


def test_no_lists_at_all(lists):
    predictor, chosen, items = lists
    none = chosen.take_evenly(0)
    found = score_candidates(predictor, none, items, AS_THEY_ARE, Budget(300))
    assert found.items.shape == (0, 100)
    assert {name: value.shape for name, value in found.values.items()} == dict.fromkeys(
        (NEXT, *HEADS), (0, 100)
    )


def test_predict_events(lists):
    predictor, chosen, _ = lists
    rows = chosen.rows
    found = predict_events(predictor, rows[:7])
    assert found.heads["genre"].shape == (7, 3)
    assert found.heads["like"].shape == (7, 1)
    expected = np.concatenate(
        [
            predictor.head_logits(m, predictor.corpus.items[m.rows, None])["like"][:, 0]
            for m in predictor.encode_moments(rows[:7])
        ]
    )
    np.testing.assert_array_equal(found.heads["like"], expected)


def test_an_item_without_events_has_its_own_labels(lists):
    """Nobody takes the cold item, yet a `genre` value is of its own genres, as in the service."""
    predictor, chosen, items = lists
    rows = chosen.rows
    cold = 6  # romance and drama
    genre = next(one for one in predictor.corpus.labels if one.head.task.name == "genre")
    assert genre.head.classes == ("Drama", "Romance", "War")
    corpus = replace(
        predictor.corpus, items=np.where(predictor.corpus.items == cold, 8, predictor.corpus.items)
    )
    predictor = replace(predictor, corpus=corpus)
    some = EvaluationLists(chosen.case.take(np.arange(5)), rows[:5], chosen.gains[np.arange(5)], {})
    found = score_candidates(predictor, some, items, AS_THEY_ARE, Budget(300))
    number, place = (int(which[0]) for which in np.nonzero(found.items == cold))
    (moments,) = predictor.encode_moments(rows[:5])
    chances = sigmoid(predictor.head_logits(moments, found.items.clip(0))["genre"][number, place])
    assert found.values["genre"][number, place] == pytest.approx(chances[:2].mean(), rel=1e-5)


def test_a_toy_source_is_in_the_lists_that_the_evaluation_measures(lists):
    """With one line in the registry that the service reads, the least likely item reaches every list."""
    predictor, chosen, items = lists

    def find_farthest(request, k):
        scores = np.where(request.allowed, request.items.vectors @ request.vector, np.inf)
        return np.argsort(scores, kind="stable")[:k]

    utilities = {name: Utility(low=0, high=1) for name in (NEXT, *HEADS)}
    fusion = Fusion(utilities=utilities, weights={NEXT: 1.0})

    def worst_served():
        found = score_candidates(predictor, chosen, items, AS_THEY_ARE, Budget(12))
        return rank_candidates(found, items, fusion, PURE_ORDER, 12)[:, -1]

    logits = np.concatenate(
        [predictor.next_logits(moments) for moments in predictor.encode_moments(chosen.rows)]
    )
    seen = np.stack([chosen.case.seen[[number]].toarray()[0] > 0 for number in range(len(chosen.case))])
    farthest = np.where(seen, np.inf, logits).argmin(axis=1)
    assert (worst_served() != farthest).any()
    toy = Source("farthest", find_farthest, Fraction(1, 12))
    ARRAY_SOURCES.append(toy)
    try:
        np.testing.assert_array_equal(worst_served(), farthest)
    finally:
        ARRAY_SOURCES.remove(toy)


def test_a_head_on_items_needs_labels_of_every_item(lists):
    """Labels of interactions would be those of another item than the candidate."""
    predictor, chosen, items = lists
    of = {labels.head.task.name: labels for labels in predictor.corpus.labels}
    wrong = replace(of["genre"], targets=of["device"].targets)
    labels = tuple(wrong if one is of["genre"] else one for one in predictor.corpus.labels)
    predictor = replace(predictor, corpus=replace(predictor.corpus, labels=labels))
    with pytest.raises(ValueError, match="expected labels of every item for the head 'genre'"):
        score_candidates(predictor, chosen, items, AS_THEY_ARE, Budget(12))
