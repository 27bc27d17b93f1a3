"""The commands that `chorus serve` prints can be pasted into a shell."""

import json
import shlex

from app.bundle.bundle import LoadedBundle
from app.config import Settings
from app.greeting import Example, pick_example, render_greeting


def test_the_greeting_quotes_whatever_a_user_is_called() -> None:
    greeting = render_greeting(Settings(port=8123), Example('o\'hara "$HOME" `id`'))
    recommend, event, model = [shlex.split(line) for line in greeting.splitlines() if line.startswith("curl")]
    assert recommend[2] == "http://127.0.0.1:8123/v1/recommend"
    assert json.loads(recommend[-1])["user_id"] == 'o\'hara "$HOME" `id`'
    assert json.loads(event[-1])["events"][0]["user_id"] == 'o\'hara "$HOME" `id`'
    assert model[-1] == "http://127.0.0.1:8123/v1/model"


def test_an_address_of_ipv6_is_in_brackets() -> None:
    assert "http://[::1]:8000/v1/model" in render_greeting(Settings(host="::1"), Example("u"))


def test_the_example_is_of_the_bundle(learnt: LoadedBundle) -> None:
    example = pick_example(learnt)
    assert learnt.known_users.knows(example.user_id) and example.item_id in learnt.catalogue
    assert example.fields == ("title",)
