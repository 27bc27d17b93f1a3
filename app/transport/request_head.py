"""The line and headers of a request, as bytes."""

from collections.abc import Iterable

UPGRADE = frozenset({b"connection", b"upgrade", b"http2-settings"})
"""The headers of a request to upgrade to another protocol."""

SMALL_BODY = 64 << 10


def is_small(method: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request is sent as a whole, with at most SMALL_BODY bytes of body, and its answer has a body."""
    given = dict(headers)
    is_whole = b"transfer-encoding" not in given and b"expect" not in given
    length = given.get(b"content-length", b"0")
    return method != b"HEAD" and is_whole and length.isdigit() and int(length) <= SMALL_BODY


def render_head(method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head of an HTTP/1.1 request, without a request to upgrade."""
    lines = [b"%s %s HTTP/1.1" % (method, target)]
    for name, value in headers:
        if name not in UPGRADE:
            lines.append(b"%s: %s" % (name, value))
        elif name == b"connection" and b"close" in value.lower():
            lines.append(b"connection: close")
    return b"\r\n".join([*lines, b"", b""])
