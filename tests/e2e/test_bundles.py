"""A new bundle takes over without a failed request, a bad one changes nothing, and a start finds a good one."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.sealed_manifests import write_sealed

if TYPE_CHECKING:
    from tests.e2e.conftest import Launch, Load


def _copied(bundles: Path, name: str) -> Path:
    """The bundle `first` under another name and version."""
    folder = bundles / name
    shutil.copytree(bundles / "first", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    write_sealed(folder, manifest | {"model_version": name})
    return folder


def _flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _change_a_golden_logit(folder: Path) -> None:
    """By 0.1, with the checksum made right: only the replay can tell."""
    golden = json.loads((folder / "golden.json").read_text())
    golden["requests"][3]["logits"]["like"][7][0] += 0.1
    (folder / "golden.json").write_text(json.dumps(golden))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["golden.json"] = sha256((folder / "golden.json").read_bytes()).hexdigest()
    write_sealed(folder, manifest)


def test_reload_under_load_fails_no_request_and_the_next_start_remembers(
    launch: "Launch", bundles: Path, tmp_path: Path, load: type["Load"], wait_until: Callable[..., None]
) -> None:
    _copied(bundles, "second")
    _flip_a_byte(_copied(bundles, "torn") / "weights.safetensors")
    _change_a_golden_logit(_copied(bundles, "skewed"))
    service = launch(bundles / "first", tmp_path / "state")
    first = service.http.get("/v1/model").json()["model_version"]
    put = {"attributes": {"genres": ["crime"]}, "text": {"title": "The Last Detective"}}
    assert service.http.put("/v1/items/late", json=put).status_code == httpx.codes.OK
    asking = load(service.url)
    with asking.running():
        for name, message in (("torn", "weights.safetensors"), ("skewed", "'like' in golden request 3")):
            wait_until("there is load", lambda before=asking.ok: asking.ok > before + 5)
            refused = service.http.post("/v1/model/reload", json={"bundle": name})
            assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert refused.json()["error"]["code"] == "bad_bundle"
            assert message in refused.json()["error"]["message"]
            assert service.http.get("/v1/model").json()["model_version"] == first
        assert service.post("/v1/model/reload", bundle="second")["model_version"] == "second"
        wait_until("there is load", lambda before=asking.ok: asking.ok > before + 5)
    assert asking.failures == []
    assert {answer.status_code for answer in asking.answers} == {httpx.codes.OK}
    versions = [answer.json()["model_version"] for answer in asking.answers]
    assert {first, "second"} == set(versions)
    only = {"field": "item_id", "op": "eq", "value": "late"}
    assert service.ids(query="detective", filter=only) == ["late"]
    assert service.end() == 0
    _flip_a_byte(bundles / "first" / "item_vectors.npy")
    again = launch(bundles / "first", tmp_path / "state")
    assert again.recommend(user_id="u1")["model_version"] == "second"
    (refusal,) = [line for line in again.lines() if line["message"] == "bundle refused"]
    assert refusal["bundle"] == "first" and "item_vectors.npy" in refusal["reason"]
    assert again.ids(query="detective", filter=only) == ["late"]


def test_a_start_with_a_broken_bundle_serves_what_it_replaced(
    launch: "Launch", bundles: Path, tmp_path: Path
) -> None:
    _copied(bundles, "old").rename(bundles / "first.previous")
    (bundles / "first" / "manifest.json").write_text("{")
    service = launch(bundles / "first", tmp_path / "state")
    assert service.recommend(user_id="u1")["model_version"] == "old"


def test_without_a_usable_bundle_it_ends_with_one_clear_line(
    launch: "Launch", bundles: Path, tmp_path: Path
) -> None:
    _flip_a_byte(bundles / "first" / "features.json")
    broken = launch(bundles / "first", tmp_path / "one", wait=False)
    absent = launch(bundles / "nowhere", tmp_path / "two", wait=False)
    for service, words in ((broken, "expected features.json with checksum"), (absent, "expected a bundle")):
        assert service.process.wait(120) == 1
        (said,) = [line for line in service.log.read_text().splitlines() if not line.startswith("{")]
        assert said.startswith(f"chorus: {words}")
