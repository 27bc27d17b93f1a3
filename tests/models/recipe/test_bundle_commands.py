"""What the commands do with locks, signatures and modes: one line for each refusal, before any work."""

import json
import os
import shutil
from pathlib import Path

import pytest

from app.cli import main
from models.contract.bundle import MANIFEST, read_manifest, verify
from models.contract.manifest_seal import DIGEST, SIGNATURE, BundleKey
from models.recipe.folder_lock import bundle_lock, data_lock, hold_lock
from tests.sealed_manifests import read_raw, write_sealed

KEY = "0123456789abcdef" * 2


@pytest.fixture
def bundle(shop_bundle: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(shop_bundle, tmp_path / "bundle"))


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]):
    """Run a command; returns its exit code, and all that it says."""

    def run(*arguments: object) -> tuple[int, str]:
        code = main([str(argument) for argument in arguments])
        given = capsys.readouterr()
        assert "Traceback" not in given.out + given.err
        assert code == 0 or len(given.err.splitlines()) == 1
        return code, given.err + given.out

    return run


def test_a_second_training_is_refused_before_the_data_are_read(say, make_shop, tmp_path):
    job = make_shop(tmp_path)
    (tmp_path / "events.csv").write_text("")
    out = tmp_path / "bundle"
    with hold_lock(bundle_lock(out), out):
        code, text = say("train", job, "--out", out)
        assert (code, f"given process {os.getpid()} since " in text) == (1, True), text
        assert "events.csv" not in text and not (tmp_path / "bundle.work").exists()
    assert "interactions.path: expected rows in " in say("train", job, "--out", out)[1]


def test_a_second_fetch_or_signature_is_refused(say, bundle, tmp_path):
    data = tmp_path / "data"
    with hold_lock(data_lock(data), data), hold_lock(bundle_lock(bundle), bundle):
        assert "expected one command at a time to write" in say("fetch", "shop", "--out", data)[1]
        assert [path.name for path in data.iterdir()] == [".lock"]
        assert "expected one command at a time to write" in say("sign", bundle)[1]
    assert say("fetch", "shop", "--out", data)[0] == say("sign", bundle)[0] == 0
    assert not (data / ".lock").exists() and not bundle_lock(bundle).exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_fetched_files_have_the_mode_of_the_umask(say, tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        assert say("fetch", "shop", "--out", tmp_path)[0] == 0
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"artikel.csv": mode, "bestellungen.csv": mode}


def test_a_bundle_without_a_digest_is_mended(say, bundle):
    (bundle / DIGEST).unlink()
    code, text = say("inspect", bundle)
    assert code == 1 and f"`chorus sign {bundle}` verifies the bundle and adds it" in text
    code, text = say("sign", bundle)
    assert code == 0 and "has a digest now; it is not signed, as CHORUS_BUNDLE_KEY is not set" in text
    assert not (bundle / SIGNATURE).exists()
    code, text = say("inspect", bundle)
    assert code == 0 and "not signed" in text and "all checksums right" in text
    assert "has a right digest already" in say("sign", bundle)[1]


def test_a_signature_is_written_checked_and_replaced(say, bundle, monkeypatch):
    assert say("sign", bundle)[0] == 0
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", KEY)
    for command in ("inspect", "evaluate"):
        code, text = say(command, bundle)
        assert code == 1 and f"`chorus sign {bundle}` signs a bundle that you trust" in text
    assert "is signed with CHORUS_BUNDLE_KEY now" in say("sign", bundle)[1]
    assert "was signed with CHORUS_BUNDLE_KEY already" in say("sign", bundle)[1]
    assert verify(bundle, BundleKey(KEY.encode())) == read_manifest(bundle)
    code, text = say("inspect", bundle)
    assert code == 0 and "signed with CHORUS_BUNDLE_KEY" in text
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", KEY.upper())
    assert "given another signature" in say("inspect", bundle)[1]
    assert "is signed with CHORUS_BUNDLE_KEY now" in say("sign", bundle)[1]
    assert say("inspect", bundle)[0] == 0
    monkeypatch.delenv("CHORUS_BUNDLE_KEY")
    assert "signed (not checked, as CHORUS_BUNDLE_KEY is not set)" in say("inspect", bundle)[1]


def test_a_damaged_or_edited_bundle_is_not_signed(say, bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", KEY)
    whole = (bundle / MANIFEST).read_bytes()
    (bundle / MANIFEST).write_bytes(whole + b"\n")
    assert "it was edited or damaged" in say("sign", bundle)[1]
    (bundle / MANIFEST).write_bytes(whole)
    (bundle / "golden.json").write_text("{}")
    assert "expected golden.json with checksum" in say("sign", bundle)[1]
    assert not (bundle / SIGNATURE).exists()
    for folder in (tmp_path, tmp_path / "absent"):
        assert "expected a bundle" in say("sign", folder)[1]


@pytest.mark.parametrize("key", ["short", "k" * 31, " " + "k" * 32])
def test_a_key_that_cannot_be_used(say, bundle, monkeypatch, key):
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", key)
    code, text = say("sign", bundle)
    assert code == 1 and text.startswith("chorus: CHORUS_BUNDLE_KEY: expected ")
    assert key.strip() not in text and "given a secret" in text


def test_inspect_refuses_what_is_not_of_the_folder(say, bundle, tmp_path):
    (tmp_path / "secret").write_text("secret")
    raw = read_raw(bundle)
    for name in ("../secret", str(tmp_path / "secret")):
        write_sealed(bundle, raw | {"files": raw["files"] | {name: "0" * 64}})
        assert "expected plain names of files in the folder" in say("inspect", bundle)[1]
    write_sealed(bundle, raw | {"files": {}})
    assert "expected every required file, given none of features.json" in say("inspect", bundle)[1]
    write_sealed(bundle, raw | {"schema_version": True})
    assert "expected schema_version 4" in say("inspect", bundle)[1]
    write_sealed(bundle, raw)
    (bundle / "golden.json").rename(tmp_path / "golden.json")
    (bundle / "golden.json").symlink_to(tmp_path / "golden.json")
    assert "expected the file golden.json" in say("inspect", bundle)[1]


def test_inspect_warns_about_files_that_others_cannot_read(say, bundle):
    for path in bundle.iterdir():
        path.chmod(0o644)
    bundle.chmod(0o755)
    assert "warning" not in say("inspect", bundle)[1]
    (bundle / "weights.safetensors").chmod(0o600)
    text = say("inspect", bundle)[1]
    assert (
        "warning: a container that runs as another user cannot read weights.safetensors; `chmod -R o+rX "
        in text
    )
    bundle.chmod(0o700)
    assert "cannot read the folder itself, weights.safetensors; " in say("inspect", bundle)[1]


def test_inspect_names_files_that_are_not_part_of_the_bundle(say, bundle):
    (bundle / "notes.txt").write_text("")
    code, text = say("inspect", bundle)
    assert code == 0 and "not part of the bundle, and never read: 'notes.txt'" in text


def test_training_signs_over_an_unsigned_bundle(say, make_shop, monkeypatch, tmp_path):
    job, out = make_shop(tmp_path), tmp_path / "bundle"
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", KEY)
    code, text = say("train", job, "--out", out)
    assert code == 0, text
    assert verify(out, BundleKey(KEY.encode())).job == json.loads((out / MANIFEST).read_bytes())["job"]
    assert sorted(path.name for path in tmp_path.glob("*bundle*")) == ["bundle", "bundle.work"]
