"""Places for new items, over HTTP and with a real Redis: a put item is shown within its share, and leaves untaken."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.state.embedded.server import EmbeddedRedis

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Running

Until = Callable[..., None]
STILL = {"policy": "none", "strength": 0}
NAMES = [f"fresh{number}" for number in range(5)]


@pytest.fixture(scope="module")
def service(
    launch_for_module: "Launch", trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Running"]:
    folder = tmp_path_factory.mktemp("new-items")
    yield launch_for_module(trained, folder, CHORUS_NEW_ITEM_IMPRESSIONS="500", CHORUS_REDIS_TIMEOUT_S="5")


@pytest.fixture(scope="module")
def hasty(
    launch_for_module: "Launch", trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Running"]:
    """Eight impressions are enough here."""
    folder = tmp_path_factory.mktemp("hasty")
    yield launch_for_module(trained, folder, CHORUS_NEW_ITEM_IMPRESSIONS="8", CHORUS_REDIS_TIMEOUT_S="5")


@pytest.fixture
def replicas(launch: "Launch", trained: Path, tmp_path: Path) -> Iterator[list["Running"]]:
    """Two services on one Redis."""
    with EmbeddedRedis(tmp_path / "redis") as server:
        settings = {"CHORUS_REDIS_URL": server.url, "CHORUS_NEW_ITEM_IMPRESSIONS": "8"}
        settings["CHORUS_REDIS_TIMEOUT_S"] = "5"
        yield [launch(trained, tmp_path / name, **settings) for name in ("one", "two")]


def put(service: "Running", *item_ids: str) -> None:
    for item_id in item_ids:
        body = {"attributes": {"title": f"Robots {item_id}", "genres": ["crime"]}}
        assert service.http.put(f"/v1/items/{item_id}", json=body).status_code == 200


def put_dull(service: "Running") -> str:
    """Put an item whose score is too low for a stranger's list."""
    for genre in ("crime", "romance", "space", "animals"):
        assert (
            service.http.put(f"/v1/items/{genre}", json={"attributes": {"genres": [genre]}}).status_code
            == 200
        )
        if genre not in service.ids(user_id="stranger", limit=10, exploration=STILL):
            return genre
        service.http.delete(f"/v1/items/{genre}")
    pytest.fail("every genre is good")


def count_new(ids: list[str]) -> int:
    return sum(item_id in NAMES for item_id in ids)


def test_put_items_have_their_share_and_no_more(service: "Running") -> None:
    put(service, *NAMES)
    for user in ("stranger", "u3", "u7"):
        for limit in (10, 20, 40):
            assert count_new(service.ids(user_id=user, limit=limit)) == limit // 10, (user, limit)
        assert count_new(service.ids(user_id=user, limit=5)) <= 1
    first = service.recommend(user_id="u3", limit=10)
    second = service.recommend(cursor=first["cursor"], limit=10)
    for page in (first, second):
        assert count_new([item["item_id"] for item in page["items"]]) == 1
    assert service.ids(user_id="u3") == service.ids(user_id="u3"), "nothing is drawn"


def test_an_answer_says_why_an_item_is_there(service: "Running") -> None:
    put(service, *NAMES)
    items = service.recommend(user_id="u3", limit=40, explain=True)["items"]
    given = [item for item in items if "new" in item["sources"]]
    assert given and {item["item_id"] for item in given} <= set(NAMES)
    assert {item["propensity"] for item in items} == {1.0}
    reasons = {item["item_id"]: {each["code"] for each in item["reasons"]} for item in items}
    told = {item_id for item_id, codes in reasons.items() if "new_given" in codes}
    assert told and told <= {item["item_id"] for item in given}
    one = given[0]
    explained = service.post("/v1/explain", user_id="u3", limit=40, item_id=one["item_id"])
    assert explained["rank"] == one["rank"] and explained["sources"] == one["sources"]


def test_what_a_request_asks_for_comes_first(service: "Running") -> None:
    put(service, *NAMES)
    excluded = service.ids(user_id="u3", limit=20, exclude_ids=NAMES[:4])
    assert count_new(excluded) == 1, "one is left of five, for two places"
    condition = {"field": "item_id", "op": "in", "value": [*NAMES, "i1", "i2"]}
    assert len(service.ids(user_id="stranger", filter=condition)) == 7, "a list keeps its length"
    others = {"not": {"field": "genres", "op": "has_any", "value": ["crime"]}}
    assert count_new(service.ids(user_id="stranger", limit=20, filter=others)) == 0
    ranked = service.post("/v1/rank", user_id="u3", item_ids=[*NAMES, *(f"i{row}" for row in range(15))])
    scores = [item["score"] for item in ranked["items"]]
    plain = service.post(
        "/v1/rank",
        user_id="u3",
        item_ids=[*NAMES, *(f"i{row}" for row in range(15))],
        exploration=STILL,
    )
    assert [item["score"] for item in plain["items"]] == scores
    without = service.recommend(user_id="stranger", limit=40, exploration=STILL)["items"]
    assert not any("new" in item["sources"] for item in without)


def test_a_variant_that_does_not_explore_has_no_place_for_them(service: "Running") -> None:
    """So that an experiment tells what the rule costs; the list and its explanation agree."""
    put(service, *NAMES)
    variants = [{"name": "given", "share": 0.5}, {"name": "still", "share": 0.5, "exploration": STILL}]
    response = service.http.put("/v1/experiments/places", json={"variants": variants})
    assert response.status_code == 200, response.text
    given, still = (
        service.recommend(user_id="stranger", limit=10, variant=f"places:{name}")
        for name in ("given", "still")
    )
    fresh = given["items"][-1]["item_id"]
    assert fresh in NAMES and count_new([item["item_id"] for item in still["items"]]) == 0
    for name in ("given", "still"):
        body = {"user_id": "stranger", "limit": 10, "variant": f"places:{name}", "item_id": fresh}
        assert service.post("/v1/explain", **body)["recommended"] is (name == "given")
    service.http.delete("/v1/experiments/places")


def test_an_item_that_nobody_takes_leaves_after_its_impressions(hasty: "Running", wait_until: Until) -> None:
    dull = put_dull(hasty)
    plain = hasty.ids(user_id="stranger", limit=10, exploration=STILL)

    def is_given() -> bool:
        items = hasty.recommend(user_id="stranger", limit=10)["items"]
        return items[-1]["item_id"] == dull and "new" in items[-1]["sources"]

    shown = sum(is_given() for _ in range(40))
    wait_until("its impressions are known", lambda: not is_given())
    assert shown >= 8, "until they were read, each answer showed it"
    assert hasty.ids(user_id="stranger", limit=10) == plain, "its score alone decides now"
    wait_until("what was shown is counted", lambda: count_given(hasty).get("impressions", 0) >= 8)
    assert count_given(hasty)["takes"] == 0


def test_replicas_count_together(replicas: list["Running"], wait_until: Until) -> None:
    """An item put to one is shown by both, and by neither once one has shown it often enough."""
    one, two = replicas
    dull = put_dull(one)

    def ask(service: "Running") -> list[str]:
        return service.ids(user_id="stranger", limit=10)

    assert ask(two)[-1] == dull, "the next answer of each replica knows it"
    for _ in range(20):
        ask(one)
    for service in (one, two):
        plain = service.ids(user_id="stranger", limit=10, exploration=STILL)
        wait_until("the impressions are known", lambda of=service, than=plain: ask(of) == than)


def count_given(service: "Running") -> dict[str, int]:
    """What came of the places that were given to new items."""
    groups = service.http.get("/v1/outcomes", params={"by": "source"}).json()["groups"]
    return next((group for group in groups if group["source"] == "new"), {})
