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


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/users/u1?fields=all"),
        ("POST", "/v1/recommend?limit=3"),
        ("GET", "/v1/outcomes?by=scene&sinse=60"),
        ("DELETE", "/v1/users/nobody?dry_run=true"),
        ("POST", "/v1/events?keys=pk_1"),
    ],
)
def test_an_unknown_parameter_is_refused(service: httpx.Client, method: str, path: str) -> None:
    body: dict[str, object] = {"user_id": "u1"} if path.startswith("/v1/recommend") else {"events": []}
    answer = service.request(method, path, json=body if method == "POST" else None)
    assert answer.status_code == 422
    name = path.split("?")[1].rsplit("&", maxsplit=1)[-1].split("=", maxsplit=1)[0]
    assert answer.json()["error"]["field"] == name and answer.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("path", ["/v1/users/u1", "/v1/items/7"])
def test_a_body_that_nothing_reads_is_refused(service: httpx.Client, path: str) -> None:
    answer = service.request("DELETE", path, json={"dry_run": True})
    assert answer.status_code == 422 and answer.json()["error"]["code"] == "invalid_request"
    assert service.get(path).status_code != 404
    chunked = service.request("GET", path, content=iter([b"{}"]))
    assert chunked.status_code == 422
