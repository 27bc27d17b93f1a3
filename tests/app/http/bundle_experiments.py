"""What tests of experiments with several bundles share: a folder of bundles, and services over it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.config import read_settings
from app.server import Outcome, Startup, _server_config
from app.state.embedded.server import EmbeddedRedis
from tests.app.http.access_calls import settle
from tests.app.http.conftest import ITEM_COUNT, write_bundle
from tests.app.http.server_thread import serve_in_thread

SMALL = 50
"""Items of the bundle `other`, whose weights are others, too: the last ten of the bundle in use are none of it."""
Serving = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the bundles first, other, third and broken; first is the one in use."""
    root = tmp_path / "bundles"
    write_bundle(root / "first", "first-1")
    write_bundle(root / "other", "other-1", SMALL, 8)
    write_bundle(root / "third", "third-1", ITEM_COUNT, 9)
    shutil.copytree(root / "other", root / "broken")
    (root / "broken" / "item_vectors.npy").write_bytes(b"")
    return root


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running


@pytest.fixture
def replica(folder: Path, own_redis: EmbeddedRedis, tmp_path: Path) -> Serving:
    """Starts a service over the folder and the Redis, with all that runs beside the requests."""

    @contextmanager
    def start(**given: Any) -> Iterator[httpx.Client]:
        usual = {
            "bundle_dir": folder / "first",
            "state_dir": tmp_path / "state",
            "redis_timeout_s": 10,
            "compute_timeout_s": 60,
        }
        settings = read_settings(**{**usual, **given})
        startup = Startup(lambda _bundle: None, lambda: None, Outcome())
        with serve_in_thread(_server_config(settings, own_redis.url, startup).app) as client:
            settle(lambda: client.get("/readyz").status_code == 200)
            yield client

    return start


def ask(client: httpx.Client, user_id: str, **given: Any) -> dict[str, Any]:
    answer = client.post("/v1/recommend", json={"user_id": user_id, "limit": 5, **given})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def find_user(client: httpx.Client, variant: str) -> str:
    """A user whom an experiment gives the variant."""
    names = (f"v{number}" for number in range(200))
    return next(name for name in names if ask(client, name).get("variant") == variant)
