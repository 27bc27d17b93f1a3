"""Accepted connections in turn to the workers that can serve them."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from app.workers.orders import CONNECTION

ACCEPTS_AT_ONCE = 64
"""The most connections that are accepted before the workers are looked after again."""


@dataclass(slots=True)
class Seat:
    """A worker as the dispatcher sees it."""

    link: socket.socket
    is_ready: bool = False


class Dispatcher:
    """Gives each accepted connection to the next worker in turn.

    Several processes that accept from one socket share connections by chance: one of them may take all. In turn, each
    of n workers holds a share of 1 / n of the connections, as long as these live about equally long.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._turn = 0

    def accept(self, seats: Sequence[Seat]) -> None:
        """Accept the waiting connections, and give each one away or close it."""
        for _ in range(ACCEPTS_AT_ONCE):
            try:
                connection, _address = self._listener.accept()
            except OSError:  # none is waiting, or the client has gone, or this process has no more files
                return
            with connection:
                self._give(connection, seats)

    def _give(self, connection: socket.socket, seats: Sequence[Seat]) -> None:
        """Give a connection to the next worker that takes it; ready ones first, so that a restart refuses nothing."""
        ready = [seat for seat in seats if seat.is_ready]
        chosen = ready or list(seats)
        for offset in range(len(chosen)):
            seat = chosen[(self._turn + offset) % len(chosen)]
            if _send(seat.link, connection):
                self._turn = (self._turn + offset + 1) % len(chosen)
                return


def _send(link: socket.socket, connection: socket.socket) -> bool:
    """Send a connection; False if the worker has ended, or takes none as its link is full."""
    try:
        socket.send_fds(link, [CONNECTION], [connection.fileno()])
    except OSError:
        return False
    return True


def open_listener(host: str, port: int, backlog: int = 2048) -> socket.socket:
    """A socket that listens and does not block. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
