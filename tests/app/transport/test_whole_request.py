"""A request in one piece is recognised only if nothing about its end or its connection is unusual."""

import pytest

from app.transport.whole_request import MOST_BYTES, TIMEOUT, read_whole

LINE = b"POST /v1/recommend?x=1 HTTP/1.1\r\n"


def _join(*headers: bytes, line: bytes = LINE, body: bytes = b"{}") -> bytes:
    return line + b"".join(header + b"\r\n" for header in headers) + b"\r\n" + body


@pytest.mark.parametrize(
    ("headers", "timeout"),
    [
        ((b"Host: a", b"Content-Length: 2"), None),
        ((b"content-length:2", b"X-Request-Timeout-Ms:  800 "), b"800"),
        ((b"X-REQUEST-TIMEOUT-MS: soon", b"CONTENT-LENGTH: 2", b"X-Request-Timeout-Ms: 5"), b"soon"),
        ((b"Connection: keep-alive", b"Content-Length: 2", b"Accept: */*", b"X-Empty:"), None),
        ((b"not-x-request-timeout-ms: 9", b"Content-Length: 2"), None),
    ],
)
def test_a_usual_request_is_read(headers: tuple[bytes, ...], timeout: bytes | None) -> None:
    given = [] if timeout is None else [(TIMEOUT, timeout)]
    assert read_whole(_join(*headers)) == (b"/v1/recommend?x=1", given)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        _join(b"Content-Length: 2")[:-1],  # not whole
        _join(b"Content-Length: 2") + b"P",  # the next one has begun
        _join(b"Content-Length: 2", b"Content-Length: 2"),
        _join(b"Content-Length: 2", b"X: content-length: 2"),
        _join(b"Content-Length : 2"),
        _join(b"Content-Length: +2"),
        _join(b"Content-Length: 2, 2"),
        _join(b"Host: a"),
        _join(b"Content-Length: 2", b"Transfer-Encoding: chunked"),
        _join(b"Content-Length: 2", b"tRANSFER-eNCODING: identity"),
        _join(b"Content-Length: 2", b"Expect: 100-continue"),
        _join(b"Content-Length: 2", b"Connection: close"),
        _join(b"Content-Length: 2", b"Connection: keep-alive, close"),
        _join(b"Content-Length: 2", b"Upgrade: h2c"),
        _join(b"Content-Length: 2", b" folded"),
        _join(b"Content-Length: 2", b"X: a\nb"),
        _join(b"Content-Length: 2", b"X: a\rb"),
        _join(b"Content-Length: 2", b"X: \0"),
        _join(b"Content-Length: 2", line=b"GET /v1/recommend HTTP/1.1\r\n"),
        _join(b"Content-Length: 2", line=b"POST /v1/recommend HTTP/1.0\r\n"),
        _join(b"Content-Length: 2", line=b"POST  /v1/recommend HTTP/1.1\r\n"),
        _join(b"Content-Length: 2", line=b"POST /v1/recommend HTTP/1.1\n"),
        _join(b"Content-Length: 2", b"X: " + b"a" * MOST_BYTES),
    ],
)
def test_anything_else_is_left_to_the_parser(data: bytes) -> None:
    assert read_whole(data) is None
