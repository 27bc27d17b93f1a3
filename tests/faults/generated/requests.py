"""Requests as bytes, each one drawn from a seed and its number alone."""

import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.faults.generated.bodies import BodyDrawer, damage, mutate, write_json
from tests.faults.generated.cursors import draw_cursor
from tests.faults.generated.raw import draw_raw
from tests.faults.generated.values import NUMBERS, STRANGE_IDS, draw_id, draw_text

KINDS = {"valid": 3, "mutated": 44, "damaged": 20, "path": 13, "header": 6, "cursor": 11, "raw": 3}
"""Kind -> share in percent."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
HEADERS = (
    *(
        "content-type",
        "accept",
        "accept-encoding",
        "authorization",
        "x-api-key",
        "x-request-timeout-ms",
        "cookie",
    ),
    *(
        "x-forwarded-for",
        "x-forwarded-prefix",
        "origin",
        "range",
        "if-none-match",
        "user-agent",
        "te",
        "x-odd",
    ),
    *("access-control-request-method", "content-encoding", "forwarded", "via", "priority"),
)
VALUES = (
    *(
        "",
        "*/*",
        "application/json; charset=utf-16",
        "text/plain",
        "application/x-ndjson",
        "multipart/form-data",
    ),
    *(
        "application/vnd.a+json",
        "Bearer",
        "Bearer x",
        "Basic dTpw",
        "Basic ::",
        "-1",
        "0",
        "1e3",
        "99999999",
        "٣",
    ),
    *(
        "bytes=0-",
        "gzip, br;q=0",
        "http://a.example",
        "null",
        "../..",
        "/a//b",
        "127.0.0.1, ::1, x",
        "a" * 4000,
    ),
    *("\xff\xfe", "\x80", "é", "\t", "a\tb", "%00", "[::1]:x", 'W/"a"', ";;;=;", "POST", "*"),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the bytes of a connection. The answer of a HEAD has no body."""

    kind: str
    raw: bytes
    is_head: bool
    is_framed: bool
    """Whether it is HTTP, so that exactly one answer is due and the connection goes on."""


class RequestDrawer:
    """Draws requests to every route of the service's OpenAPI page and to paths that do not exist."""

    def __init__(self, page: dict[str, Any], cursors: list[str], seed: int) -> None:
        self._bodies = BodyDrawer(page)
        self._cursors = cursors
        self._seed = seed
        self._operations = [
            (method.upper(), path, _body_schema(operation))
            for path, methods in sorted(page["paths"].items())
            for method, operation in sorted(methods.items())
        ]
        self._posting = [one for one in self._operations if one[2] is not None]
        self._paging = [one for one in self._posting if one[1] in ("/v1/recommend", "/v1/rank")]

    def draw(self, number: int) -> Request:
        """The request of a number; the same for the same seed, page and cursors."""
        draw = random.Random(f"{self._seed}:{number}")
        (kind,) = draw.choices(tuple(KINDS), tuple(KINDS.values()))
        if kind == "raw":
            return Request(kind, draw_raw(draw), is_head=False, is_framed=False)
        if kind == "cursor":
            method, path, schema = draw.choice(self._paging)
        else:
            method, path, schema = draw.choice(self._posting if draw.random() < 0.8 else self._operations)
        body = b"" if schema is None else self._draw_body(draw, kind, schema)
        target = _fill(draw, path)
        headers = {"content-type": "application/json"} if body else {}
        if kind == "path":
            method, target = _strange_target(draw, method, target)
        if kind == "header":
            for _ in range(draw.randint(1, 4)):
                headers[draw.choice(HEADERS)] = draw.choice(VALUES)
        return Request(kind, render(method, target, headers, body, number), method == "HEAD", is_framed=True)

    def _draw_body(self, draw: random.Random, kind: str, schema: dict[str, Any]) -> bytes:
        body = self._bodies.draw(draw, schema)
        if kind == "cursor":
            body = {**(body if draw.random() < 0.3 else {}), "cursor": draw_cursor(draw, self._cursors)}
        if kind == "mutated" or (kind != "valid" and draw.random() < 0.5):
            body = mutate(draw, body)
        raw = write_json(draw, body)
        return damage(draw, raw) if kind == "damaged" else raw


def render(method: str, target: str, headers: dict[str, str], body: bytes, number: int) -> bytes:
    """The request with its number as `X-Request-ID`, which the answer repeats."""
    lines = [f"{method} {target} HTTP/1.1", "host: 127.0.0.1", f"x-request-id: {number}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def _body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    if "requestBody" not in operation:
        return None
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _fill(draw: random.Random, path: str) -> str:
    """The path with ids in place of its parameters."""
    for name in ("{item_id}", "{user_id}"):
        path = path.replace(name, quote(draw_id(draw), safe="", errors="replace"))
    return path


def _strange_target(draw: random.Random, method: str, target: str) -> tuple[str, str]:
    """Another method, path or query; without blanks and control characters, which end a target."""
    at = draw.randrange(len(target) + 1)
    match draw.randrange(7):
        case 0:
            return draw.choice(METHODS), target
        case 1:
            bad = draw.choice(
                ("%", "%zz", "%ff", "%00", "%c3%28", "%2f", "//", "/..", ";a=b", "\xff", "%ed%a0%80")
            )
            return method, target[:at] + bad + target[at:]
        case 2:
            key = draw.choice(("limit", "cursor", "key", "a", "limit%00", ""))
            values = [str(draw.choice(NUMBERS)), draw.choice(STRANGE_IDS), "%ff", "1&limit=2", ""]
            return method, f"{target}?{key}={quote(draw.choice(values), safe='&=%', errors='replace')}"
        case 3:
            return draw.choice(METHODS), "/" + quote(draw_text(draw), safe="/%?", errors="replace")
        case 4:
            return method, draw.choice(
                ("/v1", "/v1/", "//v1/model", "/V1/MODEL", "*", "/v1/items/" + "a/" * 300)
            )
        case 5:
            return "GET", draw.choice(
                ("/static/../app", "/static/%2e%2e/x", "/docs", "/openapi.json", "/metrics")
            )
    return method, target + "?" + "&".join(f"a{part}=b" for part in range(draw.choice((1, 50, 900))))
