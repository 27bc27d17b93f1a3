"""A language model behind a real HTTP server words the reasons; what it names beside the evidence is refused."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from app.config import ConfigurationError, read_settings
from tests.chat_server import ChatServer, serving


class Model(ChatServer):
    """Writes `text` for every reason, or answers with `content`."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def write(self, asked: dict[str, Any]) -> Any:
        count = len(json.loads(asked["messages"][1]["content"]))
        return self.content or json.dumps({"texts": [self.text] * count})


@pytest.fixture
def model() -> Iterator[Model]:
    server = Model()
    with serving(server):
        yield server


Serve = Callable[..., AbstractContextManager[httpx.Client]]


def recommend(service: httpx.Client, **body: Any) -> Any:
    """An answer of three items for one user."""
    call = {"user_id": "u1", "limit": 3, **body}
    return service.post("/v1/recommend", json=call).raise_for_status().json()


def read(answer: Any) -> tuple[set[str], bool]:
    """The texts of the reasons, and whether one of them is a template's."""
    texts = {reason["text"] for item in answer["items"] for reason in item["reasons"]}
    return texts, "reasons:template" in answer["degraded"]


def ask(service: httpx.Client, **body: Any) -> tuple[set[str], bool]:
    return read(recommend(service, **body))


def count(service: httpx.Client) -> dict[str, int]:
    """Outcome -> texts, of those that there were."""
    lines = re.findall(
        r'^chorus_reason_texts_total\{outcome="(\w+)"\} (\S+)$', service.get("/metrics").text, re.M
    )
    return {outcome: int(float(number)) for outcome, number in lines if float(number)}


@pytest.mark.parametrize("text", ["This one is for you", "Das passt zu dir"])
def test_a_good_text_is_shown_and_kept(serve: Serve, model: Model, text: str) -> None:
    model.text = text
    with serve(
        chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_reasons=True, chat_timeout_s=30
    ) as client:
        answer = recommend(client, explain=True)
        assert read(answer) == ({text}, False)
        written = count(client)
        assert written == {
            "written": len(
                {
                    (item["item_id"], reason["code"], reason["strength"])
                    for item in answer["items"]
                    for reason in item["reasons"]
                }
            )
        }
        asked = len(model.asked)
        model.text = "Another text for you"
        assert ask(client, explain=True) == ({text}, False)
        assert len(model.asked) == asked > 0, "the texts were kept"
        assert count(client) == {**written, "kept": written["written"]}
        client.headers["accept-language"] = "de"
        assert ask(client, explain=True) == ({model.text}, False), "another language has texts of its own"


@pytest.mark.parametrize(
    "text", ["You liked the film Casablanca", "A film of 1942", "As seen on www.shop", ""]
)
def test_a_lie_is_refused_and_counted(serve: Serve, model: Model, text: str) -> None:
    model.text = text
    with serve(
        chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_reasons=True, chat_timeout_s=30
    ) as client:
        texts, degraded = ask(client, explain=True)
        assert degraded and text not in texts
        refused = count(client)
        assert refused.keys() == {"refused"}
        asked = len(model.asked)
        assert ask(client, explain=True) == (texts, True), "a refusal is kept too"
        assert len(model.asked) == asked > 0
        assert count(client) == {**refused, "kept": refused["refused"]}


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"texts": []}', '{"texts": [1]}', '{"texts": "a"}'])
def test_a_broken_answer_leaves_the_templates(serve: Serve, model: Model, content: str) -> None:
    model.content = content
    with serve(
        chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_reasons=True, chat_timeout_s=30
    ) as client:
        texts, degraded = ask(client, explain=True)
        assert degraded and all(texts)
        failed = count(client)
        assert failed.keys() == {"failed"}
        asked = len(model.asked)
        model.content, model.text = "", "This one is for you"
        assert ask(client, explain=True) == ({model.text}, False), "a failure is not kept"
        assert len(model.asked) > asked > 0
        assert count(client) == {**failed, "written": failed["failed"]}


def test_a_slow_model_is_not_waited_for(serve: Serve, model: Model) -> None:
    model.silent.clear()
    with serve(
        chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_reasons=True, chat_timeout_s=0.2
    ) as client:
        texts, degraded = ask(client, explain=True)
        model.silent.set()
    assert degraded and all(texts)


def test_an_explanation_has_the_texts_of_the_list(serve: Serve, model: Model) -> None:
    model.text = "This one is for you"
    with serve(
        chat_url=f"http://127.0.0.1:{model.server_port}/v1", chat_reasons=True, chat_timeout_s=30
    ) as client:
        listed = {item["item_id"] for item in recommend(client)["items"]}
        other = next(str(number) for number in range(60) if str(number) not in listed)
        call = {"user_id": "u1", "limit": 3}
        stopped = client.post("/v1/explain", json={**call, "item_id": other}).raise_for_status().json()
        assert stopped["reasons"] == [] and len(model.asked) == 0
        why = client.post("/v1/explain", json={**call, "item_id": min(listed)}).raise_for_status().json()
        assert why["recommended"] and {reason["text"] for reason in why["reasons"]} == {model.text}
        assert "reasons:template" not in why["degraded"] and why["took_ms"]["wording"] > 0
        assert count(client) == {"written": len(why["reasons"])}
        model.text = "As seen on www.shop"
        client.headers["accept-language"] = "de"
        why = client.post("/v1/explain", json={**call, "item_id": min(listed)}).raise_for_status().json()
        assert model.text not in {reason["text"] for reason in why["reasons"]}
        assert "reasons:template" in why["degraded"]


def test_without_explain_or_the_setting_nothing_is_asked(serve: Serve, model: Model) -> None:
    url = f"http://127.0.0.1:{model.server_port}/v1"
    with serve(chat_url=url, chat_reasons=True) as client:
        assert ask(client) == (set(), False)
    with serve(chat_url=url) as client:
        assert not ask(client, explain=True)[1]
    assert len(model.asked) == 0


def test_the_setting_needs_an_endpoint() -> None:
    with pytest.raises(ConfigurationError, match="CHORUS_CHAT_URL"):
        read_settings(chat_reasons=True)
