"""The start of a worker: what its supervisor tells it, and the socket between the two."""

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY = b"R"
"""A worker's message when it has loaded its bundle."""
CONNECTION = b"C"
"""The supervisor's message that carries an accepted connection."""
CONNECTIONS_AT_ONCE = 16
"""The most connections that a worker takes from its link in one step."""


@dataclass(frozen=True, slots=True)
class WorkerOrder:
    """The parts of a worker's start that its environment does not have. It may hold a password: never an argument."""

    number: int  # 0 .. count - 1
    count: int
    link: int  # file descriptor of the worker's end of the link
    metrics: str  # the folder of the workers' sockets for metrics
    redis_url: str
    overrides: dict[str, Any]  # settings from the command line
    announces: bool  # True: prints the greeting when it is ready

    def dump(self) -> bytes:
        """The order as JSON."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}).encode()

    @staticmethod
    def load(text: bytes) -> "WorkerOrder":
        """Read what `dump` has written."""
        return WorkerOrder(**json.loads(text))

    def open_link(self) -> socket.socket:
        """The worker's end of the link, which does not block."""
        link = socket.socket(fileno=self.link)
        link.setblocking(False)
        link.set_inheritable(False)
        return link

    @property
    def metrics_folder(self) -> Path:
        """The folder of the workers' sockets for metrics."""
        return Path(self.metrics)
