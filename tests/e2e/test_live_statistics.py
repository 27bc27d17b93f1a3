"""What many users take now reaches the strangers of every replica, over HTTP, without a training."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.state.embedded.server import EmbeddedRedis

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Running

Until = Callable[..., None]


@pytest.fixture(scope="module")
def replicas(
    launch_for_module: "Launch", trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list["Running"]]:
    """Two replicas on one Redis, and one beside them without live statistics."""
    folder = tmp_path_factory.mktemp("live")
    with EmbeddedRedis(folder / "redis") as shared:
        settings = {"CHORUS_REDIS_URL": shared.url, "CHORUS_REDIS_TIMEOUT_S": "5"}
        yield [
            launch_for_module(trained, folder / name, CHORUS_LIVE_STATISTICS=live, **settings)
            for name, live in (("one", "true"), ("two", "true"), ("still", "false"))
        ]


def send(service: "Running", *item_ids: str, users: int, name: str) -> None:
    """So many users rate items with five stars, each with an event id."""
    events = [
        {
            "user_id": f"{name}{user}",
            "item_id": item,
            "action": "rate",
            "value": 5,
            "event_id": f"{item}{user}",
        }
        for user in range(users)
        for item in item_ids
    ]
    assert service.post("/v1/events", events=events)["accepted"] == len(events)


def test_a_trend_reaches_the_strangers_of_every_replica(replicas: list["Running"], wait_until: Until) -> None:
    one, two, still = replicas
    everything = one.ids(user_id="stranger", limit=80)
    assert two.ids(user_id="stranger", limit=80) == everything
    item, before = everything[-1], one.ids(user_id="stranger")
    send(one, item, users=1, name="single")
    send(one, item, users=150, name="many")
    for service in (one, two):
        wait_until("the trend is known", lambda service=service: item in service.ids(user_id="stranger"))
    for service in (one, two):
        found = service.recommend(user_id="stranger", explain=True)["items"]
        (trending,) = [found_item for found_item in found if found_item["item_id"] == item]
        assert "popular" in trending["sources"]
        age = [
            line for line in service.http.get("/metrics").text.splitlines() if "live_statistics_age" in line
        ]
        assert float(age[-1].split()[-1]) < 60
    assert still.ids(user_id="stranger") == before


def test_a_new_items_first_likes_reach_its_neighbours_in_every_replica(
    replicas: list["Running"], wait_until: Until
) -> None:
    one, two, still = replicas
    answer = one.http.put("/v1/items/new", json={"attributes": {"title": "Robots", "genres": ["space"]}})
    assert answer.status_code == 200

    def similarity(service: "Running") -> float:
        found = service.http.get("/v1/items/i1/similar", params={"limit": 80}).json()["items"]
        return {item["item_id"]: item["similarity"] for item in found}["new"]

    before = similarity(two)
    assert before < 0.6 and similarity(still) == before
    send(one, "i1", "new", users=400, name="fan")
    for service in (one, two):
        wait_until("it is known", lambda service=service: similarity(service) > 0.7)
    assert similarity(still) == before
