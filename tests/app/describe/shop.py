"""A shop's job, a language model that describes its items, and the command over them."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.chat_server import ChatServer

ITEMS = 40
MARKS = ("Alpha", "Beta", "Gamma", "Delta")


class Model(ChatServer):
    """Writes `lines` for every item, with the fields of the item filled in."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = ["{title} is a {genre} item of {year}."]
        self.fails: set[str] = set()  # titles without an answer of the right shape
        self.block_at: int | None = None  # requests answered before the model is silent
        self.blocked = threading.Event()

    def write(self, asked: dict[str, Any]) -> Any:
        if self.block_at is not None and len(self.asked) > self.block_at:
            self.blocked.set()
            self.silent.clear()
            self.silent.wait(30)
        item = json.loads(asked["messages"][1]["content"])
        if item["title"] in self.fails:
            return "no JSON"
        values = {"title": item["title"], "genre": item["genres"][0], "year": item["year"]}
        return json.dumps({"texts": [line.format(**values) for line in self.lines]})


def describe(job: Path, *arguments: str, out: str = "texts.jsonl") -> list[dict[str, Any]]:
    path = job.with_name(out)
    assert main(["describe", str(job), "--out", str(path), *arguments]) == 0
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def refuse(capsys: pytest.CaptureFixture[str], job: Path, *arguments: str) -> str:
    assert main(["describe", str(job), *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line
