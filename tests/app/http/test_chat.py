"""A language model behind a real HTTP server makes the plan; where it fails, the rules do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

QUERY = "comedies please"
BY_RULES = [{"field": "genres", "value": "comedy"}]
DRAMA = [{"field": "genres", "value": "drama"}]


class Model(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that answers with `content`, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: Any = ""
        self.body: bytes | None = None  # in place of an answer with the content
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.silent = threading.Event()
        self.silent.set()


class Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.server.keys.append(self.headers["authorization"])
        self.server.silent.wait(30)
        answer = {"choices": [{"message": {"content": self.server.content}}]}
        body = self.server.body or json.dumps(answer).encode()
        self.send_response(self.server.status if self.path == "/v1/chat/completions" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing on the console."""


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with Model() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.silent.set()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chatting(
    serve: Callable[..., AbstractContextManager[httpx.Client]], model: Model
) -> Iterator[httpx.Client]:
    url = f"http://127.0.0.1:{model.server_port}/v1/"
    with serve(chat_url=url, chat_model="tiny", chat_key="k1", chat_timeout_s=5) as client:
        yield client


def ask(service: httpx.Client, **body: Any) -> dict[str, Any]:
    response = service.post("/v1/recommend", json=body)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_the_models_plan_is_followed(chatting: httpx.Client, model: Model) -> None:
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
def test_a_plan_that_does_not_fit_is_not_used(chatting: httpx.Client, model: Model, content: Any) -> None:
    model.content = content
    answer = ask(chatting, query=QUERY)
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"choices":' * 20_000, b"null", b"{}"])
def test_an_answer_of_another_shape_is_no_error(chatting: httpx.Client, model: Model, body: bytes) -> None:
    model.body = body
    try:
        answer = ask(chatting, query=QUERY)
    finally:
        model.body = None
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_a_plan_of_a_deep_structure_is_not_used(chatting: httpx.Client, model: Model) -> None:
    model.content = '{"wanted":' * 20_000
    answer = ask(chatting, query=QUERY)
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_an_error_of_the_model_is_no_error_of_the_answer(chatting: httpx.Client, model: Model) -> None:
    model.status = 500
    try:
        answer = ask(chatting, query=QUERY)
    finally:
        model.status = 200
    assert answer["plan"]["wanted"] == BY_RULES and "plan:parser" in answer["degraded"]


def test_the_model_is_not_asked_without_words(chatting: httpx.Client, model: Model) -> None:
    model.asked.clear()
    ask(chatting, user_id="u1")
    ask(chatting, plan={"wanted": DRAMA})
    assert model.asked == []


def test_a_slow_model_is_not_waited_for(
    serve: Callable[..., AbstractContextManager[httpx.Client]], model: Model
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
