"""One command at a time writes a folder; a lock dies with its process."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.recipe.folder_lock import FolderInUseError, bundle_lock, hold_lock

HOLDER = """
import sys
from pathlib import Path
from models.recipe.folder_lock import hold_lock
with hold_lock(Path(sys.argv[1]), Path("bundle")):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds a lock until it is told to end."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_second_one_is_refused_with_the_process_and_its_start(tmp_path: Path) -> None:
    path = tmp_path / "bundle.lock"
    with (
        another_process(path) as process,
        pytest.raises(
            FolderInUseError,
            match=rf"^expected one command at a time to write bundle, given process {process.pid} since 2\d{{3}}-.*, "
            rf"which holds {path}$",
        ),
        hold_lock(path, Path("bundle")),
    ):
        pass


def test_it_is_free_after_the_end_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "bundle.lock"
    for _ in range(2):
        with hold_lock(path, Path("bundle")):
            assert path.is_file()
        assert not path.exists()
    with pytest.raises(RuntimeError, match="failed"), hold_lock(path, Path("bundle")):
        raise RuntimeError("failed")
    with hold_lock(path, Path("bundle")):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "bundle.lock"
    with another_process(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.is_file()
        with hold_lock(path, Path("bundle")):
            pass
    assert not path.exists()


def test_a_lock_that_is_not_described_yet(tmp_path: Path) -> None:
    path = tmp_path / "bundle.lock"
    with hold_lock(path, Path("bundle")):
        path.write_text("")
        with (
            pytest.raises(FolderInUseError, match="given another process, which"),
            hold_lock(path, Path("b")),
        ):
            pass


def test_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ValueError, match=r"expected a lock file at .*, given File exists"),
        hold_lock(tmp_path / "file" / "x.lock", tmp_path),
    ):
        pass
    (tmp_path / "x.lock").symlink_to("file")
    with pytest.raises(ValueError, match="expected a lock file"), hold_lock(tmp_path / "x.lock", tmp_path):
        pass
    assert (tmp_path / "file").read_text() == ""


def test_all_paths_of_a_bundle_have_one_lock(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (tmp_path / "current").symlink_to("shop")
    paths = [
        folder,
        tmp_path / "current",
        tmp_path / "shop.previous",
        tmp_path / "shop.rejected",
        folder / ".",
    ]
    assert {bundle_lock(path) for path in paths} == {tmp_path.resolve() / "shop.lock"}
