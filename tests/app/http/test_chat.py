"""A language model behind a real HTTP server makes the plan; where it fails, the rules do."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from tests.chat_server import ChatServer, serving

QUERY = "comedies please"
BY_RULES = [{"field": "genres", "value": "comedy"}]
DRAMA = [{"field": "genres", "value": "drama"}]


@pytest.fixture(scope="module")
def model() -> Iterator[ChatServer]:
    server = ChatServer()
    with serving(server):
        yield server


@pytest.fixture(scope="module")
def chatting(
    serve: Callable[..., AbstractContextManager[httpx.Client]], model: ChatServer
) -> Iterator[httpx.Client]:
    url = f"http://127.0.0.1:{model.server_port}/v1/"
    with serve(chat_url=url, chat_model="tiny", chat_key="k1", chat_timeout_s=5) as client:
        yield client


def ask(service: httpx.Client, **body: Any) -> dict[str, Any]:
    response = service.post("/v1/recommend", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_the_models_plan_is_followed(chatting: httpx.Client, model: ChatServer) -> None:
    model.asked.clear()
    model.content = json.dumps({"wanted": DRAMA, "limit": 4})
    answer = ask(chatting, query=QUERY, fields=["genres"])
    assert answer["plan"]["wanted"] == DRAMA and "plan:parser" not in answer["degraded"]
    assert len(answer["items"]) == 4
    assert all("drama" in item["fields"]["genres"] for item in answer["items"])
    (asked,) = model.asked
    assert asked["model"] == "tiny" and model.keys[-1] == "Bearer k1"
    assert asked["messages"][-1] == {"role": "user", "content": QUERY}
    assert '"genres": ["comedy", "drama", "horror"]' in asked["messages"][0]["content"]
    assert "conditions" in asked["response_format"]["json_schema"]["schema"]["properties"]
    # The next page has the plan: the model is not asked again.
    ask(chatting, cursor=answer["cursor"])
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        json.dumps({"wanted": [{"field": "genres", "value": "western"}]}),
        json.dumps({"colour": "red"}),
        json.dumps([]),
        None,
        {"direction": "an object"},
    ],
    ids=str,
)
def test_a_plan_that_does_not_fit_is_not_used(
    chatting: httpx.Client, model: ChatServer, content: Any
) -> None:
    model.content = content
    answer = ask(chatting, query=QUERY)
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"choices":' * 20_000, b"null", b"{}"])
def test_an_answer_of_another_shape_is_no_error(
    chatting: httpx.Client, model: ChatServer, body: bytes
) -> None:
    model.body = body
    try:
        answer = ask(chatting, query=QUERY)
    finally:
        model.body = None
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_a_plan_of_a_deep_structure_is_not_used(chatting: httpx.Client, model: ChatServer) -> None:
    model.content = '{"wanted":' * 20_000
    answer = ask(chatting, query=QUERY)
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_an_error_of_the_model_is_no_error_of_the_answer(chatting: httpx.Client, model: ChatServer) -> None:
    model.status = 500
    try:
        answer = ask(chatting, query=QUERY)
    finally:
        model.status = 200
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_the_model_is_not_asked_without_words(chatting: httpx.Client, model: ChatServer) -> None:
    model.asked.clear()
    ask(chatting, user_id="u1")
    ask(chatting, plan={"wanted": DRAMA})
    assert model.asked == []


def test_a_slow_model_is_not_waited_for(
    serve: Callable[..., AbstractContextManager[httpx.Client]], model: ChatServer
) -> None:
    model.content = json.dumps({"wanted": DRAMA})
    model.silent.clear()
    try:
        with serve(chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_timeout_s=0.2) as client:
            answer = ask(client, query=QUERY)
    finally:
        model.silent.set()
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_a_model_that_is_away_is_no_error(
    serve: Callable[..., AbstractContextManager[httpx.Client]],
) -> None:
    with serve(chat_url="http://127.0.0.1:9/v1") as client:
        assert "plan:parser" in ask(client, query=QUERY)["degraded"]
