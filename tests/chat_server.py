"""A small OpenAI-compatible chat endpoint over real HTTP, which can be told what to answer, to fail and to wait."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ChatServer(ThreadingHTTPServer):
    """Answers with `content`, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content: Any = ""
        self.body: bytes | None = None  # in place of an answer with the content
        self.status = 200
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.silent = threading.Event()
        self.silent.set()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing of a client that left before its answer: the next test may read the console."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def write(self, asked: dict[str, Any]) -> Any:
        """The content of the answer to a request."""
        return self.content


class Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append(asked)
        self.server.keys.append(self.headers["authorization"])
        self.server.silent.wait(30)
        answer = {"choices": [{"message": {"content": self.server.write(asked)}}]}
        body = self.server.body or json.dumps(answer).encode()
        self.send_response(self.server.status if self.path == "/v1/chat/completions" else 404)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Nothing on the console."""


@contextmanager
def serving(server: ChatServer) -> Iterator[None]:
    """The server answers within the block."""
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.silent.set()
            server.shutdown()
            thread.join()
