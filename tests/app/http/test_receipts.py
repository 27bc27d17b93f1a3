"""GET /v1/erasures/{receipt}: where an erasure stands, before and after a bundle without the user."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.api.schemas.users import ErasureAnswer, ErasureStatus
from app.state.embedded.server import EmbeddedRedis

Serve = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running


def erase(service: httpx.Client, user_id: str) -> ErasureAnswer:
    return ErasureAnswer.model_validate_json(service.delete(f"/v1/users/{user_id}").content)


def status(service: httpx.Client, receipt: str) -> ErasureStatus:
    answer = service.get(f"/v1/erasures/{receipt}")
    assert answer.status_code == 200, answer.text
    return ErasureStatus.model_validate_json(answer.content)


def test_the_bundle_in_use_is_the_first_without_a_user_whom_it_never_knew(service: httpx.Client) -> None:
    user_id, before = uuid4().hex, time.time()
    event = {"user_id": user_id, "item_id": "7", "action": "view"}
    assert service.post("/v1/events", json={"events": [event]}).status_code == 200
    erased = erase(service, user_id)
    found = status(service, erased.receipt)
    assert found.receipt == erased.receipt and before <= found.erased_at == erased.erased_at
    assert found.deleted == {"events": 1, "profile": 0, "stream": 1}
    version = service.get("/v1/model").json()["model_version"]
    assert (found.model_version, found.first_bundle_without) == (version, version)
    assert not found.bundle_knows_user and user_id not in service.get(f"/v1/erasures/{erased.receipt}").text


def test_so_it_is_without_a_user_of_whom_nothing_was_stored(service: httpx.Client) -> None:
    found = status(service, erase(service, uuid4().hex).receipt)
    assert (found.bundle_knows_user, found.first_bundle_without) == (False, found.model_version)


def test_a_bundle_with_the_user_waits_for_one_without(serve: Serve, own: EmbeddedRedis) -> None:
    with serve(redis_url=own.url) as service:
        receipt = erase(service, "u4").receipt
        found = status(service, receipt)
        assert found.bundle_knows_user and found.first_bundle_without is None and "bundle" in found.remains


@pytest.mark.parametrize("receipt", ["0" * 32, "x", "A" * 32, "%ff", "1" * 33])
def test_what_is_no_receipt_is_not_found(service: httpx.Client, receipt: str) -> None:
    answer = service.get(f"/v1/erasures/{receipt}")
    assert answer.status_code == 404 and answer.json()["error"]["field"] == "receipt"
