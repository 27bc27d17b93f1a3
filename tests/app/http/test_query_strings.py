"""Query strings over real HTTP: a parameter that is given twice is refused, as only one of both could count."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/outcomes?by=scene&by=rank", "by"),
        ("/v1/outcomes?since=60&by=scene&since=60", "since"),
        ("/v1/items?limit=1&limit=2", "limit"),
        ("/v1/items/7/similar?limit=1&limit=", "limit"),
    ],
)
def test_a_parameter_is_given_once(service: httpx.Client, path: str, name: str) -> None:
    answer = service.get(path)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == name and answer.json()["error"]["code"] == "invalid_request"
