"""Behind a proxy that strips a prefix, as a browser sees it: /docs, its files, its openapi.json, and "Try it out"."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import httpx
import pytest

from tests.app.http.stripping_proxy import proxying

Serve = Callable[..., AbstractContextManager[httpx.Client]]
HEADER = "X-Forwarded-Prefix"


@pytest.fixture(scope="module")
def configured(serve: Serve) -> Iterator[httpx.Client]:
    with serve(root_path="/shop/recommend") as client:
        yield client


def _assert_the_page_works(browser: httpx.Client, prefix: str) -> None:
    page = browser.get(f"{prefix}/docs")
    assert page.status_code == 200
    links = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    (described,) = re.findall(r"url: '([^']+)'", page.text)
    assert described == f"{prefix}/openapi.json" and len(links) == 3
    for link in (described, *links):
        assert browser.get(link).status_code == 200, link
    (server,) = browser.get(described).json()["servers"]
    assert server == {"url": prefix}
    answer = browser.post(f"{server['url']}/v1/recommend", json={"user_id": "u1"})
    assert answer.status_code == 200 and answer.json()["items"]


def test_the_configured_prefix_counts_whatever_the_header_says(configured: httpx.Client) -> None:
    with proxying(str(configured.base_url), "/shop/recommend", {HEADER: "/elsewhere"}) as browser:
        _assert_the_page_works(browser, "/shop/recommend")


def test_a_proxy_that_does_not_strip_is_served_too(configured: httpx.Client) -> None:
    _assert_the_page_works(configured, "/shop/recommend")
    assert configured.get("/shop/recommended/livez").status_code == 404
    assert configured.get("/livez").status_code == 200


def test_a_trusted_proxy_names_the_prefix(service: httpx.Client) -> None:
    with proxying(str(service.base_url), "/recommend", {HEADER: "/recommend/"}) as browser:
        _assert_the_page_works(browser, "/recommend")
    assert service.get("/openapi.json", headers={HEADER: "/outer, /inner/"}).json()["servers"] == [
        {"url": "/outer/inner"}
    ]
    assert service.get("/openapi.json").json()["servers"] == [{"url": "/"}]
    assert service.get("/v1/items/7/similar", headers={HEADER: "/v1"}).status_code == 200
    assert service.get("/v1/items/7/similar", headers={HEADER: ""}).status_code == 200


@pytest.mark.parametrize(
    "value", ["https://evil.example", "//evil.example", "/a/../b", "/a'b", "/" + "x" * 9_000]
)
def test_a_prefix_that_is_no_path_is_refused(service: httpx.Client, value: str) -> None:
    refused = service.get("/docs", headers={HEADER: value})
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert error["field"] == HEADER and "given" in error["message"] and len(error["message"]) < 300


def test_from_others_the_header_has_no_effect(serve: Serve) -> None:
    with serve(trusted_proxies="10.0.0.0/8") as service:
        for value in ("/recommend", "//evil.example"):
            answer = service.get("/openapi.json", headers={HEADER: value})
            assert answer.json()["servers"] == [{"url": "/"}]


def test_limits_hold_under_a_prefix(serve: Serve) -> None:
    with serve(root_path="/shop", max_body_bytes=2048) as service:
        for path in ("/v1/recommend", "/shop/v1/recommend"):
            assert service.post(path, content=b" " * 4096).status_code == 413


def test_the_pages_files_need_no_key_and_are_whole(serve: Serve) -> None:
    with serve(api_key="secret-key") as service:
        style = service.get("/static-offline-docs/swagger-ui.css")
        assert style.headers["content-type"].startswith("text/css")
        assert len(style.content) == int(style.headers["content-length"]) > 100_000
        assert service.head("/static-offline-docs/favicon.png").content == b""
        for name in ("other.css", "..%2F__init__.py"):
            missing = service.get(f"/static-offline-docs/{name}")
            assert missing.status_code == 404 and missing.json()["error"]["code"] == "not_found"
