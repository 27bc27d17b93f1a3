"""The answers of a language model in a file beside the descriptions, so that none is asked for twice.

It has a line for each answer, written as it comes: a killed run loses no answer. A line that a kill cut off is passed
over. The answers are kept as the model gave them: what is wrong with them is found anew in each run.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock

from models.language.chat_endpoint import is_writable

SUFFIX = ".answers"


def name_answer(model: str, instructions: str, content: str) -> str:
    """The key of an answer: SHA-256 of the model's name, its instructions, and the item's fields."""
    return hashlib.sha256(json.dumps([model, instructions, content]).encode()).hexdigest()


class AnswerFile:
    """Answers by key. `get` and `put` may be called from many threads of one process."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._known = dict(_read(path))
        if path.exists() and _is_cut(path):
            with path.open("ab") as file:
                file.write(b"\n")  # so that what is cut stays a line of its own

    def get(self, key: str) -> tuple[str, ...] | None:
        """The texts of an answer; None for one that is not kept."""
        with self._lock:
            return self._known.get(key)

    def put(self, key: str, texts: Sequence[str]) -> None:
        """Keep an answer, and write it to the file; raises OSError."""
        line = json.dumps({"key": key, "texts": list(texts)}, ensure_ascii=False)
        with self._lock:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            self._known[key] = tuple(texts)  # only now: what cannot be written is not kept


def _is_cut(path: Path) -> bool:
    """True for a file whose last line has no end."""
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return False
        file.seek(-1, 2)
        return file.read() != b"\n"


def _read(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the whole answers of a file; none without the file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                record = json.loads(line)
                key, texts = record["key"], record["texts"]
            except (ValueError, LookupError, TypeError):
                continue
            if (
                isinstance(key, str)
                and isinstance(texts, list)
                and all(isinstance(text, str) for text in texts)
                and is_writable(texts)
            ):
                yield key, tuple(texts)
