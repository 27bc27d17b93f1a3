"""The job's rule of availability over real HTTP: of items of the bundle, put, put in tables and patched."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from tests.sealed_manifests import write_sealed

Serve = Callable[..., AbstractContextManager[httpx.Client]]
EARLY = {str(number) for number in range(20)}
"""Items of the tiny bundle from before 1980."""


@pytest.fixture(scope="module")
def ruled(serve: Serve, bundles: Path) -> Iterator[httpx.Client]:
    """A service with a bundle whose items are available from 1980 on."""
    folder = shutil.copytree(bundles / "first", bundles / "ruled")
    manifest = json.loads((folder / "manifest.json").read_text())
    write_sealed(folder, {**manifest, "available": "year >= 1980"})
    with serve(bundle_dir=folder) as client:
        yield client
    shutil.rmtree(folder)


def recommended(service: httpx.Client) -> set[str]:
    answer = service.post("/v1/recommend", json={"session": [], "limit": 100})
    assert answer.status_code == 200, answer.text
    return {item["item_id"] for item in answer.json()["items"]}


def state_of(service: httpx.Client, item_id: str) -> tuple[bool, str | None]:
    item = service.get(f"/v1/items/{item_id}").json()
    return item["available"], item["unavailable_by"]


def test_items_of_the_bundle_follow_the_rule(ruled: httpx.Client) -> None:
    assert recommended(ruled) == {str(number) for number in range(20, 60)}
    assert state_of(ruled, "3") == (False, "rule")
    asked = ruled.post("/v1/rank", json={"session": [], "item_ids": ["3", "30"]}).json()["items"]
    assert {item["item_id"] for item in asked} == {"3", "30"} and not any("unknown" in item for item in asked)
    alike = ruled.get("/v1/items/3/similar?limit=59").json()["items"]
    assert not EARLY & {item["item_id"] for item in alike}


def test_a_patch_takes_an_item_out_and_brings_it_back_at_once(ruled: httpx.Client) -> None:
    for year, expected in ((1979, False), (1980, True), (None, False)):
        answer = ruled.patch("/v1/items/40", json={"attributes": {"year": year}})
        assert answer.json()["available"] is expected
        assert ("40" in recommended(ruled)) is expected
    assert state_of(ruled, "40") == (False, "rule")


def test_a_put_item_follows_the_rule_and_its_own_mark_wins(ruled: httpx.Client) -> None:
    for year, mark, by in ((1990, True, None), (1990, False, "request"), (1970, True, "rule")):
        body = {"attributes": {"year": year}, "available": mark}
        assert ruled.put("/v1/items/new", json=body).json()["available"] is (by is None)
        assert state_of(ruled, "new") == (by is None, by)
        assert ("new" in recommended(ruled)) is (by is None)
    ruled.patch("/v1/items/new", json={"attributes": {"year": 1990}, "available": False})
    assert state_of(ruled, "new") == (False, "request")
    ruled.patch("/v1/items/new", json={"available": None})
    assert state_of(ruled, "new") == (True, None)


def test_items_put_at_once_follow_the_rule(ruled: httpx.Client) -> None:
    rows = [{"item_id": f"row {year}", "attributes": {"year": year}} for year in (1970, 1990)]
    assert ruled.post("/v1/items", json={"items": rows}).json()["accepted"] == 2
    assert recommended(ruled) & {"row 1970", "row 1990"} == {"row 1990"}
