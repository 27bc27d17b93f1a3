"""The network's lists: candidates by `next`, unseen, each with every head's calibrated value."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.contract.calibration import Calibration, sigmoid, softmax
from models.contract.fusion import Fusion, Utility
from models.contract.tasks import NEXT
from models.evaluation import candidates
from models.evaluation.candidates import CandidateValues, predict_events, rank_candidates, score_candidates
from models.evaluation.inference import CorpusPredictor
from models.recipe.training import cutoff_case, first_rows_of_case
from models.training.corpus import PART_VALID

HEADS = ("like", "rating", "genre", "device")
AS_THEY_ARE = {name: Calibration() for name in (*HEADS, NEXT)}


@pytest.fixture(scope="module")
def lists(shop_data, make_network):
    predictor = CorpusPredictor.of(make_network(), shop_data.corpus, torch.device("cpu"))
    case = cutoff_case(shop_data, PART_VALID)
    return predictor, first_rows_of_case(shop_data.corpus, PART_VALID, case), case


def test_candidates_are_the_best_that_were_not_seen(lists):
    predictor, rows, case = lists
    found = score_candidates(predictor, rows, case, AS_THEY_ARE)
    assert set(found.values) == {NEXT, *HEADS}
    assert all(value.shape == found.items.shape == (len(case), 100) for value in found.values.values())
    logits = np.concatenate([predictor.next_logits(moments) for moments in predictor.encode_moments(rows)])
    for number, items in enumerate(found.items):
        seen = set(case.seen[[number]].indices.tolist())
        there = items[items >= 0].tolist()
        assert set(there) == set(range(100)) - seen
        assert np.argsort(-logits[number, there], kind="stable").tolist() == list(range(len(there)))
        chances = softmax(logits[number][None])[0]
        np.testing.assert_allclose(found.values[NEXT][number][: len(there)], chances[there], rtol=1e-4)


def test_the_candidates_alone_are_ranked_by_their_fused_score(lists, monkeypatch):
    monkeypatch.setattr(candidates, "CANDIDATES", 5)
    predictor, rows, case = lists
    found = score_candidates(predictor, rows, case, AS_THEY_ARE)
    utilities = {name: Utility(low=0, high=1, log=name == NEXT) for name in (NEXT, *HEADS)}
    fusion = Fusion(utilities=utilities, weights={"like": 1.0})
    ranked = rank_candidates(found, fusion, 7)
    assert (ranked[:, 5:] == -1).all()
    assert (rank_candidates(found, fusion, 3) == ranked[:, :3]).all()
    for number, items in enumerate(found.items):
        order = np.argsort(-found.values["like"][number], kind="stable")
        assert ranked[number, :5].tolist() == items[order].tolist()


def test_equal_scores_put_the_lower_item_first():
    found = CandidateValues(
        np.array([[7, 2, 5, -1]]), {NEXT: np.array([[0.5, 0.5, 0.9, 9.0]], dtype=np.float32)}
    )
    fusion = Fusion(utilities={NEXT: Utility(low=0, high=1)}, weights={NEXT: 1.0})
    assert rank_candidates(found, fusion, 4).tolist() == [[5, 2, 7, -1]]


def test_no_lists_at_all(lists):
    predictor, rows, case = lists
    none = type(case)(case.users[:0], case.seen[:0], case.relevant[:0])
    found = score_candidates(predictor, rows[:0], none, AS_THEY_ARE)
    assert found.items.shape == (0, 100)
    assert {name: value.shape for name, value in found.values.items()} == dict.fromkeys(
        (NEXT, *HEADS), (0, 100)
    )


def test_predict_events(lists):
    predictor, rows, _ = lists
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
    predictor, rows, case = lists
    cold = 6  # romance and drama
    genre = next(one for one in predictor.corpus.labels if one.head.task.name == "genre")
    assert genre.head.classes == ("Drama", "Romance", "War")
    corpus = replace(
        predictor.corpus, items=np.where(predictor.corpus.items == cold, 8, predictor.corpus.items)
    )
    predictor = replace(predictor, corpus=corpus)
    found = score_candidates(
        predictor, rows[:5], type(case)(case.users[:5], case.seen[:5], case.relevant[:5]), AS_THEY_ARE
    )
    number, place = (int(which[0]) for which in np.nonzero(found.items == cold))
    (moments,) = predictor.encode_moments(rows[:5])
    chances = sigmoid(predictor.head_logits(moments, found.items.clip(0))["genre"][number, place])
    assert found.values["genre"][number, place] == pytest.approx(chances[:2].mean(), rel=1e-5)
