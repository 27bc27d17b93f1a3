"""The address of the embedded Redis server, in a file of its folder, for commands that run beside the service."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.state.embedded.process import EmbeddedRedisError, lock_folder
from app.state.embedded.server import EmbeddedRedis

REDIS_FOLDER = "redis"
"""The folder of the server's data within the folder of the service's state."""
ADDRESS = "address"


@contextmanager
def open_embedded(state_dir: Path) -> Iterator[str]:
    """The URL of an embedded server that runs until the end of the block. Raises EmbeddedRedisError."""
    folder = state_dir / REDIS_FOLDER
    with EmbeddedRedis(folder) as server:
        address = folder / ADDRESS
        address.touch(mode=0o600)
        address.write_text(server.url)
        try:
            yield server.url
        finally:
            address.unlink(missing_ok=True)


@contextmanager
def join_embedded(state_dir: Path) -> Iterator[str]:
    """The URL of the server of a running service; where none runs, that of a server for the block.

    Raises EmbeddedRedisError for a folder without the data of a server, or while the service starts.
    """
    folder = state_dir / REDIS_FOLDER
    if not folder.is_dir():
        raise EmbeddedRedisError(f"expected the state folder of a service, given {state_dir}")
    if not _is_running(folder):
        with open_embedded(state_dir) as url:
            yield url
        return
    try:
        yield (folder / ADDRESS).read_text()
    except FileNotFoundError as error:
        raise EmbeddedRedisError(f"expected a service that has started on {state_dir}") from error


def _is_running(folder: Path) -> bool:
    """True if a server has the folder's lock: an address that a killed service left behind does not count."""
    try:
        os.close(lock_folder(folder, patience_s=0))
    except EmbeddedRedisError:
        return True
    return False
