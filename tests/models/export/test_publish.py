"""Publishing: whole or not at all, and the old bundle is kept."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.contract.bundle import (
    CONTENT_LINKS,
    GOLDEN,
    HISTORIES,
    ITEM_STATISTICS,
    ITEM_TEXT,
    ITEM_VECTORS,
    ITEMS,
    LINKS,
    PROFILES,
    REPORT,
    USER_VECTORS,
    BundleError,
    checksum,
    read_features,
    read_manifest,
    verify,
)
from models.contract.content_links import read_content
from models.contract.histories import read_histories
from models.contract.item_links import read_links
from models.contract.manifest_seal import BundleKey
from models.contract.records import GoldenRequests, read_items, read_users
from models.contract.replaced_file import name_temporary
from models.export import publish as publishing
from models.export.publish import Contents, publish
from models.export.target import check_target, remove_leftovers
from models.network.model import load_network


@pytest.fixture(scope="module")
def contents(shop_bundle) -> Contents:
    manifest = read_manifest(shop_bundle)
    spec = read_features(shop_bundle, manifest)
    return Contents(
        spec=spec,
        network=load_network(shop_bundle, manifest, spec),
        items=tuple(read_items(shop_bundle / ITEMS)),
        users=tuple(read_users(shop_bundle / PROFILES)),
        histories=read_histories(shop_bundle / HISTORIES),
        golden=GoldenRequests.model_validate_json((shop_bundle / GOLDEN).read_bytes()),
        arrays={
            name: np.load(shop_bundle / name)
            for name in (ITEM_TEXT, ITEM_VECTORS, ITEM_STATISTICS, USER_VECTORS)
        },
        pages={REPORT: (shop_bundle / REPORT).read_text()},
        links=None if manifest.links is None else read_links(shop_bundle / LINKS),
        content=None if CONTENT_LINKS not in manifest.files else read_content(shop_bundle / CONTENT_LINKS),
    )


@pytest.fixture
def manifest_of(shop_bundle):
    """Manifests of a version."""
    whole = read_manifest(shop_bundle)
    return lambda version: (
        lambda files: whole.model_copy(update={"model_version": version, "files": dict(files)})
    )


def folders(path: Path) -> set[str]:
    return {one.name for one in path.iterdir()}


def test_what_is_published_is_whole(contents, manifest_of, tmp_path, shop_bundle):
    manifest = publish(tmp_path / "deep" / "bundle", contents, manifest_of("v1"))
    assert verify(tmp_path / "deep" / "bundle") == manifest
    assert folders(tmp_path / "deep") == {"bundle"}
    for name in (ITEMS, PROFILES, GOLDEN, ITEM_VECTORS, "weights.safetensors", "features.json"):
        assert checksum(tmp_path / "deep" / "bundle" / name) == checksum(shop_bundle / name), name
    assert set(manifest.files) == folders(tmp_path / "deep" / "bundle") - {"manifest.json", "manifest.sha256"}


def test_with_a_key_it_is_signed(contents, manifest_of, tmp_path):
    out, key = tmp_path / "bundle", BundleKey(b"k" * 32)
    publish(out, contents, manifest_of("v1"), lambda folder: verify(folder, key), key)
    assert verify(out, key).model_version == "v1"
    publish(out, contents, manifest_of("v2"))
    with pytest.raises(BundleError, match=r"given no manifest\.hmac"):
        verify(out, key)
    assert verify(tmp_path / "bundle.previous", key).model_version == "v1"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640)])
def test_every_file_has_the_mode_of_the_umask(contents, manifest_of, tmp_path, umask, mode):
    """A container of another user can read the weights, too, where it can read the rest."""
    before = os.umask(umask)
    try:
        publish(tmp_path / "bundle", contents, manifest_of("v1"), key=BundleKey(b"k" * 32))
    finally:
        os.umask(before)
    files = list((tmp_path / "bundle").iterdir())
    assert {"weights.safetensors", "manifest.hmac"} <= {path.name for path in files}
    assert {path.name: path.stat().st_mode & 0o777 for path in files} == {path.name: mode for path in files}


def test_what_a_killed_run_left_is_removed(tmp_path):
    out = tmp_path / "bun[d]le"
    left = name_temporary(out)
    assert left != name_temporary(out)
    left.mkdir()
    (left / "features.json").write_text("{}")
    others = [tmp_path / ".bundle.12345678.writing", tmp_path / f".{out.name}.rejected.12345678.writing"]
    for other in others:
        other.mkdir()
    remove_leftovers(out)
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_the_one_before_is_kept(contents, manifest_of, tmp_path):
    out = tmp_path / "bundle"
    for version in ("v1", "v2", "v3"):
        publish(out, contents, manifest_of(version))
    assert verify(out).model_version == "v3"
    assert verify(tmp_path / "bundle.previous").model_version == "v2"
    assert folders(tmp_path) == {"bundle", "bundle.previous"}


@pytest.mark.parametrize(
    "step", ["write_index", "write_histories", "save_file", "verify", "checksum", "write_manifest"]
)
def test_a_failure_leaves_the_old_one(contents, manifest_of, tmp_path, monkeypatch, step):
    out = tmp_path / "bundle"
    publish(out, contents, manifest_of("v1"))
    with monkeypatch.context() as patch:

        def fail(*_given):
            raise OSError("disk full")

        patch.setattr(publishing, step, fail)
        with pytest.raises(OSError, match="disk full"):
            publish(out, contents, manifest_of("v2"))
    assert folders(tmp_path) == {"bundle"}
    assert verify(out).model_version == "v1"
    assert not (tmp_path / "bundle.previous").exists()
    publish(out, contents, manifest_of("v3"))
    assert verify(out).model_version == "v3"
    assert folders(tmp_path) == {"bundle", "bundle.previous"}


def test_what_does_not_verify_is_not_published(contents, manifest_of, tmp_path):
    def wrong(files):
        return manifest_of("v1")(dict(files) | {"weights.safetensors": "0" * 64})

    with pytest.raises(BundleError, match=r"expected weights\.safetensors with checksum 000000000000"):
        publish(tmp_path / "bundle", contents, wrong)
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_that_fails_its_check_is_not_published(contents, manifest_of, tmp_path):
    """The check sees the complete bundle; the bundle in use and the one before it stay as they are."""
    out, checked = tmp_path / "bundle", []
    for version in ("v1", "v2"):
        publish(out, contents, manifest_of(version), lambda folder: checked.append(verify(folder)))
    assert [manifest.model_version for manifest in checked] == ["v1", "v2"]

    def refuse(folder):
        verify(folder)
        raise BundleError("expected other answers")

    with pytest.raises(BundleError, match=r"^expected other answers$"):
        publish(out, contents, manifest_of("v3"), refuse)
    assert verify(out).model_version == "v2"
    assert verify(tmp_path / "bundle.previous").model_version == "v1"
    assert folders(tmp_path) == {"bundle", "bundle.previous"}
    with pytest.raises(BundleError):
        publish(tmp_path / "first", contents, manifest_of("v1"), refuse)
    assert folders(tmp_path) == {"bundle", "bundle.previous"}


def test_a_folder_of_somebody_elses_is_not_replaced(contents, manifest_of, tmp_path):
    out = tmp_path / "photos"
    out.mkdir()
    publish(out, contents, manifest_of("v1"))  # an empty folder is one to fill
    shutil.rmtree(out)
    out.mkdir()
    (out / "cat.jpg").write_text("purr")
    with pytest.raises(ValueError, match="expected no folder, an empty one or a bundle at"):
        publish(out, contents, manifest_of("v1"))
    assert (out / "cat.jpg").read_text() == "purr"
    (tmp_path / "file").write_text("")
    for odd in (tmp_path / "file", Path(), Path("/"), Path("..")):
        with pytest.raises(ValueError, match=r"^expected "):
            check_target(odd)


@pytest.mark.parametrize("name", [ITEM_VECTORS, USER_VECTORS, ITEM_STATISTICS])
def test_vectors_that_are_not_finite_are_not_published(contents, manifest_of, tmp_path, name):
    broken = contents.arrays[name].copy()
    broken[1, 0], broken[2, 1] = np.nan, np.inf
    with pytest.raises(ValueError, match=f"expected finite numbers in {name}, given 2 that are not"):
        publish(tmp_path / "b", replace(contents, arrays={**contents.arrays, name: broken}), manifest_of("v"))
    assert folders(tmp_path) == set()


def test_golden_logits_that_are_not_finite_are_not_published(contents, manifest_of, tmp_path):
    first, *others = contents.golden.requests
    logits = {**first.logits, "next": ((float("nan"),), *first.logits["next"][1:])}
    requests = (first.model_copy(update={"logits": logits}), *others)
    broken = replace(contents, golden=contents.golden.model_copy(update={"requests": requests}))
    with pytest.raises(ValueError, match=f"expected finite numbers in {GOLDEN}, given 1 that are not"):
        publish(tmp_path / "b", broken, manifest_of("v"))
