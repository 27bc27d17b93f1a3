"""The documentation's examples, sent to a real service that serves the tests' small shop.

The pages show answers of the demo. The shop has the same heads, actions and scene, but other ids and user fields.
"""

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.examples import PAGES, ROOT, Example, ask, list_items, read_examples

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Launch, Running


@pytest.fixture(scope="module")
def shop(launch_for_module: "Launch", trained: "Path", tmp_path_factory: pytest.TempPathFactory) -> "Running":
    """A service whose state no other test has touched."""
    return launch_for_module(trained, tmp_path_factory.mktemp("state"))


def in_the_shop(example: Example, bundle: str) -> Example:
    """The example with the shop's ids, profile and bundle in place of the demo's."""
    path = re.sub(r"(?<=/users/)\d+", lambda match: shop_id("user_id", match[0]), example.path)
    body = example.body and json.dumps(shop_value(json.loads(example.body)))
    for demo, shop in (("movielens-100k", bundle), ("occupation", "job"), ("student", "artist")):
        body = body and body.replace(demo, shop)
    return replace(example, path=path, body=body)


def shop_value(value: Any, key: str = "") -> Any:
    """A part of a body, with the shop's ids; `key` is the name under which it stands."""
    if isinstance(value, dict):
        return {name: shop_value(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [shop_value(part, key) for part in value]
    return shop_id(key, value) if isinstance(value, str) else value


def shop_id(key: str, value: str) -> str:
    """A user or an item of the shop for one of the demo, whose ids are numbers; other texts as they are."""
    if not value.isdecimal():
        return value
    return {"user_id": f"u{int(value) % 40}"}.get(key, f"i{int(value) % 80}")


def shows_success(example: Example) -> bool:
    """Whether the page shows an answer that is no error."""
    return example.kind != "json" or "error" not in json.loads(example.answer)


def test_every_example_is_answered_as_the_pages_say(shop: "Running", trained: "Path") -> None:
    """In the order of the pages, as a reader would paste them; and each answer has the keys that are shown."""
    for page in PAGES:
        for example in read_examples((ROOT / page).read_text("utf-8")):
            response = ask(shop.http, in_the_shop(example, trained.name))
            assert response.is_success == shows_success(example), f"{example}: {response.text}"
            if example.kind == "json":
                answer, shown = response.json(), json.loads(example.answer)
                assert list(answer) == list(shown), example
                if not response.is_success:
                    assert answer["error"]["code"] == shown["error"]["code"]
                    assert answer["error"]["field"] == shown["error"]["field"]
            elif example.kind == "text" and not example.listed:
                assert all(line.rpartition(" ")[0] in response.text for line in example.answer.splitlines())


def test_the_event_of_the_readme_changes_the_next_answer(shop: "Running") -> None:
    """For a visitor whom nobody knows; the reason for the new list is the event."""
    before, event, after, _whole, _words = (
        in_the_shop(example, "bundle") for example in read_examples((ROOT / "README.md").read_text("utf-8"))
    )
    visitor = '"another visitor"'
    answers = []
    for example in (before, event, after):
        body = (example.body or "").replace('"ada"', visitor).replace("ada-1", "another-1")
        response = shop.http.request(example.method, example.path, content=body, headers=example.headers)
        assert response.status_code == httpx.codes.OK, response.text
        answers.append(response.json())
    (told,) = json.loads(event.body or "")["events"]
    assert answers[1] == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert list_items(answers[0]) != list_items(answers[2])
    assert told["item_id"] not in [item["item_id"] for item in answers[2]["items"]]
    because = [reason for item in answers[2]["items"] for reason in item["reasons"]]
    assert {"because_you_liked"} <= {reason["code"] for reason in because}
    assert [told["item_id"]] in [reason["item_ids"] for reason in because]
