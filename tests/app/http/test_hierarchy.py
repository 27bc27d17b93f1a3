"""Category paths from the job over the bundle to HTTP: filters by prefix, levels as labels, puts, reasons."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
import yaml

from models.contract.bundle import FEATURES, ITEMS
from models.contract.records import read_items
from tests.conftest import genre_of, quiet_environment, write_shop

Serve = Callable[..., AbstractContextManager[httpx.Client]]
ROOTS = {"space": "Thrill", "crime": "Thrill", "romance": "Calm", "animals": "Calm"}
COUNT = 80


def path_of(item: int) -> str:
    return f"{ROOTS[genre_of(item)]} > {genre_of(item)} > {item // 4 % 2}"


def write_job(folder: Path, hierarchy: object) -> Path:
    """The shop with a column of paths in the place of its genres. Item 0 has two paths."""
    job_file = write_shop(folder)
    rows = [f"i{item},{path_of(item)}" for item in range(COUNT)]
    rows[0] += "|Calm > gifts"
    (folder / "items.csv").write_text("\n".join(["item_id,category", *rows]) + "\n")
    job = yaml.safe_load(job_file.read_text())
    job["items"] = {"path": "items.csv", "id": "item_id", "categories": "category", "hierarchy": hierarchy}
    job["tasks"][2]["label"] = "item.category"
    job |= {"text_encoder": None, "training": {**job["training"], "epochs": 12}}
    job_file.write_text(yaml.safe_dump(job))
    return job_file


def train(job_file: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "train",
        str(job_file),
        "--out",
        str(job_file.parent / "paths"),
    ]
    return subprocess.run(command, capture_output=True, text=True, env=quiet_environment(), check=False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    job_file = write_job(tmp_path_factory.mktemp("paths"), " > ")
    run = train(job_file)
    assert run.returncode == 0, run.stdout + run.stderr
    return job_file.parent / "paths"


@pytest.fixture(scope="module")
def shop(serve: Serve, bundle: Path) -> Iterator[httpx.Client]:
    with serve(bundle_dir=bundle) as client:
        yield client


def found(shop: httpx.Client, op: str, value: object, **body: object) -> dict[str, list[str]]:
    """Item id -> its paths, of the items that a filter on the category selects."""
    rule = {"field": "category", "op": op, "value": value}
    asked = {"session": [], "limit": 100, "filter": rule, "fields": ["category"], **body}
    response = shop.post("/v1/recommend", json=asked)
    assert response.status_code == 200, response.text
    return {item["item_id"]: item["fields"]["category"] for item in response.json()["items"]}


def below(prefix: str) -> set[str]:
    return {f"i{item}" for item in range(COUNT) if path_of(item).startswith(prefix)}


def test_the_bundle_has_each_level_as_a_label_and_a_feature(bundle: Path) -> None:
    items = {item.item_id: item for item in read_items(bundle / ITEMS)}
    assert items["i0"].attributes["category"] == (
        "Thrill", "Thrill > space", "Thrill > space > 0", "Calm", "Calm > gifts",
    )  # fmt: skip
    spec = json.loads((bundle / FEATURES).read_text())
    assert spec["item_fields"][0]["hierarchy"] == " > "
    levels = {f"category={level}" for level in ("Thrill", "Thrill > space", "Thrill > space > 0", "Calm")}
    assert levels <= set(spec["item_tokens"]["tokens"])
    classes = json.loads((bundle / "manifest.json").read_text())["heads"][2]["classes"]
    assert {"Thrill", "Thrill > space", "Calm > romance > 1"} <= set(classes)


@pytest.mark.parametrize("prefix", ["Thrill", "Calm > romance", "Thrill > crime > 1"])
def test_a_prefix_selects_all_below_it(shop: httpx.Client, prefix: str) -> None:
    expected = below(prefix) | ({"i0"} if prefix == "Calm" else set())
    assert expected
    for op, value in (("has_any", [prefix]), ("eq", prefix), ("has_any", [prefix.replace(" > ", "  >  ")])):
        assert found(shop, op, value).keys() == expected, op
    assert found(shop, "has_all", [prefix, "Calm > gifts"]).keys() <= {"i0"}


def test_an_answer_shows_the_paths_as_they_were_written(shop: httpx.Client) -> None:
    assert found(shop, "eq", "Calm > gifts") == {"i0": ["Thrill > space > 0", "Calm > gifts"]}


def test_an_item_that_is_put_has_the_same_levels(shop: httpx.Client) -> None:
    body = {"attributes": {"category": ["Calm > garden > tools", "Thrill>none"]}}
    assert shop.put("/v1/items/rake", json=body).status_code == 200
    for prefix in ("Calm > garden", "Calm > garden > tools"):
        assert found(shop, "has_any", [prefix]) == {"rake": ["Calm > garden > tools", "Thrill>none"]}
    assert "rake" in found(shop, "eq", "Calm")
    assert "rake" not in found(shop, "eq", "Thrill")  # written without the separator, it is a name
    assert shop.delete("/v1/items/rake").status_code == 200


def test_an_unknown_level_is_named_with_the_nearest(shop: httpx.Client) -> None:
    body = {"session": [], "filter": {"field": "category", "op": "has_any", "value": ["Calm >  Romance"]}}
    (note, few) = shop.post("/v1/recommend", json=body).json()["notes"]
    assert (note["value"], note["did_you_mean"]) == ("Calm > Romance", ["Calm > romance"])
    assert few["items"] == 0


def test_the_cap_counts_every_level(shop: httpx.Client) -> None:
    body = {"session": [], "limit": 4, "diversity": {"method": "mmr", "strength": 0.1, "max_per_category": 2}}
    answer = shop.post("/v1/recommend", json={**body, "fields": ["category"]}).json()
    roots = [item["fields"]["category"][0].partition(" > ")[0] for item in answer["items"]]
    assert sorted(roots) == ["Calm", "Calm", "Thrill", "Thrill"]


def test_a_reason_names_the_deepest_level(shop: httpx.Client) -> None:
    """To a user of the log who took all kinds of space: the item's own path down to its last level."""
    body = {"user_id": "u0", "weights": {"genre": 1}, "explain": True, "limit": 40, "fields": ["category"]}
    answer = shop.post("/v1/recommend", json={**body, "exclude_seen": False}).json()
    told = [
        (reason["text"].removeprefix("Fits your taste for "), item["fields"]["category"])
        for item in answer["items"]
        for reason in item["reasons"]
        if reason["code"] == "fits_your_taste"
    ]
    assert told
    for label, paths in told:
        assert label.startswith("Thrill")
        of_space = [path for path in paths if path.startswith("Thrill > space")]
        assert label in of_space or not of_space
    assert any(label.startswith("Thrill > space > ") for label, _ in told)


def test_a_separator_without_effect_is_one_line(tmp_path: Path) -> None:
    run = train(write_job(tmp_path, "/"))
    assert run.returncode == 1
    words = (
        "items.hierarchy: expected paths such as 'A/B' in the column category, given none, such as 'Thrill"
    )
    assert words in " ".join(run.stderr.split()), run.stderr
    assert "Traceback" not in run.stderr
