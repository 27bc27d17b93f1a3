"""A real service over real HTTP: uvicorn on the loopback, a real Redis, a tiny bundle with random weights."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from app.bundle.bundle import encode_rows
from app.bundle.torch_predictor import TorchPredictor
from app.config import Settings, read_settings
from app.main import OpenRuntime, create_app
from app.runtime import Runtime
from app.state.embedded.server import EmbeddedRedis
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.bundle import (
    FEATURES,
    GOLDEN,
    HISTORIES,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    PROFILES,
    USER_IDS,
    WEIGHTS,
    DefaultDiversity,
    Manifest,
    write_manifest,
)
from models.contract.calibration import Calibration
from models.contract.catalogue import Item, User
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.fusion import Fusion, Utility
from models.contract.histories import write_histories
from models.contract.recency import RecencyGains
from models.contract.records import GoldenRequests, write_items, write_users
from models.contract.tasks import NEXT, Head, Task
from models.contract.vocabulary import Vocabulary
from models.network.config import NetworkConfig
from models.network.model import ChorusNetwork
from models.network.shape import infer_shape
from tests.app.http.server_thread import serve_in_thread

GENRES = ("comedy", "drama", "horror")
ITEM_COUNT = 60
USERS = 5
NOW = 1_763_740_800.0

SPEC = FeatureSpec(
    timed=True,
    history_length=20,
    item_ids=Vocabulary(tokens=tuple(str(number) for number in range(ITEM_COUNT))),
    actions=Vocabulary(tokens=("rate", "listen")),
    item_fields=(
        FieldSpec(name="title", kind=FieldKind.TEXT),
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="year", kind=FieldKind.NUMERIC, mean=1990, std=10),
        FieldSpec(name="image", kind=FieldKind.VECTOR, size=3),
    ),
    user_fields=(FieldSpec(name="job", kind=FieldKind.CATEGORICAL),),
    context_fields=("season",),
    item_tokens=Vocabulary(tokens=tuple(f"genres={genre}" for genre in GENRES)),
    user_tokens=Vocabulary(tokens=("job=artist", "job=farmer")),
    context_tokens=Vocabulary(tokens=("season=winter", "daypart=night")),
    value_range=(1.0, 5.0),
    value_mean=3.0,
)
HEADS = (
    Head(task=Task(name="like", kind="binary", label="value >= 4")),
    Head(task=Task(name="rating", kind="regression", label="value", range=(1, 5))),
    Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=GENRES),
    Head(
        task=Task(name="daypart", kind="context", label="time.daypart"),
        classes=("night", "morning", "afternoon", "evening"),
    ),
)
NETWORK = NetworkConfig(dim=8, layers=1, expert_width=8, tower_width=8, history_length=20)


def tiny_item(number: int) -> Item:
    genres = (GENRES[number % 3],) if number % 5 else GENRES
    return Item(str(number), {"title": f"Title {number}", "genres": genres, "year": float(1960 + number)})


def write_bundle(folder: Path, version: str, item_count: int = ITEM_COUNT, seed: int = 7) -> Path:
    """A whole bundle whose weights are drawn, not trained."""
    folder.mkdir(parents=True)
    torch.manual_seed(seed)
    network = ChorusNetwork(NETWORK, infer_shape(SPEC), HEADS).eval()
    items = [tiny_item(number) for number in range(item_count)]
    statistics = np.random.default_rng(seed).random((item_count, 3), dtype=np.float32)
    texts = np.zeros((item_count, 0), dtype=np.float32)
    rows = encode_rows(TorchPredictor(network, SPEC.timed), SPEC, items, texts, statistics)
    save_file(network.state_dict(), folder / WEIGHTS)
    np.save(folder / ITEM_VECTORS, np.stack([row.vector for row in rows]))
    np.save(folder / ITEM_TEXT, np.zeros((item_count, 0), dtype=np.float32))
    np.save(folder / ITEM_STATISTICS, statistics)
    write_items(folder / ITEMS, items)
    write_users(folder / PROFILES, [User(f"u{number}", {"job": "artist"}) for number in range(USERS)])
    (folder / USER_IDS).write_text(json.dumps([f"u{number}" for number in range(USERS)]))
    count = USERS * 10
    write_histories(
        folder / HISTORIES,
        EventColumns(
            offsets=np.arange(0, count + 1, 10),
            items=np.arange(count) % item_count,
            actions=np.zeros(count, dtype=np.int64),
            values=np.tile(np.array([5, 1], dtype=np.float32), count // 2),
            times=np.arange(count) + 1e9,
            action_names=("rate",),
        ),
    )
    (folder / GOLDEN).write_text(GoldenRequests(tolerance=1e-4, requests=()).model_dump_json())
    (folder / FEATURES).write_text(SPEC.model_dump_json())
    names = (NEXT, *(head.task.name for head in HEADS))
    manifest = Manifest(
        model_version=version,
        created_at="2025-11-21T16:00:00Z",
        job="tiny",
        network=NETWORK.model_dump(mode="json"),
        heads=HEADS,
        recency=RecencyGains(in_session=0.25, returning=1.5),
        calibrations={name: Calibration() for name in names},
        diversity=DefaultDiversity(method="mmr", strength=0.3),
        fusion=Fusion(
            utilities={name: Utility(low=-1, high=1) for name in names}, weights={"next": 1.0, "like": 0.5}
        ),
        scenes={"home": {"like": 1.0}},
        features_digest=SPEC.digest(),
        statistics_at=NOW,
        files={path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
    )
    write_manifest(folder, manifest)
    return folder


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two bundles, first and second, and one that is broken."""
    root = tmp_path_factory.mktemp("bundles")
    write_bundle(root / "first", "first")
    write_bundle(root / "second", "second")
    broken = write_bundle(root / "broken", "broken")
    (broken / ITEM_VECTORS).write_bytes(b"")
    return root


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of the module's own: what one module stores changes no answer of another."""
    with EmbeddedRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server.url


def patient(url: str) -> RedisSettings:
    """The machine that runs the tests may be slow."""
    return RedisSettings(url, timeout_s=10, write_timeout_s=10)


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    assert settings.redis_url is not None
    store = RedisStore(
        replace(patient(settings.redis_url), pseudonyms=settings.pseudonyms, state_keys=settings.state_keys)
    )
    runtime = Runtime(settings, store)
    await runtime.start()
    try:
        yield runtime
    finally:
        await store.close()


@asynccontextmanager
async def open_empty(settings: Settings) -> AsyncIterator[Runtime]:
    """A runtime that has not loaded its bundle yet."""
    assert settings.redis_url is not None
    store = RedisStore(patient(settings.redis_url))
    yield Runtime(settings, store)
    await store.close()


@contextmanager
def serving(settings: Settings, opening: OpenRuntime = open_runtime) -> Iterator[httpx.Client]:
    """A client of a service that runs in a thread of this process."""
    with serve_in_thread(create_app(settings, opening)) as client:
        yield client


@pytest.fixture(scope="module")
def serve(
    bundles: Path, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[httpx.Client]]:
    """Starts a service: these settings above the first bundle and the module's Redis. Empty: never loaded."""

    def start(empty: bool = False, **given: object) -> AbstractContextManager[httpx.Client]:
        usual = {
            "bundle_dir": bundles / "first",
            "state_dir": tmp_path_factory.mktemp("state"),
            "redis_url": redis_url,
            "compute_timeout_s": 60,
        }
        return serving(read_settings(**{**usual, **given}), open_empty if empty else open_runtime)

    return start


@pytest.fixture(scope="module")
def service(serve: Callable[..., AbstractContextManager[httpx.Client]]) -> Iterator[httpx.Client]:
    """A client of a running service."""
    with serve() as client:
        yield client


@pytest.fixture(scope="module")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.app.http.access_calls import TOKENS, store_in_file  # it needs this file

    path = tmp_path_factory.mktemp("keys") / "keys.json"
    store_in_file(path, *(key for _token, key in TOKENS.values()))
    return path


@pytest.fixture(scope="module")
def keyed(
    serve: Callable[..., AbstractContextManager[httpx.Client]], keys_file: Path
) -> Iterator[httpx.Client]:
    """A service with keys of each role in a file, and no CHORUS_API_KEY."""
    with serve(keys_file=keys_file, publishable_keys="pk_1") as client:
        yield client
