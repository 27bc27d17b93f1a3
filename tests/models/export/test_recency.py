"""The recency gains are those that rank validation best, within a session and for who returns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.contract.recency import RecencyGains
from models.evaluation.inference import CHUNK, CorpusPredictor
from models.export.recency import GAINS, LEAST_LISTS, choose_gain, fit_recency, measure_gains
from models.recipe.evaluation_lists import build_evaluation_lists, build_next_event_lists
from models.training.corpus import PART_VALID


@pytest.fixture(scope="module")
def predictor(quick_shop, make_network) -> CorpusPredictor:
    return CorpusPredictor.of(make_network(), quick_shop.corpus, torch.device("cpu"))


@pytest.fixture(scope="module")
def samples(quick_shop):
    return build_evaluation_lists(quick_shop, PART_VALID), build_next_event_lists(quick_shop, PART_VALID, 400)


def test_the_best_gain_of_each_class_is_taken(predictor, samples):
    """With the predictor's own recency left out of account."""
    found = fit_recency(replace(predictor, recency=RecencyGains(in_session=9, returning=9)), samples)
    quality = [measure_gains(predictor, sample) for sample in samples]
    assert {bool(returns) for one in quality for returns in one.returning} == {True, False}
    for gain, returns in ((found.in_session, False), (found.returning, True)):
        parts = [one.ndcg[:, one.returning == returns] for one in quality]
        means = np.mean([part.mean(axis=1) for part in parts if part.shape[1] >= LEAST_LISTS], axis=0)
        assert means[GAINS.index(gain)] == means.max()
        assert (means[: GAINS.index(gain)] < means.max()).all()


def test_a_gain_is_measured_as_it_is_served(predictor, samples):
    quality = measure_gains(predictor, samples[0])
    served = replace(predictor, recency=RecencyGains(in_session=2, returning=2))
    alone = measure_gains(served, samples[0])
    np.testing.assert_array_equal(quality.ndcg, alone.ndcg)
    logits = np.concatenate([served.next_logits(m) for m in served.encode_moments(samples[0].rows)])
    plain = np.concatenate([predictor.next_logits(m) for m in predictor.encode_moments(samples[0].rows)])
    recent = np.concatenate([served.recent_popularity(m) for m in served.encode_moments(samples[0].rows)])
    np.testing.assert_allclose(logits, plain + 2 * recent, rtol=1e-5)


def test_protocols_count_alike_and_small_ones_are_not_asked():
    """Gain 2 (number 5) is best for the first protocol, and the third, of 19 lists, is not asked."""
    first, second = np.full((len(GAINS), 20), 0.1), np.full((len(GAINS), 40), 0.1)
    first[5], second[3] = 0.4, 0.3
    small = np.full((len(GAINS), LEAST_LISTS - 1), 0.1)
    small[7] = 0.9
    assert choose_gain([first, second, small]) == GAINS[5]
    assert choose_gain([small]) == 0
    assert choose_gain([np.full((len(GAINS), 20), 0.1)]) == 0


def test_without_times_there_is_no_recent(predictor, samples):
    spec = predictor.corpus.spec.model_copy(update={"timed": False})
    untimed = replace(predictor, corpus=replace(predictor.corpus, spec=spec))
    assert fit_recency(untimed, samples) == RecencyGains()


def test_all_gains_are_tried_on_the_logits_of_one_pass(predictor, samples, monkeypatch):
    held, logits_of = [], CorpusPredictor.next_logits

    def counted(self, moments):
        held.append(len(moments.rows))
        return logits_of(self, moments)

    monkeypatch.setattr(CorpusPredictor, "next_logits", counted)
    measure_gains(predictor, samples[1])
    assert sum(held) == len(samples[1].case)
    assert max(held) <= CHUNK
