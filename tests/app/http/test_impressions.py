"""What answers showed, over real HTTP and a real Redis."""

import asyncio
import time
from typing import Any

import httpx

from app.state.protocol import Impression
from app.state.redis.store import RedisStore
from tests.app.http.access_calls import Serve
from tests.app.http.conftest import patient

DEADLINE_S = 60


def read(url: str) -> list[Impression]:
    async def ask() -> list[Impression]:
        store = RedisStore(patient(url))
        try:
            return [entry.impression for entry in await store.impressions.read_since()]
        finally:
            await store.close()

    return asyncio.run(ask())


def counted(service: httpx.Client, outcome: str) -> float:
    line = f'chorus_impressions_total{{outcome="{outcome}"}} '
    lines = [text for text in service.get("/metrics").text.splitlines() if text.startswith(line)]
    return float(lines[0].removeprefix(line)) if lines else 0.0


def wait_for(service: httpx.Client, count: int) -> None:
    until = time.monotonic() + DEADLINE_S
    while counted(service, "stored") < count:
        assert time.monotonic() < until, "the impressions are not written"
        time.sleep(0.05)


def test_what_an_answer_showed_is_in_redis(serve: Serve, redis_url: str) -> None:
    with serve() as service:
        body: dict[str, Any] = {"user_id": "u1", "limit": 3, "scene": "home", "context": {"season": "winter"}}
        answer = service.post("/v1/recommend", json=body).json()
        ranked = service.post("/v1/rank", json={"user_id": "u2", "item_ids": ["3", "none", "1"]}).json()
        wait_for(service, 2)
        first, second = read(redis_url)
    assert first.recommendation_id == answer["recommendation_id"]
    assert (first.user_id, first.scene, dict(first.context)) == ("u1", "home", {"season": "winter"})
    assert first.model_version == answer["model_version"] and dict(first.weights) == {"like": 1.0}
    assert list(first.item_ids) == [item["item_id"] for item in answer["items"]]
    assert list(first.scores) == [item["score"] for item in answer["items"]]
    assert list(first.heads["like"]) == [item["heads"]["like"]["value"] for item in answer["items"]]
    assert [list(names) for names in first.sources] == [item["sources"] for item in answer["items"]]
    assert set(second.item_ids) == {"3", "1"}, "an unknown item has no score"
    assert list(second.item_ids) == [item["item_id"] for item in ranked["items"][:2]]


def test_an_event_of_a_recommendation_that_was_never_given_is_stored(serve: Serve) -> None:
    event = {"user_id": "u3", "item_id": "7", "action": "listen", "recommendation_id": "never", "rank": 1}
    with serve() as service:
        assert service.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1


def test_none_are_kept_where_none_are_wanted(serve: Serve) -> None:
    with serve(impression_entries=0) as service:
        assert service.post("/v1/recommend", json={"user_id": "u1"}).status_code == 200
        assert counted(service, "stored") == counted(service, "no_room") == 0
