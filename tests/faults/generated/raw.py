"""Bytes that are no HTTP, nearly HTTP, or HTTP whose framing is wrong."""

import random
from collections.abc import Callable

BODY = b'{"user_id": "u1"}'
POST = b"POST /v1/recommend HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"


def _noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randint(1, 300)) + b"\r\n\r\n"


def _flipped(draw: random.Random) -> bytes:
    raw = bytearray(POST + b"content-length: %d\r\n\r\n" % len(BODY) + BODY)
    for _ in range(draw.randint(1, 4)):
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
    return bytes(raw)


def _lengths(draw: random.Random) -> bytes:
    lengths = (
        b"-1",
        b"+5",
        b"1e2",
        b"0x11",
        b"",
        b"9" * 30,
        b"17, 17",
        b" 17",
        b"\xb2",
        b"5\r\ncontent-length: 6",
    )
    return POST + b"content-length: " + draw.choice(lengths) + b"\r\n\r\n" + BODY


def _chunks(draw: random.Random) -> bytes:
    coding = draw.choice((b"chunked", b"chunked, chunked", b"gzip, chunked", b"identity", b"CHUNKED", b"x"))
    chunks = (
        *(b"11\r\n%s\r\n0\r\n\r\n", b"-1\r\n%s", b"zz\r\n%s\r\n", b"ffffffffffffffff\r\n%s"),
        b"11;a=b\r\n%s\r\n0\r\nx: y\r\n\r\n",
    )
    length = draw.choice((b"", b"content-length: 3\r\n"))
    return POST + length + b"transfer-encoding: " + coding + b"\r\n\r\n" + draw.choice(chunks) % BODY


def _lines(draw: random.Random) -> bytes:
    lines = (
        *(
            b"GET\r\n\r\n",
            b"GET /livez\r\n\r\n",
            b"GET /livez HTTP/9.9\r\n\r\n",
            b"GET  /livez  HTTP/1.1\r\n\r\n",
        ),
        *(
            b"get /livez HTTP/1.1\r\n\r\n",
            b"GET /li vez HTTP/1.1\r\n\r\n",
            b"GET \x00 HTTP/1.1\r\n\r\n",
            b"\r\n" * 40,
        ),
        *(
            b"GET http://a/livez HTTP/1.1\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ),
        *(
            b"GET /livez HTTP/1.0\r\n\r\n",
            b"GET /livez HTTP/1.1\nhost: a\n\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        ),
    )
    return draw.choice(lines)


def _headers(draw: random.Random) -> bytes:
    headers = (
        *(b"a b: c", b": c", b"a : c", b"a\x00: c", b"a: \x00", b" folded: x", b"a: b\r\n c", b"nocolon"),
        *(b"\xff: \xff", b"connection: close", b"host: b"),
        *(b"expect: 100-continue", b"expect: x", b"upgrade: h2c\r\nconnection: upgrade"),
        *(b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x", b"a: " + b"x" * 40_000),
        b"a: b\r\n" * 3_000,
    )
    return b"GET /v1/model HTTP/1.1\r\n" + draw.choice(headers) + b"\r\n\r\n"


def _torn(draw: random.Random) -> bytes:
    raw = POST + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
    return raw[: draw.randrange(1, len(raw))]


def _pipelined(draw: random.Random) -> bytes:
    one = b"GET /livez HTTP/1.1\r\nhost: a\r\n\r\n"
    return one * draw.randint(2, 30) + _flipped(draw)


RAW_KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    *(_noise, _flipped, _flipped, _lengths, _chunks, _lines, _headers, _torn, _pipelined),
)


def draw_raw(draw: random.Random) -> bytes:
    """What a connection of its own sends."""
    return draw.choice(RAW_KINDS)(draw)
