"""The application's own pages, which need neither a bundle nor a store."""

from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from app.config import Settings, read_settings
from app.main import create_app
from app.runtime import Runtime
from tests.app.api.service_state import with_service


def _unopened(_settings: Settings) -> AbstractAsyncContextManager[Runtime]:
    raise AssertionError("expected no page of the service's own to need the runtime")


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
async def test_the_pages_about_the_service_answer_head_as_they_do_get(path: str) -> None:
    settings = read_settings()
    app = with_service(create_app(settings, _unopened), settings)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chorus") as client:
        asked, told = await client.head(path), await client.get(path)
        assert (asked.status_code, asked.headers["content-type"]) == (200, told.headers["content-type"])
        refused = await client.post(path)
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
