"""Null, at every place of every body: accepted exactly where the OpenAPI page says so."""

import copy
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

SCHEMAS = "#/components/schemas/"
Path = tuple[str | int, ...]
Schema = dict[str, Any]

MOMENT = 1_600_000_000
SESSION = [
    {
        "item_id": "1",
        "action": "view",
        "value": 4,
        "timestamp": MOMENT,
        "context": {"season": "winter"},
        "text": "a quiet evening",
    }
]
CONTEXT = {"timestamp": MOMENT, "device": "mobile", "location": "DE", "season": "winter"}
FILTERS: list[dict[str, Any]] = [
    {"field": "year", "op": "gte", "value": 1961},
    {"all": [{"field": "genres", "op": "has_any", "value": ["comedy"]}]},
    {"any": [{"field": "year", "op": "gte", "value": 1961}]},
    {"not": {"field": "year", "op": "eq", "value": 1961}},
]
ASKED: Schema = {
    "user_id": "u1",
    "limit": 5,
    "scene": "home",
    "context": CONTEXT,
    "session": SESSION,
    "query": "a comedy",
    "weights": {"next": 1},
    "diversity": {"method": "mmr", "strength": 0.3, "max_per_category": 3, "max_consecutive": 2},
    "exploration": {"policy": "softmax", "strength": 0.2, "seed": 1},
    "popularity": {"debias": 0.2},
    "variant": "ended:a",
    "exclude_ids": ["9"],
    "exclude_seen": False,
    "fields": ["title"],
    "explain": True,
}
PLANNED: Schema = {
    "user_id": "u1",
    "plan": {
        "direction": "a comedy",
        "avoid": ["war"],
        "wanted": [{"field": "genres", "value": "comedy"}],
        "unwanted": [{"field": "genres", "value": ["drama"]}],
        "conditions": [{"field": "year", "op": "gte", "value": 1961}],
        "like": ["1"],
        "unlike": ["2"],
        "limit": 3,
        "weights": {"next": 1},
        "diversity": {"strength": 0.3},
    },
}
GIVEN = "an answer that was given"
"""Stands for the id of an answer in a body, which is asked for when the body is sent."""
CRITICISED: Schema = {
    "session": SESSION,
    "critique": {"of": GIVEN, "text": "the first is great", "keep": True},
}
EVENT = {
    **SESSION[0],
    "user_id": "null",
    "recommendation_id": "r1",
    "rank": 1,
}
ITEM = {
    "attributes": {"year": 1999, "genres": ["comedy"]},
    "text": {"title": "A"},
    "vectors": {"image": [1, 2, 3]},
    "available": True,
}
RENAMED = {"text": "A", "availability": True}
SPLIT: Schema = {"variants": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5}], "stop": 10}
VARIED: list[Schema] = [
    {"weights": {"next": 1}, "diversity": ASKED["diversity"], "popularity": ASKED["popularity"]},
    {"scene": "home", "exploration": {"policy": "softmax", "strength": 0.2, "seed": None}},
]
USER = {"attributes": {"job": "artist"}, "interests": "comedies"}
BODIES: dict[str, list[Schema]] = {
    "POST /v1/recommend": [PLANNED, CRITICISED, *({**ASKED, "filter": one} for one in FILTERS)],
    "POST /v1/rank": [
        {**asked, "item_ids": ["1", "2"]}
        for asked in (PLANNED, *({**ASKED, "filter": one} for one in FILTERS))
    ],
    "POST /v1/explain": [
        {**asked, "item_id": "1"} for asked in (PLANNED, *({**ASKED, "filter": one} for one in FILTERS))
    ],
    "POST /v1/batch-score": [
        {"groups": [{"user_id": "u1", "item_ids": ["1"], "context": CONTEXT, "session": SESSION}]}
    ],
    "POST /v1/events": [{"events": [{**EVENT, "event_id": "null-1"}]}],
    "POST /v1/items": [{"items": [{"item_id": "null", **row}]} for row in (ITEM, RENAMED)],
    "POST /v1/items/similar": [
        {"item_ids": ["1", "2"], "user_id": "u1", "limit": 3, "filter": one} for one in FILTERS
    ],
    "PUT /v1/items/{item_id}": [ITEM, RENAMED],
    "PATCH /v1/items/{item_id}": [ITEM, RENAMED],
    "POST /v1/users": [{"users": [{"user_id": "null", **USER}]}],
    "PUT /v1/users/{user_id}": [USER],
    "POST /v1/users/{user_id}/merge": [{"from": "other-null"}],
    "PUT /v1/experiments/{name}": [
        {
            **{"variants": [{**SPLIT["variants"][0], **one}, SPLIT["variants"][1]]},
            **{"salt": "s", "scene": "home", "start": MOMENT, "stop": MOMENT + 1},
        }
        for one in VARIED
    ]
    + [
        {
            "mode": "split",
            "variants": [
                {"name": "b", "share": 0.5, "bundle": "first", "model_version": "first"},
                SPLIT["variants"][0],
            ],
        }
    ],
    "POST /v1/model/reload": [{"bundle": "first"}],
}
"""Operation -> bodies that are accepted and that have every field between them, but `cursor`."""
DEPENDENT: dict[str, Path] = {
    "POST /v1/rank": ("item_ids",),
    "POST /v1/explain": ("exploration", "seed"),
    "PUT /v1/experiments/{name}": ("variants", 0, "bundle"),
}
"""Operation -> the place that may be absent, and therefore null, only beside a cursor, with the policy none, or
without a version."""


class Page:
    """The OpenAPI page of the running service."""

    def __init__(self, page: Schema) -> None:
        self.page = page

    def resolve(self, schema: Schema) -> Schema:
        if "$ref" not in schema:
            return schema
        return self.page["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)]

    def branches(self, schema: Schema) -> list[Schema]:
        """The alternatives of a schema, itself if it has none."""
        resolved = self.resolve(schema)
        listed = resolved.get("anyOf") or resolved.get("oneOf")
        return [resolved] if listed is None else [inner for one in listed for inner in self.branches(one)]

    def allows_null(self, schema: Schema) -> bool:
        """A schema without a type, an enumeration or alternatives allows everything."""
        return any(
            branch.get("type") == "null" or not {"type", "enum", "const"} & branch.keys()
            for branch in self.branches(schema)
        )

    def body(self, operation: str) -> Schema:
        method, path = operation.split(" ")
        content = self.page["paths"][path][method.lower()]["requestBody"]["content"]
        return content["application/json"]["schema"]

    def places(self, schema: Schema, value: object, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
        """Each place within a value, and its schema."""
        for branch in self.branches(schema):
            if isinstance(value, list) and branch.get("type") == "array":
                inner = [(0, branch["items"], value[0])]
            elif isinstance(value, dict) and branch.get("type") == "object":
                named, others = branch.get("properties", {}), branch.get("additionalProperties", False)
                if not others and not value.keys() <= named.keys():  # another alternative
                    continue
                inner = [(key, named.get(key, others), one) for key, one in value.items()]
            else:
                continue
            for key, part, one in inner:
                yield (*path, key), part
                yield from self.places(part, one, (*path, key))

    def fields(self, operation: str) -> set[str]:
        """The names of all fields that a body may have, at any depth."""
        found: set[str] = set()
        open_, seen = [self.body(operation)], set()
        while open_:
            part = open_.pop()
            if isinstance(part, dict) and part.get("$ref") not in seen:
                if "$ref" in part:
                    seen.add(part["$ref"])
                    part = self.resolve(part)
                found |= part.get("properties", {}).keys()
                open_ += [*part.values()]
            elif isinstance(part, list):
                open_ += part
        return found


@pytest.fixture(scope="module")
def page(service: httpx.Client) -> Page:
    return Page(service.get("/openapi.json").json())


def _replace(body: Schema, path: Path) -> Schema:
    """The body with null at a place."""
    changed = copy.deepcopy(body)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = None
    return changed


def _send(service: httpx.Client, operation: str, body: Schema) -> httpx.Response:
    method, path = operation.split(" ")
    path = path.replace("{item_id}", "null").replace("{user_id}", "null").replace("{name}", "null")
    if (body.get("critique") or {}).get("of") == GIVEN:
        given = service.post("/v1/recommend", json={"session": []}).json()["recommendation_id"]
        body = {**body, "critique": {**body["critique"], "of": given}}
    return service.request(method, path, json=body)


def _is_accepted(answer: httpx.Response) -> bool:
    assert answer.status_code in (200, 422), answer.text
    groups = answer.json().get("groups", []) if answer.status_code == 200 else []
    return answer.status_code == 200 and all(group["status"] == "ok" for group in groups)


@pytest.mark.parametrize("operation", BODIES)
def test_null_is_accepted_where_the_page_says_so(service: httpx.Client, page: Page, operation: str) -> None:
    schema = page.body(operation)
    wrong: list[tuple[Path, bool]] = []
    assert _is_accepted(service.put("/v1/items/null", json=ITEM))
    assert _is_accepted(service.put("/v1/experiments/ended", json=SPLIT))
    for body in BODIES[operation]:
        assert _is_accepted(_send(service, operation, body)), body
        # A place that several alternatives describe takes null if one of them does.
        allowed: dict[Path, bool] = {}
        for path, part in page.places(schema, body):
            allowed[path] = allowed.get(path, False) or page.allows_null(part)
        for path, allows in allowed.items():
            if path == DEPENDENT.get(operation):
                continue
            if _is_accepted(_send(service, operation, _replace(body, path))) != allows:
                wrong.append((path, allows))
    assert wrong == []


@pytest.mark.parametrize(
    ("operation", "body"),
    [("POST /v1/recommend", {"user_id": "u1"}), ("POST /v1/rank", {"item_ids": ["1", "2"]})],
)
def test_a_cursor_may_be_null_and_item_ids_beside_a_cursor(
    service: httpx.Client, page: Page, operation: str, body: Schema
) -> None:
    fields = page.resolve(page.body(operation))["properties"]
    first = _send(service, operation, {"user_id": "u1", "limit": 1, **body, "cursor": None})
    assert page.allows_null(fields["cursor"]) and _is_accepted(first)
    if DEPENDENT.get(operation) == ("item_ids",):
        assert page.allows_null(fields["item_ids"])
        assert _is_accepted(_send(service, operation, {"item_ids": None, "cursor": first.json()["cursor"]}))


@pytest.mark.parametrize("operation", BODIES)
def test_the_bodies_above_have_every_field(page: Page, operation: str) -> None:
    schema = page.body(operation)
    given = {path[-1] for body in BODIES[operation] for path, _ in page.places(schema, body)}
    assert page.fields(operation) - given == ({"cursor"} if "cursor" in page.fields(operation) else set())


def test_every_body_is_here_and_no_parameter_allows_null(page: Page) -> None:
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in page.page["paths"].items()
        for method, operation in methods.items()
    }
    assert {name for name, operation in operations.items() if "requestBody" in operation} == BODIES.keys()
    nullable = [
        (name, parameter["name"])
        for name, operation in operations.items()
        for parameter in operation.get("parameters", [])
        if page.allows_null(parameter["schema"])
    ]
    assert nullable == []
