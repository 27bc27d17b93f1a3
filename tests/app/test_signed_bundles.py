"""Where a key is set, an unsigned or wrongly signed bundle is never served or scored with."""

import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.config import Settings, read_settings
from app.runtime import Runtime
from app.state.memory.store import MemoryStore
from models.contract.bundle import BundleError
from models.contract.manifest_seal import BundleKey
from tests.app.bundle_copies import copy_bundle
from tests.sealed_manifests import read_raw, write_sealed

KEY = "0123456789abcdef" * 2
UNSIGNED = "expected a bundle signed with CHORUS_BUNDLE_KEY"


@pytest.fixture
def settings(trained: Path, tmp_path: Path) -> Settings:
    """A bundle, not signed, and a key."""
    shutil.copytree(trained, tmp_path / "bundles" / "first")
    return read_settings(
        bundle_dir=tmp_path / "bundles" / "first", state_dir=tmp_path / "state", bundle_key=KEY
    )


def sign(folder: Path, key: str = KEY) -> None:
    write_sealed(folder, read_raw(folder), BundleKey(key.encode()))


async def test_start_and_reload_take_signed_bundles_only(settings: Settings) -> None:
    runtime = Runtime(settings, MemoryStore())
    with pytest.raises(BundleError, match=UNSIGNED):
        await runtime.start()
    sign(settings.bundle_dir)
    await runtime.start()
    served = runtime.default_tenant.bundle
    copy_bundle(settings.bundle_dir, "forged")  # its signature is that of another manifest
    sign(copy_bundle(settings.bundle_dir, "foreign"), "k" * 32)
    for name in ("forged", "foreign"):
        with pytest.raises(BundleError, match=f"{UNSIGNED} in .*{name}, given another signature"):
            await runtime.reload(name)
    assert runtime.default_tenant.bundle is served
    sign(copy_bundle(settings.bundle_dir, "second"))
    assert (await runtime.reload("second")).model_version == "second"


async def test_a_start_falls_back_to_the_signed_bundle_before(settings: Settings) -> None:
    sign(copy_bundle(settings.bundle_dir, "first.previous"))
    runtime = Runtime(settings, MemoryStore())
    await runtime.start()
    assert runtime.default_tenant.bundle.manifest.model_version == "first.previous"


def test_the_commands_refuse_with_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("user_id,item_id\nu1,i1\n")
    monkeypatch.setenv("CHORUS_BUNDLE_KEY", KEY)
    monkeypatch.setenv("CHORUS_STATE_DIR", str(settings.state_dir))
    bundle, out = str(settings.bundle_dir), tmp_path / "out.csv"
    score = ["batch-score", str(tmp_path / "in.csv"), str(out), "--bundle", bundle]
    for command in (["serve", bundle], ["inspect", bundle], score):
        assert main(command) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and lines[0].startswith(
            f"chorus: {UNSIGNED} in {bundle}, given no manifest.hmac"
        )
    assert not out.exists()
    assert main(["sign", bundle]) == main(["inspect", bundle]) == main(score) == 0
    assert out.is_file()
