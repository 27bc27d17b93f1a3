"""Cursors: those of real answers with damage, and forged ones."""

import base64
import json
import random
import zlib

from tests.faults.generated.values import draw_junk, draw_text, nest

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BOMB = zlib.compress(b"0" * 4_000_000)
"""4 kB that unpack to 4 MB."""


def draw_cursor(draw: random.Random, real: list[str]) -> object:
    """A cursor that the service may not open; one time in eight a real one."""
    cursor = draw.choice(real)
    at = draw.randrange(len(cursor))
    match draw.randrange(8):
        case 0:
            return cursor
        case 1:
            return cursor[:at] + draw.choice(ALPHABET) + cursor[at + 1 :]
        case 2:
            return cursor[:at]
        case 3:
            return cursor[:at] + draw.choice(("=", " ", "\x00", "é", "+", "/")) + cursor[at:]
        case 4:
            return draw_text(draw)
        case 5:
            return draw_junk(draw)
        case 6:
            return draw.choice(real)[:at] + cursor[at:]
    packed = BOMB if draw.random() < 0.1 else zlib.compress(_forge(draw), 1)
    return base64.urlsafe_b64encode(packed + draw.randbytes(draw.choice((0, 16, 32)))).decode().rstrip("=")


def _forge(draw: random.Random) -> bytes:
    """A query that nests deeply."""
    return json.dumps(
        {"user_id": "u1", "filter": nest(draw, {"field": "year", "op": "eq", "value": 1})}
    ).encode()
