"""Bodies: valid ones drawn from the service's own OpenAPI page, and their mutations."""

import json
import random
from typing import Any

from tests.faults.generated.values import (
    KEYS,
    KNOWN,
    NUMBERS,
    draw_id,
    draw_junk,
    draw_text,
    nest,
)

SCHEMAS = "#/components/schemas/"
Schema = dict[str, Any]
MAX_DEPTH = 12
"""Depth from which a body takes no more optional fields."""


NOT_UTF8 = (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\x00", b"\xf4\x90\x80\x80")


class BodyDrawer:
    """Draws bodies of the schemas of one OpenAPI page."""

    def __init__(self, page: Schema) -> None:
        self._schemas: Schema = page["components"]["schemas"]

    def draw(self, draw: random.Random, schema: Schema, name: str = "", depth: int = 0) -> Any:
        """A value of the schema; `name` is the field that it is for."""
        if name in KNOWN and draw.random() < 0.9:
            return draw.choice(KNOWN[name])
        if "$ref" in schema:
            schema = self._schemas[schema["$ref"].removeprefix(SCHEMAS)]
        alternatives = schema.get("anyOf") or schema.get("oneOf")
        if alternatives:
            # The last of a filter's alternatives is a comparison, which ends the nesting.
            chosen = alternatives[-1] if depth > MAX_DEPTH // 2 else draw.choice(alternatives)
            return self.draw(draw, chosen, name, depth + 1)
        return self._draw_typed(draw, schema, name, depth)

    def _draw_typed(self, draw: random.Random, schema: Schema, name: str, depth: int) -> Any:
        if "enum" in schema:
            return draw.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._draw_object(draw, schema, name, depth)
            case "array":
                least = schema.get("minItems", 0)
                count = least + draw.randrange(4 if depth < MAX_DEPTH else 1)
                return [self.draw(draw, schema["items"], name, depth + 1) for _ in range(count)]
            case "string":
                return draw_id(draw)
            case "integer":
                return draw.randint(int(schema.get("minimum", 0)), int(min(schema.get("maximum", 9), 50)))
            case "number":
                low, high = schema.get("minimum", 0.0), schema.get("maximum", 5.0)
                return draw.uniform(max(low, -10.0), min(high, 2e9))
            case "boolean":
                return draw.random() < 0.5
            case "null":
                return None
        return draw_junk(draw)

    def _draw_object(self, draw: random.Random, schema: Schema, name: str, depth: int) -> Schema:
        needed = set(schema.get("required", ()))
        chance = 0.35 if depth < MAX_DEPTH else 0.0
        found = {
            key: self.draw(draw, part, key, depth + 1)
            for key, part in schema.get("properties", {}).items()
            if key in needed or draw.random() < chance
        }
        others = schema.get("additionalProperties")
        if isinstance(others, dict):
            for _ in range(draw.randrange(3)):
                key = draw.choice(KEYS.get(name, ("a",)))
                found[key] = self.draw(draw, others, "", depth + 1)
        return found


def mutate(draw: random.Random, body: Any) -> Any:
    """The body with two to four places changed."""
    is_grown = False
    for _ in range(draw.randint(2, 4)):
        places = list(_places(body))
        if not places:
            return draw_junk(draw)
        parent, key = draw.choice(places)
        change = draw.randrange(6)
        if change == 0:
            parent[key] = draw.choice(NUMBERS)
        elif change == 1 and isinstance(parent, dict):
            del parent[key]
        elif change == 2 and isinstance(parent, dict):
            parent[draw_text(draw)] = draw_junk(draw)
        elif change == 3 and not is_grown:
            parent[key], is_grown = nest(draw, parent[key]), True
        elif change == 4 and isinstance(parent[key], list) and not is_grown:
            parent[key], is_grown = parent[key] * draw.choice((2, 30, 200)), True
        else:
            parent[key] = draw_junk(draw)
    return body


def _places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """The parents and keys of all places, to a depth that mutations do not exceed."""
    if depth > MAX_DEPTH or not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(min(len(value), 20)))
    return [(value, key) for key in keys] + [pair for key in keys for pair in _places(value[key], depth + 1)]


def write_json(draw: random.Random, body: Any) -> bytes:
    """JSON in one of the ways in which it can be written; NaN and lone surrogates as well."""
    separators = draw.choice((None, None, (",", ":"), ("\n,", "\t: ")))
    text = json.dumps(body, ensure_ascii=draw.random() < 0.7, separators=separators)
    return text.encode("utf-8", "surrogatepass")


def damage(draw: random.Random, raw: bytes) -> bytes:
    """The bytes with something wrong: cut, flipped, not UTF-8, with a key twice, or not JSON at all."""
    at = draw.randrange(len(raw) + 1)
    match draw.randrange(8):
        case 0:
            return raw[:at]
        case 1:
            flipped = bytearray(raw or b"{}")
            flipped[draw.randrange(len(flipped))] ^= 1 << draw.randrange(8)
            return bytes(flipped)
        case 2:
            return raw[:at] + draw.choice(NOT_UTF8) + raw[at:]
        case 3:
            return raw.replace(b"{", b'{"limit": 1, "limit": 2, ', 1)
        case 4:
            return draw.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"// a\n", b" " * 500)) + raw
        case 5:
            return raw + draw.choice((b"}", b"\x00", raw, b",", b"\n\n"))
        case 6:
            return draw.randbytes(draw.randrange(200))
    opened = draw.choice((b"[", b'{"a":', b'{"not":', b'{"filter":{"all":['))
    return opened * draw.choice((10, 300, 5_000))
