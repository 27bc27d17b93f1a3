"""The HTTP server of a worker: it takes accepted connections from its supervisor instead of listening."""

import asyncio
import socket

import uvicorn

from app.workers.orders import CONNECTIONS_AT_ONCE


class LinkedServer(uvicorn.Server):
    """uvicorn's server over connections that arrive through a link. The end of the link stops it."""

    def __init__(self, config: uvicorn.Config, link: socket.socket) -> None:
        super().__init__(config)
        self._link = link
        self._tasks: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start without listening, then take connections."""
        await super().startup(sockets=[])
        asyncio.get_running_loop().add_reader(self._link, self._take_connections)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and finish the open requests."""
        asyncio.get_running_loop().remove_reader(self._link)
        await super().shutdown(sockets=[])

    def _take_connections(self) -> None:
        try:
            message, files, _, _ = socket.recv_fds(self._link, CONNECTIONS_AT_ONCE, CONNECTIONS_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            message, files = b"", []
        for number in files:
            task = asyncio.create_task(self._serve_connection(socket.socket(fileno=number)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not message:  # the supervisor has ended, however it ended
            asyncio.get_running_loop().remove_reader(self._link)
            self.should_exit = True

    async def _serve_connection(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        connection.set_inheritable(False)
        config = self.config

        def make_protocol() -> asyncio.Protocol:
            make = config.http_protocol_class
            return make(config=config, server_state=self.server_state, app_state=self.lifespan.state)  # type: ignore[call-arg]

        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                make_protocol, connection, ssl=config.ssl
            )
        except OSError:  # the client has gone, or its handshake failed
            connection.close()
