"""Benchmark: the share of a genre in a list, and in the next one after a critique that praises it, over HTTP.

    python -m benchmarks.critique [BUNDLE]

For each of the twelve most frequent labels: users whose list has some items of it. The critique praises these by their
places and refuses the others, and never names the label. Beside it, the same opinions as events without a critique.
"""

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from app.bundle.record_files import read_item_table, read_user_ids
from benchmarks.service import serve
from models.contract.bundle import FEATURES, ITEMS
from models.contract.feature_spec import FeatureSpec, FieldKind

LABELS = 12
USERS = 8
LIMIT = 10
MOST = 2 / 3
"""The greatest share of the label in the first list."""

Answer = dict[str, Any]
GoOn = Callable[[httpx.Client, str, Answer, list[int]], Answer]
"""(client, user, first answer, places of the praised items) -> the next answer."""


def main(bundle: Path) -> None:
    """Run the dialogues, each kind with a service of its own, and print the table."""
    field, items = read_labels(bundle)
    counts = Counter(name for labels in items.values() for name in labels)
    names = [name for name, _ in counts.most_common(LABELS)]
    users = np.random.default_rng(0).permutation(read_user_ids(bundle)).tolist()
    table = Table(field, "first list", *KINDS, title=f"Share in lists of {LIMIT}, {USERS} users each")
    shares = []  # [kind][label, (first, next)]
    for go_on in KINDS.values():
        with serve(bundle) as client:
            shares.append(measure(client, go_on, users, [having(items, name) for name in names]))
    columns = np.array([shares[0][:, 0], *(kind[:, 1] for kind in shares)])
    for name, row in zip((*names, "mean"), (*columns.T, columns.mean(axis=1)), strict=True):
        table.add_row(name, *(f"{share:.2f}" for share in row))
    Console(width=110).print(table)


def read_labels(bundle: Path) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The first field of categories, and each item's labels in it."""
    spec = FeatureSpec.model_validate_json((bundle / FEATURES).read_text("utf-8"))
    field = spec.fields(FieldKind.CATEGORIES)[0].name
    table = read_item_table(bundle / ITEMS)
    values = ((item.item_id, item.attributes.get(field, ())) for item in table)
    return field, {item_id: value for item_id, value in values if isinstance(value, tuple)}


def having(items: dict[str, tuple[str, ...]], name: str) -> set[str]:
    """The items with a label."""
    return {item_id for item_id, labels in items.items() if name in labels}


def measure(client: httpx.Client, go_on: GoOn, users: list[str], groups: list[set[str]]) -> np.ndarray:
    """[labels, 2] the mean shares of each group of items in the first lists and in the next ones.

    No user comes twice, so that no dialogue changes another one.
    """
    waiting, means = iter(users), []
    for group in groups:
        shares: list[tuple[float, float]] = []
        while len(shares) < USERS:
            user_id = next(waiting)
            first = ask(client, user_id)
            good = [item["rank"] for item in first["items"] if item["item_id"] in group]
            if good and len(good) <= MOST * LIMIT:
                second = go_on(client, user_id, first, good)
                shares.append((share_of(first, group), share_of(second, group)))
        means.append(np.mean(shares, axis=0))
    return np.array(means)


def ask(client: httpx.Client, user_id: str, **more: object) -> Answer:
    """A recommendation."""
    response = client.post("/v1/recommend", json={"user_id": user_id, "limit": LIMIT, **more})
    response.raise_for_status()
    answer: Answer = response.json()
    return answer


def share_of(answer: Answer, group: set[str]) -> float:
    """The share of a list's items that are in a group."""
    return float(np.mean([item["item_id"] in group for item in answer["items"]]))


def send_events(client: httpx.Client, user_id: str, first: Answer, good: list[int]) -> Answer:
    """The next list after the opinions as events, without a critique."""
    events = [
        {
            "user_id": user_id,
            "item_id": item["item_id"],
            "action": "like" if item["rank"] in good else "dislike",
        }
        for item in first["items"]
    ]
    client.post("/v1/events", json={"events": events}).raise_for_status()
    return ask(client, user_id)


def criticise(place: str, joint: str, sentence: str) -> GoOn:
    """A critique in words of a language."""

    def go_on(client: httpx.Client, user_id: str, first: Answer, good: list[int]) -> Answer:
        text = sentence.format(joint.join(place.format(rank) for rank in good))
        critique = {"of": first["recommendation_id"], "text": text}
        answer = ask(client, user_id, critique=critique)
        praised = [item["item_id"] for item in first["items"] if item["rank"] in good]
        if answer["critique"]["praised"] != praised:
            raise RuntimeError(f"expected {praised} of {text!r}, given {answer['critique']}")
        return answer

    return go_on


KINDS: dict[str, GoOn] = {
    "events alone": send_events,
    "critique in English": criticise("number {}", " and ", "{} are great, the others are boring"),
    "critique in Chinese": criticise("第{}个", "和", "{}很棒，其他的都不要"),
}

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "bundles/movielens-100k"))
