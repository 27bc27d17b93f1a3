"""An answer that never ends is given up at the time limit, though its bytes keep coming."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from models.language.chat_endpoint import ChatEndpoint, ChatError, Question, ask


@pytest.fixture
def endless() -> Iterator[str]:
    """The URL of a server that sends one blank after the other until the client leaves."""
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while not ended.wait(0.02):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        ended.set()
        thread.join(30)


def test_an_endless_answer_is_late(endless: str) -> None:
    question = Question("Answer.", "words", "texts", {"type": "object"})
    with pytest.raises(ChatError, match="not ended in time"):
        ask(ChatEndpoint(endless, "model", None, 1.0), question)


def test_headers_count_against_the_limit_of_an_answer() -> None:
    content = b'{"choices": [{"message": {"content": "late"}}]}'

    def answer(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(ConnectionError):  # the client may have left
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(6):  # each within the limit of a wait, all of them beyond that of the answer
                time.sleep(0.25)
                connection.sendall(b"x-%d: y\r\n" % number)
            connection.sendall(b"content-length: %d\r\n\r\n" % len(content) + content)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        endpoint = ChatEndpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", "model", None, 1.0)
        with pytest.raises(ChatError, match=r"not ended in time|timed out"):
            ask(endpoint, Question("Answer.", "words", "texts", {"type": "object"}))
        thread.join(30)
