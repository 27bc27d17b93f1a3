"""Logs of impressions for tests, in the columns of an exported log."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.contract.arrays import Doubles
from models.ranking.exploration import Exploration, Policy
from models.ranking.rerank import Diversity, rerank
from models.ranking.similarity import Similarity

HEADS = ("next", "like")
Row = Mapping[str, object]


def write_log(folder: Path, rows: Sequence[Row]) -> Path:
    """Write rows as two files of a folder of impressions, in no order."""
    folder.mkdir(parents=True, exist_ok=True)
    shuffled = [rows[index] for index in np.random.default_rng(0).permutation(len(rows))]
    half = len(rows) // 2
    for name, part in (("2026-01-01", shuffled[:half]), ("2026-01-02", shuffled[half:])):
        pq.write_table(
            pa.Table.from_pylist([dict(row) for row in part], schema=SCHEMA), folder / f"{name}.parquet"
        )
    return folder


SCHEMA = pa.schema(
    [
        ("recommendation_id", pa.string()),
        ("user_id", pa.string()),
        ("timestamp", pa.float64()),
        ("scene", pa.string()),
        ("rank", pa.int64()),
        ("item_id", pa.string()),
        ("propensity", pa.float64()),
        *((f"head.{name}", pa.float64()) for name in HEADS),
        ("taken", pa.bool_()),
        ("value", pa.float64()),
    ]
)


def draw_log(count: int, size: int = 4, policy: Policy = Policy.SOFTMAX, strength: float = 1.0) -> list[Row]:
    """Lists of all their candidates, drawn by the service's exploration over the head `next` alone.

    An item is taken with a probability of 0.8 times its `like` at the first place, and less at each further one.
    """
    random = np.random.default_rng(1)
    rows: list[Row] = []
    for number in range(count):
        values = {name: random.random(size) for name in HEADS}
        order, propensities = draw_list(values["next"], strength, number, policy)
        for place, item in enumerate(order):
            taken = random.random() < 0.8 * values["like"][item] / (1 + place)
            rows.append(
                {
                    "recommendation_id": f"r{number}",
                    "user_id": f"u{number % (count // 2 + 1)}" if number % 5 else None,
                    "timestamp": 1e9 + number,
                    "scene": "home" if number % 2 else None,
                    "rank": place + 1,
                    "item_id": str(item),
                    "propensity": propensities[place],
                    **{f"head.{name}": each[item] for name, each in values.items()},
                    "taken": taken,
                    "value": 2.0 if taken else None,
                }
            )
    return rows


def draw_list(
    relevance: Doubles, strength: float, seed: int, policy: Policy = Policy.SOFTMAX
) -> tuple[list[int], list[float]]:
    """The order of all candidates and its propensities, as the service answers."""
    exploration = Exploration(policy, strength, seed)
    labels = [frozenset[str]()] * len(relevance)
    vectors = np.zeros((len(relevance), 2), dtype=np.float32)
    answer = rerank(
        relevance.astype(np.float32),
        vectors,
        labels,
        Diversity("none", 0.0, exploration=exploration),
        len(relevance),
    )
    assert answer.propensity is not None
    return answer.order.tolist(), answer.propensity.tolist()


def find_alike(count: int) -> Similarity:
    """Items of which each two neighbours are alike."""
    angles = np.arange(count) // 2 * 1.5
    return Similarity.of(
        np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32), [frozenset[str]()] * count
    )
