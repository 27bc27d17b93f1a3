"""The lists that the evaluation measures are those that the service answers over HTTP."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from app.batch.lists import answer_request
from app.bundle.loading import load_bundle
from app.cli import main
from models.contract.arrays import Indices
from models.contract.bundle import Manifest, read_manifest
from models.contract.list_request import ListRequest
from models.contract.tasks import NEXT
from models.evaluation.candidates import CandidateValues, EvaluationLists, ServedItems, score_candidates
from models.evaluation.inference import CorpusPredictor
from models.evaluation.served_lists import PURE_ORDER, plan_budget, rank_candidates
from models.job.spec import load_job
from models.ranking.budget import CANDIDATES
from models.ranking.rerank import Diversity
from models.recipe.diversity.calibrated_model import open_model
from models.recipe.evaluation_lists import build_evaluation_lists
from models.recipe.ingestion import JobData, ingest
from models.training.corpus import PART_TEST
from tests.action_log import ACTIONS, write_job

K = 10


@dataclass(frozen=True)
class Evaluated:
    """A bundle of what came before the test part, and the test part's lists."""

    bundle: Path
    manifest: Manifest
    predictor: CorpusPredictor
    data: JobData
    lists: EvaluationLists
    items: ServedItems
    candidates: CandidateValues


@pytest.fixture(scope="module", params=[False, True], ids=["the log alone", "with earlier events"])
def evaluated(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Evaluated:
    """With likes, dislikes and skips in the histories, which move the lists."""
    folder = tmp_path_factory.mktemp("lists")
    job, bundle = write_job(folder, ACTIONS, fit="train", histories=request.param), folder / "bundle"
    assert main(["train", str(job), "--out", str(bundle)]) == 0
    manifest = read_manifest(bundle)
    data = ingest(load_job(job), folder / "again", Console(file=io.StringIO()))
    measured = open_model(data, bundle, None)
    data, predictor = measured.data, measured.model.predictor
    lists = build_evaluation_lists(data, PART_TEST)
    items = ServedItems.of(predictor, data.dataset.items, PART_TEST)
    budget = plan_budget(manifest.fusion)
    candidates = score_candidates(predictor, lists, items, manifest.calibrations, budget)
    return Evaluated(bundle, manifest, predictor, data, lists, items, candidates)


@pytest.fixture(scope="module")
def answer(evaluated: Evaluated, launch_for_module: Any) -> Iterator[Callable[[dict[str, object]], Indices]]:
    """The item rows [C, K] that the service answers to the users of the lists, at their moments."""
    running = launch_for_module(evaluated.bundle, evaluated.bundle.parent / "state")
    dataset, corpus = evaluated.data.dataset, evaluated.data.corpus
    row_of = {item.item_id: row for row, item in enumerate(dataset.items)}
    times = dataset.interactions.times[corpus.log_rows[evaluated.lists.rows]]

    def ask(extra: dict[str, object]) -> Indices:
        lists = np.full((len(times), K), -1, dtype=np.int64)
        pairs = zip(evaluated.lists.case.users.tolist(), times.tolist(), strict=True)
        for number, (user, time) in enumerate(pairs):
            body = {"user_id": dataset.user_ids[user], "limit": K, "context": {"timestamp": time}, **extra}
            items = running.http.post("/v1/recommend", json=body).raise_for_status().json()["items"]
            lists[number, : len(items)] = [row_of[item["item_id"]] for item in items]
        return lists

    yield ask


@pytest.mark.parametrize(
    ("diversity", "extra"),
    [
        (None, {}),
        (PURE_ORDER, {"diversity": {"method": "none"}}),
        (Diversity("dpp", 0.5), {"diversity": {"method": "dpp", "strength": 0.5}}),
    ],
    ids=["by default", "pure order", "dpp"],
)
def test_offline_lists_are_the_services(
    evaluated: Evaluated,
    answer: Callable[[dict[str, object]], Indices],
    diversity: Diversity | None,
    extra: dict[str, object],
) -> None:
    fusion, default = evaluated.manifest.fusion, evaluated.manifest.diversity
    settings = diversity or Diversity(default.method, default.strength)
    offline = rank_candidates(
        evaluated.candidates, evaluated.items, fusion, settings, K, keeps_intent=diversity is None
    )
    assert len(offline) > 20
    np.testing.assert_array_equal(answer(extra), offline)


def test_lists_of_the_benchmark_are_the_offline_ones(evaluated: Evaluated) -> None:
    """`chorus benchmark` asks the request path without HTTP, by `next` alone."""
    fusion = evaluated.manifest.fusion.model_copy(update={"weights": {NEXT: 1.0}})
    candidates = score_candidates(
        evaluated.predictor,
        evaluated.lists,
        evaluated.items,
        evaluated.manifest.calibrations,
        plan_budget(fusion),
    )
    offline = rank_candidates(candidates, evaluated.items, fusion, PURE_ORDER, K)
    bundle, dataset = load_bundle(evaluated.bundle, CANDIDATES), evaluated.data.dataset
    row_of = {item.item_id: row for row, item in enumerate(dataset.items)}
    times = dataset.interactions.times[evaluated.data.corpus.log_rows[evaluated.lists.rows]]
    for number, (user, time) in enumerate(
        zip(evaluated.lists.case.users.tolist(), times.tolist(), strict=True)
    ):
        listed = answer_request(bundle, ListRequest(dataset.user_ids[user]), K, time)
        assert [row_of[item_id] for item_id in listed] == offline[number].tolist()
