"""Bodies and cursors that are made to be expensive or to break the parser."""

import base64
import json
import random
import zlib

import httpx

from tests.faults.generated.cursors import draw_cursor
from tests.faults.site import Site, bystander
from tests.faults.tally import Tally

PATHS = (
    "/v1/recommend",
    "/v1/rank",
    "/v1/batch-score",
    "/v1/events",
    "/v1/items",
    "/v1/users",
    "/v1/items/similar",
)
REFUSED = range(400, 500)
LEAF = {"field": "year", "op": "gte", "value": 1990}


def _wide(parts: int, depth: int) -> dict[str, object]:
    """A filter of `all` within `all`, `depth` of them, with `parts` comparisons."""
    inner: dict[str, object] = {"all": [LEAF] * parts}
    for _ in range(depth):
        inner = {"any": [inner, LEAF]}
    return inner


def _bodies() -> list[bytes]:
    nested = b"[" * 100_000 + b"]" * 100_000
    twice = b'{"user_id": "u1", "limit": 5, "user_id": "u2"}'
    wide = [_wide(100, 0), _wide(90, 300), {"all": [{"all": [_wide(100, 1)] * 90}] * 5}]
    filters = [json.dumps({"user_id": "u1", "item_ids": ["i1"], "filter": one}).encode() for one in wide]
    numbers = [
        b'{"user_id": "u1", "limit": %s}' % one for one in (b"1e400", b"NaN", b"9" * 5_000, b"-0", b"1.0")
    ]
    texts = [
        b'{"user_id": "\xff\xfe"}',
        b'{"user_id": "\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"",
        b"null",
        b'"a"',
    ]
    many = b'{"events": [%s]}' % b",".join([b"{}"] * 100_000)
    return [nested, b'{"a":' * 50_000, twice, many, *filters, *numbers, *texts]


def send_hostile_json(site: Site) -> Tally:
    """Deep and wide filters, keys given twice, huge numbers, and bytes that are not UTF-8, to every route."""
    tally, service = Tally(), site.shared
    json_type = {"content-type": "application/json"}
    with bystander(service, tally):
        for path in PATHS:
            for body in _bodies():
                answer = service.http.post(path, content=body, headers=json_type)
                tally.take(answer, (httpx.codes.OK, *REFUSED))
        twice = service.http.post("/v1/recommend", content=_bodies()[2], headers=json_type)
        tally.take(twice, (httpx.codes.UNPROCESSABLE_ENTITY,))
        site.last()
    return tally


def forge_cursors(site: Site) -> Tally:
    """Cursors that were changed, cut, or made by somebody else: queries that nest 300 levels, and bombs."""
    tally, service = Tally(), site.shared
    real = [service.recommend(user_id=f"u{user}", limit=2)["cursor"] for user in range(3)]
    deep: object = LEAF
    for _ in range(300):
        deep = {"not": deep}
    packed = [zlib.compress(json.dumps({"filter": deep}).encode()), zlib.compress(b"0" * 50_000_000)]
    forged = [base64.urlsafe_b64encode(one).decode().rstrip("=") for one in packed]
    draw = random.Random(11)
    drawn = [draw_cursor(draw, real) for _ in range(50 + int(50 * site.seconds))]
    with bystander(service, tally):
        for cursor in [*forged, *(one for one in drawn if one not in real and one is not None)]:
            answer = service.http.post("/v1/recommend", content=json.dumps({"cursor": cursor}).encode())
            tally.take(answer, (httpx.codes.UNPROCESSABLE_ENTITY,))
        tally.take(service.http.post("/v1/recommend", json={"cursor": real[0]}))
    return tally
