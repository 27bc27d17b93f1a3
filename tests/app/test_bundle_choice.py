"""Which bundle a start or a reload takes."""

import shutil
from pathlib import Path

import pytest

from app.bundle_choice import (
    UnknownBundleNameError,
    bundles_root,
    find_bundle,
    last_good_file,
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
    write_last_good(settings, other)
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
    settings = read_settings(bundle_dir=tmp_path / "bundle", state_dir=tmp_path)
    write_last_good(settings, tmp_path)
    assert read_last_good(settings) == tmp_path.resolve()
    last_good_file(settings).write_text(content)
    assert read_last_good(settings) is None


def test_services_of_other_bundles_in_one_state_folder_keep_their_notes(tmp_path: Path) -> None:
    """A service never falls back to the bundle of another one."""
    films, books = (
        read_settings(bundle_dir=tmp_path / name, state_dir=tmp_path) for name in ("films", "books")
    )
    write_last_good(films, tmp_path / "films")
    assert read_last_good(books) is None
    write_last_good(books, tmp_path / "books")
    assert read_last_good(films) == (tmp_path / "films").resolve()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        last_good_file(settings).name for settings in (films, books)
    )
