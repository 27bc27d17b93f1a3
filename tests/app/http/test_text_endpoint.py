"""A bundle whose texts an embeddings endpoint reads: trained, checked and served over real HTTP."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import yaml

from app.batch.rows import Row, score_rows
from app.bundle import remote_texts
from app.bundle.remote_texts import RemoteTexts
from app.cli import main
from app.golden import open_and_check
from models.contract.bundle import TEXT_ENCODER, BundleError
from models.contract.encoder_card import read_card
from models.language.endpoint import KEY, QUERY_TIMEOUT, URL, EndpointEncoder
from tests.conftest import write_shop
from tests.embeddings_server import SIZE, EmbeddingsServer, serve_embeddings

SECRET = "sk-very-secret"
UNAVAILABLE = ["encode:text_encoder_unavailable"]
Serve = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[EmbeddingsServer]:
    with serve_embeddings() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL, server.url)
        patch.setenv(KEY, SECRET)
        patch.setenv(QUERY_TIMEOUT, "60")
        yield server


@pytest.fixture(scope="module")
def bundle(endpoint: EmbeddingsServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with profile texts whose vectors came from the endpoint."""
    folder = tmp_path_factory.mktemp("endpoint")
    path = write_shop(folder)
    job = yaml.safe_load(path.read_text())
    job |= {"text_encoder": "endpoint:small", "tasks": job["tasks"][:1]}
    job["training"]["epochs"] = 1
    job["users"]["template"] = "works as {job}"
    path.write_text(yaml.safe_dump(job))
    assert main(["train", str(path), "--out", str(folder / "bundle")]) == 0
    return folder / "bundle"


@pytest.fixture(autouse=True)
def answering(endpoint: EmbeddingsServer) -> None:
    """Every test begins with an endpoint that answers, and that nobody has asked."""
    endpoint.is_down, endpoint.held, endpoint.salt, endpoint.size = False, None, "", SIZE
    endpoint.requests.clear()


@pytest.fixture
def client(serve: Serve, bundle: Path) -> Iterator[httpx.Client]:
    with serve(bundle_dir=bundle) as running:
        yield running


def recommend(client: httpx.Client, **body: object) -> tuple[list[str], list[str]]:
    answer = client.post("/v1/recommend", json={"user_id": "u1", "diversity": {"method": "none"}, **body})
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]], answer.json()["degraded"]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for what happens beside the requests; a minute is far more than it takes."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "expected it within a minute"
        time.sleep(0.01)


def test_the_bundle_names_its_encoder_and_holds_neither_key_nor_address(
    bundle: Path, endpoint: EmbeddingsServer
) -> None:
    card = read_card(bundle / TEXT_ENCODER)
    assert (card.name, card.size) == ("endpoint:small", SIZE)
    work = bundle.with_name("bundle.work")
    files = [path for folder in (bundle, work) for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content and endpoint.url.encode() not in content, path


def test_a_query_is_read_by_the_endpoint_and_then_remembered(
    client: httpx.Client, endpoint: EmbeddingsServer
) -> None:
    items, degraded = recommend(client, query="alien galaxy, nothing romantic")
    assert degraded == []
    texts = {"alien galaxy", "romantic", "works as artist"}
    assert texts <= set(endpoint.texts)
    asked = len(endpoint.requests)
    assert recommend(client, query="alien galaxy, nothing romantic") == (items, [])
    assert len(endpoint.requests) == asked


def test_an_endpoint_that_is_down_costs_the_words_and_nothing_else(
    client: httpx.Client, endpoint: EmbeddingsServer
) -> None:
    plain = recommend(client)
    heard = recommend(client, query="wild horses")
    endpoint.is_down = True
    assert recommend(client, query="robots on mars") == (plain[0], UNAVAILABLE)
    assert recommend(client, query="wild horses") == heard
    assert recommend(client) == plain
    groups = {"groups": [{"user_id": "u1", "item_ids": ["i1", "i2"]}]}
    (group,) = client.post("/v1/batch-score", json=groups).json()["groups"]
    assert (group["status"], group["degraded"]) == ("ok", [])


def test_while_a_query_waits_for_the_endpoint_others_are_answered(
    client: httpx.Client, endpoint: EmbeddingsServer
) -> None:
    plain = recommend(client)
    endpoint.held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(recommend, client, query="bank robbery")
        while not endpoint.waiting:
            threading.Event().wait(0.01)
        assert recommend(client) == plain
        assert not waiting.done()
        endpoint.held.set()
        assert waiting.result()[1] == []


def test_a_query_waits_no_longer_than_its_limit(
    serve: Serve, bundle: Path, endpoint: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUERY_TIMEOUT, "0.1")
    with serve(bundle_dir=bundle) as client:
        endpoint.held = threading.Event()
        assert recommend(client, query="the kiss")[1] == UNAVAILABLE
        endpoint.held.set()


def test_an_item_that_was_put_in_an_outage_is_placed_by_its_text_after_it(
    serve: Serve, bundle: Path, endpoint: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_texts, "REST_S", 0.0)
    item = {"attributes": {"title": "Robots on Mars 1", "genres": ["animals"], "year": 2000}}
    lists = {}
    for is_down in (False, True):
        with serve(bundle_dir=bundle) as client:
            recommend(client, query="robots on mars")
            endpoint.is_down = is_down
            assert client.put("/v1/items/late", json=item).status_code == 200
            lists[is_down] = recommend(client, query="robots on mars", limit=81)
            endpoint.is_down = False
            wait_until(lambda: recommend(client, query="robots on mars", limit=81) == lists[False])
            assert client.delete("/v1/items/late").status_code == 200
    assert lists[True] != lists[False] and lists[True][1] == []


def test_nobody_but_its_writer_waits_for_the_text_of_an_item(
    client: httpx.Client, endpoint: EmbeddingsServer
) -> None:
    plain = recommend(client)
    item = {"attributes": {"title": "Robots on Mars 2", "genres": ["animals"], "year": 2000}}
    endpoint.held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.put, "/v1/items/held", json=item)
        wait_until(lambda: endpoint.waiting > 0)
        assert recommend(client) == plain
        assert not waiting.done()
        endpoint.held.set()
        assert waiting.result().status_code == 200
    asked = len(endpoint.requests)
    recommend(client)
    assert len(endpoint.requests) == asked, "expected the text of the item to be read once"


def test_a_file_is_scored_after_a_failure_of_the_endpoint_that_passes(
    bundle: Path, endpoint: EmbeddingsServer, tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("user_id,item_id\nu1,i1\nu2,i1\n")
    endpoint.faults.append((503, {"retry-after": "0"}))
    assert main(["batch-score", str(source), str(target), "--bundle", str(bundle)]) == 0
    assert not endpoint.faults and target.read_text().count(",ok,") == 2


def test_the_texts_of_a_files_users_are_asked_for_at_once(bundle: Path, endpoint: EmbeddingsServer) -> None:
    opened = open_and_check(bundle, 100)
    asked = RemoteTexts(EndpointEncoder("small", SIZE), limit_s=60.0)
    endpoint.requests.clear()
    rows = [Row(number, {"user_id": f"u{number}", "item_id": "i1"}) for number in range(1, 9)]
    scored = score_rows(replace(opened, text_encoder=asked), rows, 1.8e9)
    assert [row["status"] for row in scored] == ["ok"] * 8
    assert len(endpoint.requests) == 1 and len(endpoint.texts) > 1
    assert [row["score"] for row in scored] == [row["score"] for row in score_rows(opened, rows, 1.8e9)]


@pytest.mark.parametrize(
    ("change", "message"), [("salt", "answer the golden sentence"), ("size", "given 17")]
)
def test_another_model_under_the_name_is_refused(
    bundle: Path, endpoint: EmbeddingsServer, change: str, message: str
) -> None:
    setattr(endpoint, change, {"salt": "other", "size": SIZE + 1}[change])
    with pytest.raises(BundleError, match=message):
        open_and_check(bundle, 100)


def test_without_the_endpoint_the_bundle_serves_without_words_until_the_right_model_answers(
    serve: Serve, bundle: Path, endpoint: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_texts, "REST_S", 0.0)
    endpoint.is_down = True
    with serve(bundle_dir=bundle) as client:
        assert recommend(client, query="penguin island")[1] == UNAVAILABLE
        endpoint.is_down = False
        assert recommend(client, query="penguin island")[1] == []
    endpoint.is_down = True
    with serve(bundle_dir=bundle) as client:
        assert recommend(client, query="penguin island")[1] == UNAVAILABLE
        endpoint.is_down, endpoint.salt = False, "other"
        assert recommend(client, query="penguin island")[1] == UNAVAILABLE


def test_a_service_without_the_address_says_which_setting_it_needs(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(URL)
    with pytest.raises(BundleError, match=f"expected {URL} as an address"):
        open_and_check(bundle, 100)
