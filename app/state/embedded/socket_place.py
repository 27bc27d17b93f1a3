"""Places for the server's Unix socket: folders that only this user can enter, with paths short enough for a socket."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

SOCKET_NAME = "redis.sock"
LONGEST_PATH = 103
"""Bytes of a socket's path: Linux takes 107, macOS 103 (unix(7), sockaddr_un)."""


def build_url(path: Path) -> str:
    """The URL for clients of the server at this socket."""
    return f"unix://{quote(os.fsencode(path))}?db=0"


@contextmanager
def open_places(folder: Path) -> Iterator[Iterator[Path]]:
    """Paths for the socket, the best first: in the folder, else in a new folder, which is removed at the end.

    The second one is for a folder whose path is too long, or whose file system has no sockets. It is made when it is
    asked for, in the system's folder for temporary files, which may be read-only.
    """
    with ExitStack() as stack:

        def places() -> Iterator[Path]:
            yield folder.resolve() / SOCKET_NAME
            with suppress(OSError):
                temporary = tempfile.TemporaryDirectory(prefix="chorus-", ignore_cleanup_errors=True)
                yield Path(stack.enter_context(temporary)) / SOCKET_NAME

        yield filter(_fits, places())


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST_PATH
