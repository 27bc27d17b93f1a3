"""The recency gain is the one that ranks validation best."""

import numpy as np
import pytest
import torch

from models.evaluation.full_ranking import accuracy, recommend_all
from models.evaluation.inference import CHUNK, Reader
from models.export.popularity import GAINS, fit_recency_gain
from models.recipe.training import cutoff_case, first_rows_of_case
from models.training.corpus import PART_VALID


@pytest.fixture
def lists(shop_data, make_network):
    reader = Reader.of(make_network(), shop_data.corpus, torch.device("cpu"))
    case = cutoff_case(shop_data, PART_VALID)
    return reader, first_rows_of_case(shop_data.corpus, PART_VALID, case), case


def ndcg(reader, rows, case) -> float:
    logits = np.concatenate([reader.next_logits(moments) for moments in reader.moments(rows)])
    return accuracy(recommend_all(lambda batch: logits[batch], case), case).ndcg


def test_the_best_is_kept(lists):
    reader, rows, case = lists
    found = fit_recency_gain(reader, rows, case)
    assert set(found) == set(GAINS)
    gain = float(reader.network.items.recency_gain)
    assert found[gain] == max(found.values())
    assert found[gain] == pytest.approx(ndcg(reader, rows, case))
    assert all(found[smaller] < found[gain] for smaller in GAINS if smaller < gain)


def test_where_popularity_is_all_there_is_the_gain_is_large(lists):
    """Relevant is the most popular unseen item: the network itself knows nothing, and its noise is to be overcome."""
    reader, rows, case = lists
    snapshot = reader.corpus.part_snapshot[PART_VALID]
    recent = reader.corpus.statistics[snapshot, :, 0]
    relevant = np.zeros(case.seen.shape, bool)
    for number in range(len(case)):
        open_items = np.setdiff1d(np.arange(100), case.seen[[number]].indices)
        relevant[number, open_items[recent[open_items].argmax()]] = True
    popular = type(case)(case.users, case.seen, type(case.relevant)(relevant))
    with torch.no_grad():
        reader.network.items.id_bias.weight.normal_(std=0.5)
    reader = Reader.of(reader.network, reader.corpus, torch.device("cpu"))
    found = fit_recency_gain(reader, rows, popular)
    assert float(reader.network.items.recency_gain) >= 1.0
    assert found[0.0] < max(found.values())


def test_without_lists_it_stays_nothing(lists):
    reader, rows, case = lists
    none = type(case)(case.users[:0], case.seen[:0], case.relevant[:0])
    found = fit_recency_gain(reader, rows[:0], none)
    assert list(found) == [0.0]
    assert float(reader.network.items.recency_gain) == 0


def test_all_gains_are_tried_on_the_logits_of_one_pass(lists, monkeypatch):
    reader, rows, case = lists
    held, logits_of = [], Reader.next_logits

    def counted(self, moments):
        held.append(len(moments.rows))
        return logits_of(self, moments)

    monkeypatch.setattr(Reader, "next_logits", counted)
    fit_recency_gain(reader, rows, case)
    assert sum(held) == len(case)
    assert max(held) <= CHUNK
