"""Which bundle a start or a reload takes."""

import shutil
from pathlib import Path

import pytest

from app.bundle_choice import (
    UnknownBundleNameError,
    bundles_root,
    find_bundle,
    list_start_candidates,
    read_last_good,
    write_last_good,
)
from app.config import Settings, read_settings
from tests.app.bundle_copies import copy_bundle


@pytest.fixture
def settings(trained: Path, tmp_path: Path) -> Settings:
    shutil.copytree(trained, tmp_path / "bundles" / "first")
    return read_settings(bundle_dir=tmp_path / "bundles" / "first", state_dir=tmp_path / "state")


def test_where_a_start_looks(settings: Settings) -> None:
    first = settings.bundle_dir
    assert list_start_candidates(settings) == [first]
    previous = copy_bundle(first, "first.previous")
    other = copy_bundle(first, "z")
    write_last_good(settings.state_dir, other)
    assert list_start_candidates(settings) == [first, previous, other.resolve()]
    whole = settings.model_copy(update={"bundle_dir": first.parent})
    (first.parent / "not-a-bundle").mkdir()
    copy_bundle(first, ".half-written")
    assert list_start_candidates(whole) == [other, previous, first]
    nowhere = settings.model_copy(update={"bundle_dir": first / "nowhere", "state_dir": first})
    assert list_start_candidates(nowhere) == [first / "nowhere"]
    assert bundles_root(first) == bundles_root(first.parent) == first.parent


def test_a_bundle_is_found_by_its_name_and_never_by_a_path(settings: Settings) -> None:
    second = copy_bundle(settings.bundle_dir, "second")
    copy_bundle(settings.bundle_dir, ".half")
    (second.parent / "empty").mkdir()
    assert find_bundle(settings.bundle_dir, "second") == find_bundle(second.parent, "second") == second
    for name in ("absent", "empty", "../first", ".", "..", "second/../second", ".half"):
        with pytest.raises(UnknownBundleNameError):
            find_bundle(settings.bundle_dir, name)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"path": 3}', '"x"'])
def test_a_damaged_note_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "last_good.json").write_text(content)
    assert read_last_good(tmp_path) is None
