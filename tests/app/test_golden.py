"""The golden requests: passed as they are, and refused at the first number that is off."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check, replay
from models.contract.bundle import BundleError

Rewrite = Callable[[Callable[[dict[str, Any]], None]], LoadedBundle]


@pytest.fixture
def rewrite(learnt: LoadedBundle, tmp_path: Path) -> Rewrite:
    """The bundle with its golden requests changed."""

    def rewritten(change: Callable[[dict[str, Any]], None]) -> LoadedBundle:
        golden = json.loads((learnt.folder / "golden.json").read_text())
        change(golden)
        (tmp_path / "golden.json").write_text(json.dumps(golden))
        return replace(learnt, folder=tmp_path)

    return rewritten


def _shift(golden: dict[str, Any], head: str, by: float) -> None:
    golden["requests"][2]["logits"][head][4][0] += by


def test_the_service_answers_as_the_offline_network_did(learnt: LoadedBundle) -> None:
    golden = json.loads((learnt.folder / "golden.json").read_text())
    assert replay(learnt) == len(golden["requests"]) > 5
    assert len({len(request["events"]) for request in golden["requests"]}) > 1  # short and long histories
    assert all(
        set(request["logits"]) == {"next", "like", "rating", "genre", "daypart"}
        for request in golden["requests"]
    )


@pytest.mark.parametrize("head", ["next", "like", "rating", "genre", "daypart"])
def test_a_logit_that_is_off_is_refused(rewrite: Rewrite, head: str) -> None:
    bundle = rewrite(lambda golden: _shift(golden, head, 0.01))
    with pytest.raises(
        BundleError, match=f"offline logits of '{head}' in golden request 2.*difference of 0.0"
    ):
        replay(bundle)


def test_rounding_is_let_pass(rewrite: Rewrite) -> None:
    assert replay(rewrite(lambda golden: _shift(golden, "like", 0.0005))) > 0


def _unknown_head(golden: dict[str, Any]) -> None:
    golden["requests"][0]["logits"]["colour"] = golden["requests"][0]["logits"]["like"]


def _too_few(golden: dict[str, Any]) -> None:
    golden["requests"][0]["logits"]["like"].pop()


def _ragged(golden: dict[str, Any]) -> None:
    golden["requests"][0]["logits"]["genre"][0].pop()


def _unknown_item(golden: dict[str, Any]) -> None:
    golden["requests"][0]["item_ids"][0] = "never"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_unknown_head, "expected finite logits .* of 'colour' in golden request 0"),
        (_too_few, "expected finite logits .* of 'like' in golden request 0"),
        (_ragged, "expected logits of one width for 'genre' in golden request 0"),
        (_unknown_item, "expected all items of golden request 0 .*in the catalogue"),
        (lambda golden: golden.pop("tolerance"), "expected golden requests at"),
    ],
)
def test_golden_requests_that_cannot_be_meant_are_refused(
    rewrite: Rewrite, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        replay(rewrite(change))


def test_a_bundle_without_golden_requests_is_refused(learnt: LoadedBundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="expected golden requests at"):
        replay(replace(learnt, folder=tmp_path))


def test_a_profile_text_is_read_as_in_training(trained: Path, tmp_path: Path) -> None:
    """A "no" in it too: only what is asked for or stated as an interest is taken apart."""
    for name in ("interactions.csv", "items.csv"):
        shutil.copy(trained.parent / name, tmp_path)
    users = [f"u{number},No fan of crime; I keep horses" for number in range(0, 40, 2)]
    (tmp_path / "users.csv").write_text("\n".join(["user_id,bio", *users]) + "\n")
    job = yaml.safe_load((trained.parent / "job.yaml").read_text())
    job["users"] = {"path": "users.csv", "id": "user_id", "text": ["bio"]}
    job["training"]["epochs"] = 1
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(job))
    assert main(["train", str(tmp_path / "job.yaml"), "--out", str(tmp_path / "bundle")]) == 0
    assert open_and_check(tmp_path / "bundle", 100).manifest.job == "shop"
