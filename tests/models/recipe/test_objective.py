"""What a slate is worth, over the shop: the outcomes of what was taken, and what each head brings."""

import numpy as np
import pytest
import torch

from models.contract.bundle import DefaultDiversity
from models.contract.calibration import Calibration
from models.contract.fusion import Fusion, Utility
from models.contract.tasks import NEXT
from models.evaluation.calibrated_model import CalibratedModel
from models.evaluation.candidates import ServedItems, score_candidates
from models.evaluation.inference import CorpusPredictor
from models.evaluation.objective_table import FITTED, tabulate_objective
from models.evaluation.report.schema import SERVED
from models.evaluation.served_lists import PURE_ORDER, rank_candidates
from models.export.diversity import LEAST_LISTS, MOST_COST, fit_diversity
from models.export.fitting import judge_candidates
from models.job.errors import JobError
from models.ranking.budget import Budget
from models.recipe.evaluation_lists import build_evaluation_lists, build_next_event_lists
from models.recipe.objective import measure_outcomes, sum_outcomes
from models.training.corpus import PART_VALID

HEADS = (NEXT, "like", "rating", "genre", "device")


@pytest.fixture(scope="module")
def model(shop_data, make_network) -> CalibratedModel:
    predictor = CorpusPredictor.of(make_network(), shop_data.corpus, torch.device("cpu"))
    utilities = {name: Utility(low=0, high=1, log=name == NEXT) for name in HEADS}
    fusion = Fusion(utilities=utilities, weights={NEXT: 1.0, "like": 0.5, "genre": 0.0})
    calibrations = {name: Calibration() for name in HEADS}
    return CalibratedModel(predictor, calibrations, fusion, DefaultDiversity(strength=0.2))


def test_outcomes_by_hand(shop_data):
    found, corpus = measure_outcomes(shop_data), shop_data.corpus
    values = corpus.log.values[corpus.log_rows]
    assert set(found) == {NEXT, "like", "rating"}  # labels of the item or of the moment are no outcomes
    assert (found[NEXT] == 1).all()
    known = ~np.isnan(values)
    np.testing.assert_allclose(found["rating"][known], (values[known] - 1) / 4, atol=1e-6)
    assert found["rating"][~known].sum() == 0


def test_a_relevant_item_is_worth_its_users_first_event(shop_data):
    lists = build_next_event_lists(shop_data, PART_VALID, 50)
    outcomes = measure_outcomes(shop_data)
    rows, columns = lists.case.relevant.nonzero()
    assert rows.tolist() == list(range(len(lists.case)))
    for head, outcome in outcomes.items():
        np.testing.assert_allclose(lists.outcomes[head].toarray()[rows, columns], outcome[lists.rows])
    doubled = sum_outcomes(lists.outcomes, {NEXT: 2.0}).toarray()
    np.testing.assert_allclose(doubled, 2 * lists.case.relevant.toarray())


def test_each_order_has_its_row(shop_data, model):
    items = ServedItems.of(model.predictor, shop_data.dataset.items, PART_VALID)
    lists = build_evaluation_lists(shop_data, PART_VALID)
    candidates = score_candidates(model.predictor, lists, items, model.calibrations, Budget(300))
    served = rank_candidates(candidates, items, model.fusion, PURE_ORDER, 10)
    rows = {row.name: row for row in tabulate_objective(model, items, lists, candidates, served)}
    assert list(rows) == [
        SERVED, FITTED, "next alone", "like alone", "rating alone", "without next", "without like",
    ]  # fmt: skip
    assert rows[FITTED].difference is None
    assert rows[SERVED].difference == (0, 0, 0) and rows[SERVED].objective == rows[FITTED].objective
    assert rows["without like"].objective == rows["next alone"].objective
    hits = np.take_along_axis(lists.case.relevant.toarray(), served[:, :10].clip(0), 1) & (
        served[:, :10] >= 0
    )
    assert rows[SERVED].outcomes[NEXT] == pytest.approx(hits.mean())
    assert 0 <= rows[SERVED].outcomes["like"] <= rows[SERVED].outcomes[NEXT]


def test_the_default_diversity_costs_at_most_its_share(shop_data, model):
    items = ServedItems.of(model.predictor, shop_data.dataset.items, PART_VALID)
    lists = build_evaluation_lists(shop_data, PART_VALID)
    candidates = score_candidates(model.predictor, lists, items, model.calibrations, Budget(300))
    judged = judge_candidates(lists, candidates)
    assert len(judged) >= LEAST_LISTS
    found = fit_diversity([candidates], [judged], items, model.fusion)
    by_setting = {(trial.setting.method, trial.setting.strength): trial for trial in found.trials}
    assert {method for method, _ in by_setting} == {"mmr", "dpp"}
    least = (1 - MOST_COST) * found.trials[0].objective
    assert found.trials[0].setting.strength == 0
    chosen = by_setting[found.default.method, found.default.strength]
    assert chosen.objective >= least
    more = [t for t in found.trials if t.intra_list_diversity > chosen.intra_list_diversity]
    assert more and all(trial.objective < least for trial in more)
    for method in ("mmr", "dpp"):
        assert by_setting[method, 0.5].intra_list_diversity > found.trials[0].intra_list_diversity
    few = lists.take_evenly(LEAST_LISTS - 1)
    some = score_candidates(model.predictor, few, items, model.calibrations, Budget(300))
    assert fit_diversity([some], [judge_candidates(few, some)], items, model.fusion).trials == ()


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ({"genre": 1}, "objective.genre: expected one of the heads with an outcome, next, like"),
        ({"like": -1}, "objective.like: expected a finite weight of at least 0"),
        ({"next": 0}, "objective: expected at least one weight above 0"),
    ],
)
def test_an_objective_that_cannot_be_is_named(job, write, objective, message):
    write("log.csv", "u,i,t,v\nann,A,1,5\n")
    write("items.csv", "id,genres\nA,x\n")
    with pytest.raises(JobError, match=message):
        job(
            interactions={"path": "log.csv", "user": "u", "item": "i", "time": "t", "value": "v"},
            items={"path": "items.csv", "id": "id", "categories": "genres"},
            tasks=[
                {"name": "like", "kind": "binary", "label": "value >= 4"},
                {"name": "genre", "kind": "multilabel", "label": "item.genres"},
            ],
            objective=objective,
        )
