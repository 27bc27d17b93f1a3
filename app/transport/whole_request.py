"""A small request that arrived in one piece, read without the parser where nothing about it is unusual.

A service that is asked for ten times what it can do refuses nine requests for each answer, so a refusal must be cheap.
What this does not recognise goes to the parser, which decides alone what is HTTP.
"""

import re

MOST_BYTES = 8 << 10
TIMEOUT = b"x-request-timeout-ms"
Headers = list[tuple[bytes, bytes]]

_HEAD = re.compile(
    rb"POST ([!-~]+) HTTP/1\.1\r\n"
    rb"((?:(?!(?i:connection:(?! ?keep-alive\r)|expect:|transfer-encoding:|upgrade:))"
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*)\r\n"
)
"""A line and headers of RFC 9112, without those that change how a request ends or what becomes of its connection."""
_LENGTH = re.compile(rb"(?im)^content-length: ?([0-9]{1,5})\r$")
_TIMEOUT = re.compile(rb"(?im)^(%b):[\t ]*(.*?)[\t ]*\r$" % TIMEOUT)


def read_whole(data: bytes) -> tuple[bytes, Headers] | None:
    """The target and the caller's timeout of one POST with a body, if the bytes are exactly that; else None."""
    if len(data) > MOST_BYTES:
        return None
    head = _HEAD.match(data)
    if head is None:
        return None
    target, fields = head.groups()
    lengths = _LENGTH.findall(fields)
    if len(lengths) != 1 or fields.lower().count(b"content-length") != 1:
        return None
    if head.end() + int(lengths[0]) != len(data):
        return None
    given = _TIMEOUT.search(fields)
    return target, [] if given is None else [(TIMEOUT, given[2])]
