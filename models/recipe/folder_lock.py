"""Lock an output folder: one command at a time writes it.

The system frees the lock when the process ends, even if it is killed.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from models.contract.bundle import PREVIOUS, REJECTED

SUFFIX = ".lock"


class FolderInUseError(Exception):
    """Another command writes the folder; the message has its process and its start."""


def bundle_lock(folder: Path) -> Path:
    """The lock file of a bundle's folder, beside it. The previous and the rejected bundle share it."""
    path = Path(os.path.realpath(folder))
    return path.with_name(path.name.removesuffix(PREVIOUS).removesuffix(REJECTED) + SUFFIX)


def data_lock(folder: Path) -> Path:
    """The lock file of a folder of data, inside it: the folder above may belong to another user."""
    return folder / SUFFIX


@contextmanager
def hold_lock(path: Path, folder: Path) -> Iterator[None]:
    """Hold the lock file `path` of `folder`, and remove it in the end.

    Raises FolderInUseError at once if another process holds it, and ValueError if it cannot be made.
    """
    descriptor = _acquire(path, folder)
    try:
        holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: nobody can hold a file that is gone from its path
        os.close(descriptor)


def _acquire(path: Path, folder: Path) -> int:
    """The descriptor of the locked file; raises FolderInUseError and ValueError."""
    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        except OSError as error:
            raise ValueError(f"expected a lock file at {path}, given {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                return descriptor
        except BlockingIOError as error:
            holder = _describe_holder(descriptor)
            os.close(descriptor)
            raise FolderInUseError(
                f"expected one command at a time to write {folder}, given {holder}, which holds {path}"
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise ValueError(
                f"expected a file system with locks at {path}, given {error.strerror}"
            ) from error
        os.close(descriptor)  # its holder removed the file between the two calls


def _is_at(descriptor: int, path: Path) -> bool:
    """True if the open file is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _describe_holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {int(holder['pid'])} since {holder['since']}"
    except (ValueError, KeyError, TypeError):  # locked a moment ago, and not yet described
        return "another process"
