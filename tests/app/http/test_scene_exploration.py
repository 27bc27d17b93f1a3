"""A policy a scene over HTTP: drawn where the request states none, and known to the explanation as left out."""

import logging
from typing import Any

import httpx
import pytest

from tests.app.http.access_calls import Serve
from tests.app.http.test_exploration import ask, ids

POLICIES = "home=epsilon:1,gone=softmax:.5,*=softmax:0"


def lists(service: httpx.Client, **given: Any) -> set[tuple[str, ...]]:
    return {tuple(ids(ask(service, **given))) for _ in range(8)}


def test_a_scene_is_explored_where_the_request_states_nothing(
    service: httpx.Client, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    plain = ask(service, scene="home")
    with caplog.at_level(logging.WARNING), serve(exploration=POLICIES) as explored:
        assert len(lists(explored, scene="home")) > 1
        answer = ask(explored, scene="home")
        assert min(item["propensity"] for item in answer["items"]) < 1  # type: ignore[attr-defined]
        assert lists(explored) == {tuple(ids(ask(service)))}, "strength 0 is the plain list"
        stated = {"policy": "none", "strength": 0}
        assert lists(explored, scene="home", exploration=stated) == {tuple(ids(plain))}
        best = ids(plain)[0]
        told = explored.post("/v1/explain", json={"user_id": "u1", "scene": "home", "item_id": best}).json()
        assert told["rank"] == 1
    named = [record for record in caplog.records if "CHORUS_EXPLORATION" in record.getMessage()]
    assert [record.fields["scene"] for record in named] == ["gone"]  # type: ignore[attr-defined]


def test_a_variant_counts_before_its_scene(serve: Serve) -> None:
    quiet = {"name": "quiet", "share": 0.5, "exploration": {"policy": "none"}}
    with serve(exploration=POLICIES) as explored:
        experiment = {"variants": [quiet, {"name": "as-it-is", "share": 0.5}], "scene": "home"}
        explored.put("/v1/experiments/e", json=experiment)
        assert ask(explored, scene="home", variant="e:quiet")["ignored"] == [], "the request stated nothing"
        assert len(lists(explored, scene="home", variant="e:quiet")) == 1
        assert len(lists(explored, scene="home", variant="e:as-it-is")) > 1
        explored.delete("/v1/experiments/e")
