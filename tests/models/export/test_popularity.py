"""The recency gain is the one that ranks validation best."""

import numpy as np
import pytest
import torch

from models.evaluation.full_ranking import mean_ndcg, rank_lists
from models.evaluation.inference import CHUNK, CorpusPredictor
from models.export.popularity import GAINS, fit_recency_gain
from models.recipe.evaluation_lists import build_part_case, find_first_rows
from models.training.corpus import PART_VALID


@pytest.fixture
def lists(shop_data, make_network):
    predictor = CorpusPredictor.of(make_network(), shop_data.corpus, torch.device("cpu"))
    case = build_part_case(shop_data, PART_VALID)
    return predictor, find_first_rows(shop_data.corpus, PART_VALID, case), case


def ndcg(predictor, rows, case) -> float:
    logits = np.concatenate([predictor.next_logits(moments) for moments in predictor.encode_moments(rows)])
    return mean_ndcg(rank_lists(lambda batch: logits[batch], case), case)


def test_the_best_is_kept(lists):
    predictor, rows, case = lists
    found = fit_recency_gain(predictor, rows, case)
    assert set(found) == set(GAINS)
    gain = float(predictor.network.items.recency_gain)
    assert found[gain] == max(found.values())
    assert found[gain] == pytest.approx(ndcg(predictor, rows, case))
    assert all(found[smaller] < found[gain] for smaller in GAINS if smaller < gain)


def test_where_popularity_is_all_there_is_the_gain_is_large(lists):
    """Relevant is the most popular unseen item: the network itself knows nothing, and its noise is to be overcome."""
    predictor, rows, case = lists
    snapshot = predictor.corpus.part_snapshot[PART_VALID]
    recent = predictor.corpus.statistics[snapshot, :, 0]
    relevant = np.zeros(case.seen.shape, bool)
    for number in range(len(case)):
        open_items = np.setdiff1d(np.arange(100), case.seen[[number]].indices)
        relevant[number, open_items[recent[open_items].argmax()]] = True
    popular = type(case)(case.users, case.seen, type(case.relevant)(relevant))
    with torch.no_grad():
        predictor.network.items.id_bias.weight.normal_(std=0.5)
    predictor = CorpusPredictor.of(predictor.network, predictor.corpus, torch.device("cpu"))
    found = fit_recency_gain(predictor, rows, popular)
    assert float(predictor.network.items.recency_gain) >= 1.0
    assert found[0.0] < max(found.values())


def test_without_lists_it_stays_nothing(lists):
    predictor, rows, case = lists
    none = type(case)(case.users[:0], case.seen[:0], case.relevant[:0])
    found = fit_recency_gain(predictor, rows[:0], none)
    assert list(found) == [0.0]
    assert float(predictor.network.items.recency_gain) == 0


def test_all_gains_are_tried_on_the_logits_of_one_pass(lists, monkeypatch):
    predictor, rows, case = lists
    held, logits_of = [], CorpusPredictor.next_logits

    def counted(self, moments):
        held.append(len(moments.rows))
        return logits_of(self, moments)

    monkeypatch.setattr(CorpusPredictor, "next_logits", counted)
    fit_recency_gain(predictor, rows, case)
    assert sum(held) == len(case)
    assert max(held) <= CHUNK
