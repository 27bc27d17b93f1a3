"""The calls of the benchmark as bytes: lists for users of a bundle, one in five after a new event of its user."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from app.bundle.record_files import read_user_ids
from models.contract.bundle import ITEMS, read_features, read_manifest

LIMIT = 20
EVERY = 5
"""One list in so many follows a new event of its user."""
LISTS = 5_000
"""Lists that are asked for, again from the start when they run out."""
EVENT_ITEMS = 2_000
"""The first items of the bundle, of which the events are."""
DIVERSITY = {"method": "mmr", "strength": 0.3}


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request; a list counts as an answer, an event does not."""

    raw: bytes
    is_list: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of the calls: users and items of a bundle, an action that it knows, and all its heads."""

    users: tuple[str, ...]
    items: tuple[str, ...]
    action: str
    value: float | None
    heads: tuple[str, ...]
    attributes: dict[str, Any]
    """Those of the first item, for items that are put."""


def read_subject(bundle: Path) -> Subject:
    """The users of a bundle, its first items, and the event by which a user takes one."""
    manifest = read_manifest(bundle)
    spec = read_features(bundle, manifest)
    with (bundle / ITEMS).open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in islice(lines, EVENT_ITEMS)]
    items = tuple(str(record["item_id"]) for record in records)
    action = spec.actions.tokens[0] if spec.actions.tokens else "view"
    value = spec.value_range[1] if spec.value_range is not None and action == "rate" else None
    heads = ("next", *(head.task.name for head in manifest.heads))
    users = tuple(read_user_ids(bundle))
    return Subject(users, items, action, value, heads, records[0]["attributes"])


def build_list_body(subject: Subject, user: str, **changes: Any) -> dict[str, Any]:
    """A request for LIMIT items with every head in the score, and with MMR."""
    weights = dict.fromkeys(subject.heads, 1.0)
    body = {"user_id": user, "limit": LIMIT, "weights": weights, "diversity": DIVERSITY}
    return body | {"context": {"device": "mobile"}} | changes


def build_calls(subject: Subject, seed: int, lists: int = LISTS) -> list[Call]:
    """Lists for users drawn at random, and before one in EVERY of them an event of its user."""
    random = np.random.default_rng(seed)
    users, items = (random.integers(0, len(names), lists) for names in (subject.users, subject.items))
    calls = []
    for number, (user, item) in enumerate(zip(users.tolist(), items.tolist(), strict=True)):
        user_id = subject.users[user]
        if number % EVERY == 0:
            calls.append(Call(render("/v1/events", _event_body(subject, user_id, item)), is_list=False))
        calls.append(Call(render("/v1/recommend", build_list_body(subject, user_id)), is_list=True))
    return calls


def split_calls(calls: Sequence[Call], parts: int) -> list[list[Call]]:
    """Parts of nearly equal size that begin where a list or its event does, one for each connection."""
    starts = [number for number, call in enumerate(calls) if not number or calls[number - 1].is_list]
    chosen = [starts[len(starts) * part // parts] for part in range(parts)] + [len(calls)]
    return [list(calls[start:end]) for start, end in pairwise(chosen)]


def render(path: str, body: dict[str, Any], method: str = "POST") -> bytes:
    """An HTTP/1.1 request with a JSON body."""
    content = json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content


def _event_body(subject: Subject, user_id: str, item: int) -> dict[str, Any]:
    event = {"user_id": user_id, "item_id": subject.items[item], "action": subject.action}
    return {"events": [event if subject.value is None else event | {"value": subject.value}]}
