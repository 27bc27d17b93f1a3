"""A bundle proves that it is whole."""

import json

import pytest

from models.contract.bundle import (
    FEATURES,
    MANIFEST,
    BundleError,
    Manifest,
    checksum,
    read_features,
    read_manifest,
    verify,
)
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion, Utility
from models.contract.vocabulary import Vocabulary


@pytest.fixture
def folder(tmp_path):
    """Two files and a manifest."""
    spec = FeatureSpec(timed=True, history_length=3, item_ids=Vocabulary(tokens=("a",)), actions=Vocabulary())
    (tmp_path / FEATURES).write_text(spec.model_dump_json())
    (tmp_path / "weights").write_bytes(bytes(range(256)))
    manifest = Manifest(
        model_version="shop-1",
        created_at="2026-01-01",
        job="shop",
        network={},
        heads=(),
        calibrations={},
        fusion=Fusion(utilities={"next": Utility(low=0, high=1)}),
        features_digest=spec.digest(),
        statistics_at=0.0,
        files={name: checksum(tmp_path / name) for name in (FEATURES, "weights")},
    )
    (tmp_path / MANIFEST).write_text(manifest.model_dump_json())
    return tmp_path


def edit(folder, **changes):
    raw = json.loads((folder / MANIFEST).read_text()) | changes
    (folder / MANIFEST).write_text(json.dumps(raw))


def test_checksum_is_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert checksum(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_whole(folder):
    assert verify(folder) == read_manifest(folder)
    assert read_features(folder, verify(folder)).item_ids.tokens == ("a",)


def test_a_missing_file(folder):
    (folder / "weights").unlink()
    with pytest.raises(BundleError, match=r"expected the file weights in .*, given none"):
        verify(folder)


def test_one_changed_byte(folder):
    (folder / "weights").write_bytes(bytes(range(255)) + b"\0")
    with pytest.raises(BundleError, match=r"expected weights with checksum \w{12}, given \w{12}"):
        verify(folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_schema(folder, version):
    edit(folder, schema_version=version)
    with pytest.raises(BundleError, match=rf"expected schema_version 1 in .*, given {version!r}"):
        verify(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"schema_version": 1}', "\udcff"])
def test_no_manifest_at_all(folder, text):
    (folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError, match=r"^expected "):
        verify(folder)


def test_no_folder(tmp_path):
    with pytest.raises(BundleError, match="expected a bundle with a readable manifest"):
        verify(tmp_path / "nowhere")


def test_features_of_another_bundle(folder):
    edit(folder, features_digest="0" * 64)
    with pytest.raises(BundleError, match="expected features 000000000000, given"):
        read_features(folder, read_manifest(folder))
    (folder / FEATURES).write_text("{}")
    with pytest.raises(BundleError, match="expected a valid features"):
        read_features(folder, read_manifest(folder))
