"""A bundle proves that it is whole: no edit, no flipped bit and no file from elsewhere is accepted."""

import os
import re

import pytest

from models.contract.bundle import (
    FEATURES,
    MANIFEST,
    REQUIRED,
    WEIGHTS,
    BundleError,
    checksum,
    read_features,
    read_manifest,
    verify,
)
from models.contract.manifest_seal import DIGEST
from tests.sealed_manifests import read_raw, write_sealed


def edit(bundle_folder, **changes):
    write_sealed(bundle_folder, read_raw(bundle_folder) | changes)


def test_checksum_is_sha256(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    assert checksum(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_whole(bundle_folder):
    assert verify(bundle_folder) == read_manifest(bundle_folder)
    assert read_features(bundle_folder, verify(bundle_folder)).item_ids.tokens == ("a",)


def test_a_bundle_is_reached_by_a_link(bundle_folder):
    link = bundle_folder.with_name("current")
    link.symlink_to(bundle_folder)
    assert verify(link) == verify(bundle_folder)


def test_a_missing_file(bundle_folder):
    (bundle_folder / WEIGHTS).unlink()
    with pytest.raises(BundleError, match=rf"expected the file {WEIGHTS} in .*, given none"):
        verify(bundle_folder)


def test_one_changed_byte(bundle_folder):
    (bundle_folder / WEIGHTS).write_bytes(bytes(range(255)) + b"\0")
    with pytest.raises(BundleError, match=rf"expected {WEIGHTS} with checksum \w{{12}}, given \w{{12}}"):
        verify(bundle_folder)


@pytest.mark.parametrize("version", [0, 3, 5, "4", None, True, 4.0])
def test_another_schema(bundle_folder, version):
    edit(bundle_folder, schema_version=version)
    with pytest.raises(BundleError, match=rf"expected schema_version 4 in .*, given {version!r}"):
        verify(bundle_folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "{}", '{"schema_version": 4}', "\udcff", "[" * 100_000])
def test_no_manifest_at_all(bundle_folder, text):
    (bundle_folder / MANIFEST).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError, match=r"^expected "):
        verify(bundle_folder)


def test_no_folder(tmp_path):
    with pytest.raises(BundleError, match="expected a bundle with a readable manifest"):
        verify(tmp_path / "nowhere")
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="expected a bundle with a readable manifest"):
        verify(tmp_path / "file")


@pytest.mark.parametrize("missing", [None, *sorted(REQUIRED)])
def test_the_required_files_are_named(bundle_folder, missing):
    files = (
        {} if missing is None else {k: v for k, v in read_raw(bundle_folder)["files"].items() if k != missing}
    )
    edit(bundle_folder, files=files)
    named = "features.json, golden.json" if missing is None else missing
    with pytest.raises(BundleError, match=re.escape(f"expected every required file, given none of {named}")):
        verify(bundle_folder)


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/hostname",
        "a/b",
        "a\\b",
        "",
        ".",
        "..",
        ".hidden",
        "a\nb",
        "a\0b",
        "é",
        "x" * 81,
        MANIFEST,
    ],
)
def test_names_that_are_not_plain_are_refused_before_anything_is_read(bundle_folder, name):
    """The message has no digest of the file."""
    (bundle_folder.parent / "secret").write_text("secret")
    edit(bundle_folder, files=read_raw(bundle_folder)["files"] | {name: "0" * 64})
    with pytest.raises(
        BundleError, match="files: expected plain names of files in the folder, given '"
    ) as refused:
        verify(bundle_folder)
    assert checksum(bundle_folder.parent / "secret")[:12] not in str(refused.value)


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST, DIGEST])
def test_a_file_may_not_be_a_link(bundle_folder, name):
    (bundle_folder / name).rename(bundle_folder.parent / "elsewhere")
    (bundle_folder / name).symlink_to("../elsewhere")
    with pytest.raises(BundleError, match=r"given .*a symbolic link"):
        verify(bundle_folder)


@pytest.mark.parametrize("name", [WEIGHTS, MANIFEST])
def test_a_file_may_not_be_a_pipe(bundle_folder, name):
    """It is refused at once; to open it would wait for a writer."""
    (bundle_folder / name).unlink()
    os.mkfifo(bundle_folder / name)
    with pytest.raises(BundleError, match="something other than a file"):
        verify(bundle_folder)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"statistics_at": "0"}, "statistics_at: "),
        ({"statistics_at": True}, "statistics_at: "),
        ({"model_version": 1}, "model_version: "),
        ({"calibrations": {"next": {"scale": "1"}}}, "calibrations.next.scale: "),
        ({"calibrations": {"next": {"scale": float("nan")}}}, "calibrations.next.scale: "),
        ({"calibrations": {"next": {"shift": float("inf")}}}, "calibrations.next.shift: "),
        ({"calibrations": {"love": {}}}, "expected calibrations of known heads, given love"),
        (
            {"fusion": {"utilities": {"love": {"low": 0, "high": 1}}}},
            "expected utilities of known heads, given love",
        ),
        (
            {"fusion": {"utilities": {"next": {"low": 0, "high": float("inf")}}}},
            "fusion.utilities.next.high: ",
        ),
        ({"fusion": {"utilities": {}, "weights": {"love": 1}}}, "known heads in the fusion, given love"),
        ({"scenes": {"home": {"love": 1.0}}}, "expected weights of known heads in home, given love"),
        ({"scenes": {"home": {"next": float("nan")}}}, "scenes.home.next: "),
        ({"files": {WEIGHTS: "0"}}, f"files.{WEIGHTS}: "),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_values_that_cannot_be_meant(bundle_folder, changes, place):
    edit(bundle_folder, **changes)
    with pytest.raises(BundleError, match=re.escape(place)) as refused:
        verify(bundle_folder)
    assert len(str(refused.value).splitlines()) == 1


def test_heads_have_different_names(bundle_folder):
    head = {"task": {"name": "like", "kind": "binary", "label": "value"}}
    edit(bundle_folder, heads=[head, head])
    with pytest.raises(BundleError, match="expected heads of different names, given next, like, like"):
        verify(bundle_folder)


def test_features_of_another_bundle(bundle_folder):
    edit(bundle_folder, features_digest="0" * 64)
    with pytest.raises(BundleError, match="expected features 000000000000, given"):
        read_features(bundle_folder, read_manifest(bundle_folder))
    (bundle_folder / FEATURES).write_text("{}")
    with pytest.raises(BundleError, match="expected a valid features"):
        read_features(bundle_folder, read_manifest(bundle_folder))
