"""The examples of the documentation: every request with its answer, read from the pages and written back to them.

    python -m tests.examples http://127.0.0.1:8000

asks a service that serves the demo's bundle with an empty state, in the order of the pages, and writes its answers
into them. An answer stays as short as the one that it replaces: lists keep their number of entries.
"""

import json
import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/api.md")
"""Pages with examples, in the order in which their requests are sent."""
WIDTH = 112
"""Columns of an answer."""
QUESTIONS = ("/v1/recommend", "/v1/rank", "/v1/explain")
"""Paths that may be asked again without another answer."""
REPEATS = 20
DIGITS = 3
"""Decimals of a number in an answer."""
LONGEST_WORD = 60
"""A longer string without a space, such as a cursor, is cut."""

_EXAMPLE = re.compile(
    r"^```bash\n(?P<command>curl [^`]*)```$(?:\n+```(?P<kind>jsonl?|text)\n(?P<answer>[^`]*)```$)?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Example:
    """One curl command of a page, and the answer below it."""

    method: str
    path: str  # with its query string
    headers: dict[str, str]
    body: str | None
    listed: bool  # piped through jq: `answer` is a line an item
    kind: (
        str | None
    )  # the answer's language: json, jsonl (a JSON value a line) or text; None: no answer shown
    answer: str
    span: tuple[int, int]  # where the answer stands in the page

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def read_examples(page: str) -> list[Example]:
    """Every curl command of a page with the answer directly below it, from top to bottom."""
    return [_example(match) for match in _EXAMPLE.finditer(page)]


def _example(match: re.Match[str]) -> Example:
    words = iter(shlex.split(match["command"].replace("\\\n", " ")))
    method, path, body, headers, listed = None, "", None, {}, False
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(":")
            headers[name.strip().lower()] = value.strip()
        elif word == "-d":
            body = next(words)
        elif word.startswith("localhost:8000/"):
            path = word.removeprefix("localhost:8000")
        elif word == "|":
            listed = True
            break
    method = method or ("GET" if body is None else "POST")
    return Example(method, path, headers, body, listed, match["kind"], match["answer"], match.span("answer"))


def ask(client: httpx.Client, example: Example) -> httpx.Response:
    """Send an example's request."""
    content = None if example.body is None else example.body.encode()
    return client.request(example.method, example.path, content=content, headers=example.headers)


def ask_for_page(client: httpx.Client, example: Example) -> str:
    """The answer that a page shows; of a question the fastest of REPEATS, as other work disturbs its `took_ms`."""
    texts = [ask(client, example).text for _ in range(REPEATS if example.path in QUESTIONS else 1)]
    return (
        min(texts, key=lambda text: json.loads(text).get("took_ms", {}).get("total", 0.0))
        if texts[1:]
        else texts[0]
    )


def render_answer(example: Example, text: str) -> str:
    """A service's answer as the page shows it, as short as the one that is there."""
    if example.listed:
        return list_items(json.loads(text))
    if example.kind == "text":
        return _same_lines(text, example.answer)
    if example.kind == "jsonl":
        return "".join(
            json.dumps(shorten(json.loads(line), None), ensure_ascii=False) + "\n"
            for line in text.splitlines()
        )
    return lay_out(shorten(json.loads(text), json.loads(example.answer))) + "\n"


def list_items(answer: Any) -> str:
    """A line an item, as the README's jq filter writes it."""
    return "".join(
        f"{item['rank']} {item['fields']['title']}: {item['reasons'][0]['text']}\n"
        for item in answer["items"]
    )


def _same_lines(text: str, shown: str) -> str:
    """The metrics that are shown, with their values of now."""
    now = {line.rpartition(" ")[0]: line for line in text.splitlines()}
    return "".join(now[line.rpartition(" ")[0]] + "\n" for line in shown.splitlines())


def shorten(value: Any, like: Any) -> Any:
    """The value with as many entries a list as `like` has (all where it has none), numbers rounded, long words cut."""
    if isinstance(value, dict):
        known = like if isinstance(like, dict) else {}
        return {key: shorten(part, known.get(key)) for key, part in value.items()}
    if isinstance(value, list):
        patterns = like if isinstance(like, list) and like else [None] * len(value)
        return [shorten(part, pattern) for part, pattern in zip(value, patterns, strict=False)]
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, str) and len(value) > LONGEST_WORD and " " not in value:
        return f"{value[: LONGEST_WORD // 2]}…"
    return value


def lay_out(value: Any, indent: int = 0, lead: int = 0) -> str:
    """JSON in which everything that fits into WIDTH stands on one line; `lead` columns are taken already.

    What does not fit has one entry a line, or as many as fit where all entries are single values.
    """
    flat = json.dumps(value, ensure_ascii=False)
    if indent + lead + len(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return flat
    keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else [""] * len(value)
    entries = list(value.values()) if isinstance(value, dict) else value
    parts = [key + lay_out(entry, indent + 2, len(key) + 1) for key, entry in zip(keys, entries, strict=True)]
    single = not any(isinstance(entry, dict | list) for entry in entries)
    start, end = "{}" if isinstance(value, dict) else "[]"
    inner = "\n" + " " * (indent + 2)
    lines = fill(parts, WIDTH - indent - 2) if single else [f"{part}," for part in parts]
    return start + inner + inner.join(lines).removesuffix(",") + "\n" + " " * indent + end


def fill(parts: Sequence[str], width: int) -> list[str]:
    """The parts, each with a comma, on lines of up to `width` columns."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(part) + 2 <= width:
            lines[-1] += f" {part},"
        else:
            lines.append(f"{part},")
    return lines


def refresh(client: httpx.Client, page: str) -> str:
    """The page with the service's answers of now."""
    text, end = "", 0
    for example in read_examples(page):
        answer = ask_for_page(client, example)
        if example.kind is not None:
            text += page[end : example.span[0]] + render_answer(example, answer)
            end = example.span[1]
    return text + page[end:]


def main(url: str) -> None:
    """Write the answers of the service at `url` into all pages."""
    with httpx.Client(base_url=url, timeout=60) as client:
        for name in PAGES:
            path = ROOT / name
            path.write_text(refresh(client, path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
