"""A small OpenAI-compatible embeddings endpoint over real HTTP, which can be told to fail."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

SIZE = 16


def embed(text: str, salt: str = "", size: int = SIZE) -> list[float]:
    """The sum of a direction for each word, so that texts that share words are near each other."""
    vectors = []
    for word in text.casefold().split():
        seed = int.from_bytes(hashlib.sha256((salt + word).encode()).digest()[:8], "big")
        vectors.append(np.random.default_rng(seed).normal(size=size))
    return np.sum(vectors, axis=0).tolist()


@dataclass(slots=True)
class EmbeddingsServer:
    """What the endpoint was asked, and what it answers next."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    faults: list[tuple[int, dict[str, str]]] = field(
        default_factory=list
    )  # status and headers of the next answers
    is_down: bool = False
    salt: str = ""  # another one is another model
    size: int = SIZE
    held: threading.Event | None = None  # answers wait for it
    waiting: int = 0  # answers that wait now

    @property
    def texts(self) -> list[str]:
        """All texts that were asked for."""
        return [text for request in self.requests for text in request["input"]]

    def answer(self, path: str, key: str | None, body: dict[str, Any]) -> tuple[int, dict[str, str], object]:
        self.keys.append(key)
        if self.held is not None:
            self.waiting += 1
            self.held.wait(60)
            self.waiting -= 1
        if self.is_down:
            return 503, {}, "down"
        if self.faults:
            status, headers = self.faults.pop(0)
            return status, headers, {"error": {"message": f"no, not with {key}", "code": "invalid_api_key"}}
        if path != "/v1/embeddings":
            return 404, {}, {"error": {"message": "no such path"}}
        self.requests.append(body)
        rows = [
            {"index": number, "object": "embedding", "embedding": embed(text, self.salt, self.size)}
            for number, text in enumerate(body["input"])
        ]
        return 200, {}, {"object": "list", "model": body["model"], "data": rows[::-1]}  # in any order


@contextmanager
def serve_embeddings() -> Iterator[EmbeddingsServer]:
    """An endpoint on a free port of the loopback, which ends with the block."""
    state = EmbeddingsServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, headers, answer = state.answer(self.path, self.headers["authorization"], body)
            content = json.dumps(answer).encode()
            try:
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                pass  # the caller has left

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        if state.held is not None:
            state.held.set()
        server.shutdown()
        server.server_close()
        thread.join()
