"""The best job gives the network of its trial, wherever the study's folder is."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.job.spec import load_job
from models.job.yaml_reader import read_document
from models.recipe.ingestion import JobData
from models.recipe.sizes import LARGE_LOG, HadItems, choose_job_sizes
from models.recipe.tuning.best_job import write_best_job
from models.recipe.tuning.space import set_job_values
from models.recipe.tuning.summary import TrialRow
from models.recipe.tuning.trial import prepare_lists, set_job, train_trial
from tests.models.recipe.tuning.conftest import JOB, Searched


def ignore(*_arguments: object) -> None:
    """Take what a trial reports."""


def test_it_trains_the_network_of_the_trial(
    searched: Searched, make_ingested: Callable[[Path], JobData]
) -> None:
    """Anew from its file, without a study: the figures are those of the trial to the last digit."""
    data = make_ingested(searched.folder / "best.yaml")
    figures = train_trial(data, prepare_lists(data), ignore, ignore)
    best = searched.summary["best"]["figures"]
    assert (figures.ndcg, figures.at_cut, figures.loss) == (best["ndcg"], best["at_cut"], best["loss"])


def test_it_is_the_job_but_for_the_best_values(searched: Searched) -> None:
    job, best = load_job(searched.job), load_job(searched.folder / "best.yaml")
    assert set_job_values(job, searched.summary["best"]["values"]) == best
    text = (searched.folder / "best.yaml").read_text()
    assert text.startswith(
        f"# job.yaml with the values of trial {searched.summary['best']['number']} of `chorus tune`"
    )
    assert "path: ../shop/events.csv" in text


def test_sizes_that_were_chosen_from_the_data_stay_beside_a_width_that_is_stated(
    make_shop: Callable[..., Path], tmp_path: Path
) -> None:
    """A stated width keeps `chorus train` from choosing the others, so the best job states them."""
    path = make_shop(tmp_path, **{**JOB, "network": None, "training": {"epochs": 2}})
    users = np.repeat(np.arange(LARGE_LOG // 100), 100)
    sized = choose_job_sizes(load_job(path), users, 100, HadItems(0.5, 0.0)).job
    assert (sized.network.attention_heads, sized.training.batch_size) == (4, 32)
    values = {"network.dim": 96, "training.weight_decay": 0.1}
    (tmp_path / "study").mkdir()
    write_best_job(path, sized, TrialRow(3, "complete", values, None, None), tmp_path / "study")
    best = choose_job_sizes(load_job(tmp_path / "study" / "best.yaml"), users, 100, HadItems(0.5, 0.0)).job
    trial = set_job_values(sized, values)
    assert (best.network, best.training) == (trial.network, trial.training)


@pytest.mark.parametrize("given", ["logs/*.csv", ["a.csv", "b.csv"], "/data/a.csv", "~/a.csv"])
def test_paths_keep_their_files(
    make_shop: Callable[..., Path], shop_data: JobData, tmp_path: Path, given: str | list[str]
) -> None:
    path = make_shop(tmp_path / "shop", interactions={"path": given, "user": "u", "item": "i", "time": "t"})
    (tmp_path / "real" / "deep").mkdir(parents=True)
    (tmp_path / "study").symlink_to(tmp_path / "real" / "deep")
    write_best_job(path, shop_data.job, TrialRow(0, "complete", {}, None, None), tmp_path / "study")
    found = read_document(tmp_path / "study" / "best.yaml")["interactions"]["path"]
    moved = {
        "logs/*.csv": "../../shop/logs/*.csv",
        "/data/a.csv": "/data/a.csv",
        "~/a.csv": "~/a.csv",
    }
    assert found == (["../../shop/a.csv", "../../shop/b.csv"] if isinstance(given, list) else moved[given])


def test_descriptions_keep_their_files(
    make_shop: Callable[..., Path], shop_data: JobData, tmp_path: Path
) -> None:
    items = {"path": "items.jsonl", "id": "id", "descriptions": ["en.jsonl", "/data/de.jsonl"]}
    path = make_shop(tmp_path / "shop", items=items)
    (tmp_path / "study").mkdir()
    write_best_job(path, shop_data.job, TrialRow(0, "complete", {}, None, None), tmp_path / "study")
    found = read_document(tmp_path / "study" / "best.yaml")["items"]
    assert found == {
        "path": "../shop/items.jsonl",
        "id": "id",
        "descriptions": ["../shop/en.jsonl", "/data/de.jsonl"],
    }


def test_the_half_life_of_a_trial_is_in_its_statistics(
    make_shop: Callable[..., Path], make_ingested: Callable[[Path], JobData], tmp_path: Path
) -> None:
    """As if the job had stated it."""
    short = {"half_life_days": 2}
    data = make_ingested(make_shop(tmp_path / "one", **JOB))
    stated = make_ingested(make_shop(tmp_path / "two", **{**JOB, "network": {"dim": 16, **short}}))
    trial = set_job(data, set_job_values(data.job, {"network.half_life_days": 2}))
    assert not np.array_equal(data.corpus.statistics, trial.corpus.statistics)
    np.testing.assert_array_equal(trial.corpus.statistics, stated.corpus.statistics)
    assert set_job(data, data.job).corpus is data.corpus
