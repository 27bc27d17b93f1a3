"""Values that no field expects, and names that the test shop knows."""

import random
from typing import Any

IDS = [f"u{number}" for number in range(8)] + [f"i{number}" for number in range(24)]
STRANGE_IDS = [
    *(
        "",
        " ",
        ".",
        "..",
        "a/b",
        "a\\b",
        "%2e",
        "?",
        "#",
        "'\"",
        "\x00",
        "\n",
        "\r\n",
        "\x7f",
        "\u202e",
        "\ufeff",
    ),
    *(
        "é",
        "e\u0301",
        "日本",
        "😀" * 3,
        "ÿ",
        "null",
        "true",
        "-1",
        "1e400",
        "NaN",
        "__proto__",
        "{}",
        "[]",
        "*",
    ),
    *(
        "x" * 512,
        "x" * 513,
        "é" * 512,
        "a:b",
        "user:{1}",
        "\ud7ff",
        "\uffff",
        "similar",
        "merge",
        "$(id)",
        "../../x",
    ),
]
WORDS = ("robots on mars", "a wedding", "murder", "brave dogs", "light, funny", "not crime", "1990s", "")
KNOWN: dict[str, tuple[Any, ...]] = {
    "action": ("view", "click", "like", "rate", "dislike", "hum"),
    "scene": ("home", "home", "nowhere"),
    "field": ("title", "genres", "year", "item_id", "hue"),
    "query": WORDS,
    "interests": WORDS,
    "method": ("none", "mmr", "dpp"),
    "bundle": ("absent", "first.rejected", "..", "x" * 127),
    "device": ("mobile", "tv"),
    "location": ("DE", "FR"),
    "cursor": (None,),
    "timestamp": (1_600_000_000, 1.6e9, "2020-09-13T12:26:40Z", 0),
    "limit": (1, 5, 10),
}
"""Field -> values of which the shop knows most."""
KEYS: dict[str, tuple[str, ...]] = {
    "weights": ("next", "like", "rating", "genre"),
    "attributes": ("year", "genres", "job"),
    "text": ("title",),
    "vectors": ("image",),
    "context": ("season", "daypart"),
}
"""Field of free keys -> keys."""
NUMBERS = [
    *(0, -1, 1, 2, 100, 101, 1000, 1001, 2**31, 2**53 + 1, 2**63, -(2**63), 2**64, 10**40, 10**400),
    *(0.0, -0.0, 0.5, 1e-320, 1e308, -1e308, 1e-9, 3.14159, float("nan"), float("inf"), float("-inf")),
]


def draw_id(draw: random.Random) -> str:
    """An id of a small set, so that what is stored stays small."""
    return draw.choice(IDS if draw.random() < 0.8 else STRANGE_IDS)


def draw_junk(draw: random.Random, depth: int = 3) -> Any:
    """A JSON value of any type."""
    kind = draw.randrange(8 if depth else 6)
    if kind == 0:
        return None
    if kind == 1:
        return draw.random() < 0.5
    if kind == 2:
        return draw.choice(NUMBERS)
    if kind == 3:
        return draw.choice(STRANGE_IDS)
    if kind == 4:
        return draw_text(draw)
    if kind == 5:
        return draw.choice(({}, [], "", 0, [[]], {"": None}, [None] * 20))
    if kind == 6:
        return [draw_junk(draw, depth - 1) for _ in range(draw.randrange(4))]
    return {draw_text(draw): draw_junk(draw, depth - 1) for _ in range(draw.randrange(4))}


def draw_text(draw: random.Random) -> str:
    """Up to twelve characters from all of Unicode, lone surrogates among them."""
    top = draw.choice((0x80, 0x100, 0xFFFF, 0x10FFFF))
    return "".join(chr(draw.randrange(top)) for _ in range(draw.randrange(12)))


def nest(draw: random.Random, value: Any) -> Any:
    """The value within many lists, objects or filters."""
    wrap = draw.choice(("list", "object", "not", "all"))
    for _ in range(draw.choice((5, 60, 150, 400))):
        value = (
            [value]
            if wrap == "list"
            else {"a" if wrap == "object" else wrap: [value] if wrap == "all" else value}
        )
    return value
