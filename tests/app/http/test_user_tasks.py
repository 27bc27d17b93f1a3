"""Tasks a user from the job over the bundle to HTTP: one prediction for a whole list, which orders nothing."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import yaml

from models.contract.bundle import REPORT, read_manifest
from tests.conftest import quiet_environment, write_shop

Serve = Callable[..., AbstractContextManager[httpx.Client]]
BACK = {"name": "back", "kind": "binary", "per": "user", "label": "value >= 4 within 9h"}


@pytest.fixture(scope="module", params=["weighted_mean", "stacking"])
def bundle(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The shop with a task a user: whether something good is taken within nine hours."""
    job_file = write_shop(tmp_path_factory.mktemp("user_tasks"))
    job = yaml.safe_load(job_file.read_text())
    job["tasks"].append(BACK)
    job |= {"text_encoder": None, "fusion": request.param, "training": {**job["training"], "epochs": 4}}
    job_file.write_text(yaml.safe_dump(job))
    out = job_file.parent / "bundle"
    command = [sys.executable, "-m", "app.cli", "train", str(job_file), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, env=quiet_environment(), check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


@pytest.fixture(scope="module")
def shop(serve: Serve, bundle: Path) -> Iterator[httpx.Client]:
    with serve(bundle_dir=bundle) as client:
        yield client


def test_the_report_judges_it_and_the_fusion_leaves_it_out(bundle: Path) -> None:
    heads = {head["name"]: head for head in json.loads((bundle / REPORT).read_text())["heads"]}
    assert heads["back"]["count"] > 0
    assert read_manifest(bundle).fusion.weights["back"] == 0


def test_a_list_has_one_prediction_of_it(shop: httpx.Client) -> None:
    items = shop.post("/v1/recommend", json={"user_id": "u1", "limit": 20}).json()["items"]
    pairs = {"groups": [{"user_id": "u1", "item_ids": [item["item_id"] for item in items]}]}
    answer = shop.post("/v1/batch-score", json=pairs).json()
    values = [{one["heads"][name] for one in answer["groups"][0]["scores"]} for name in ("back", "like")]
    assert len(values[0]) == 1 and 0 < values[0].pop() < 1 and len(values[1]) > 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weights": {"next": 1, "back": 1}}, "weights.back"),
        ({"plan": {"weights": {"back": 1}}}, "plan.weights.back"),
    ],
)
def test_it_cannot_order_a_list(shop: httpx.Client, body: dict[str, object], field: str) -> None:
    answer = shop.post("/v1/recommend", json={"user_id": "u1", **body})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["field"]) == ("unknown_head", field)
    assert "expected one of next, like, rating, genre, daypart, given 'back'" in error["message"]
