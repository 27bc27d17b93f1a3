"""A small item table with what the pipeline reads of the catalogue, and the pipeline's inputs around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from app.bundle.predictor import UserEncoding
from app.pipeline.types import Encoded, Query
from models.contract.arrays import Floats, Indices, Mask
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.contract.user_vector import BIAS_COLUMNS
from models.language.negation import split_wording
from models.language.plan import Plan
from models.ranking.rerank import Diversity


@dataclass(eq=False)
class Table:
    """The catalogue's attributes as plain arrays."""

    items: Sequence[Item]
    vectors: Floats
    text: Floats
    available: Mask
    statistics: Floats
    labels: Sequence[frozenset[str]]
    fresh: Indices = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    version: int = 0
    text_index: None = None

    def __post_init__(self) -> None:
        self.present = np.ones(len(self.items), dtype=np.bool_)
        self.blank = np.zeros(len(self.items), dtype=np.bool_)
        self.store = self  # the lineage: what all versions of one table have in common
        self.ids = [item.item_id for item in self.items]
        self._rows = {item_id: row for row, item_id in enumerate(self.ids)}

    def row(self, item_id: str) -> int | None:
        return self._rows.get(item_id)

    def item(self, row: int) -> Item:
        return self.items[row]

    def read_texts(self, rows: Indices) -> Floats:
        return self.text[rows]

    def head_labels(self, name: str, rows: Indices) -> Floats:
        """[K, 2] of the one multilabel head that the tests have: Comedy, Drama."""
        assert name == "genre"
        own = [[label in self.labels[row] for label in ("Comedy", "Drama")] for row in rows]
        return np.array(own, dtype=np.float32)

    def __len__(self) -> int:
        return len(self.items)


@pytest.fixture(scope="session")
def make_catalogue() -> Callable[..., Table]:
    def make(items: int | Sequence[Item], dim: int = 8, seed: int = 0, text: Floats | None = None) -> Table:
        rng = np.random.default_rng(seed)
        rows = [Item(str(n)) for n in range(items)] if isinstance(items, int) else items
        n = len(rows)
        return Table(
            items=rows,
            vectors=rng.standard_normal((n, dim + BIAS_COLUMNS)).astype(np.float32),
            text=np.zeros((n, 0), dtype=np.float32) if text is None else text,
            available=np.ones(n, dtype=np.bool_),
            statistics=np.zeros((n, 3), dtype=np.float32),
            labels=[frozenset()] * n,
        )

    return make


@pytest.fixture(scope="session")
def make_query() -> Callable[..., Query]:
    def make(events: Sequence[Event] = (), text: str = "", **changes) -> Query:
        wanted, unwanted = split_wording(text)
        fields = {
            "plan": Plan(direction=wanted, avoid=(unwanted,) if unwanted else ()),
            "state": UserState(events=tuple(events)),
            "now": 0.0,
            "limit": 10,
            "context": {},
            "weights": {"next": 1.0},
            "diversity": Diversity("none"),
        }
        return Query(**(fields | changes))

    return make


@pytest.fixture(scope="session")
def make_encoded() -> Callable[..., Encoded]:
    def make(vector: Floats, text: Floats | None = None) -> Encoded:
        dim = len(vector) - 1
        return Encoded(
            vector=vector,
            user=UserEncoding(
                base=np.zeros(dim, dtype=np.float32),
                history=np.zeros((0, dim), dtype=np.float32),
                numbers=np.zeros(2, dtype=np.float32),
                last=np.zeros(2, dtype=np.int64),
            ),
            history_rows=np.zeros(0, dtype=np.int64),
            text=text,
        )

    return make
