"""The source of linked items: links of the bundle by weight, and before them, up to half, what others took lately."""

import numpy as np
import pytest

from models.contract.arrays import Floats, Indices
from models.ranking.sources.linked import find_linked
from models.ranking.sources.source import RetrievalInput, RetrievalTable


@pytest.fixture
def links() -> Floats:
    """Items 1, 2, 3 and 4 are linked, 4 the most, and 5 is linked away."""
    return np.array([0, 1, 2, 3, 4, -1, 0, 0, 0, 0], dtype=np.float32)


def find(
    ten_items: RetrievalTable,
    k: int,
    links: Floats | None,
    partners: list[int] | None,
    taken: tuple[int, ...] = (),
) -> Indices | None:
    allowed = np.ones(10, dtype=np.bool_)
    allowed[list(taken)] = False
    rows = None if partners is None else np.array(partners)
    request = RetrievalInput(ten_items, np.zeros(4), allowed, None, lambda *_: np.zeros(0), links, rows)
    return find_linked(request, k)


@pytest.mark.parametrize(
    ("k", "partners", "taken", "expected"),
    [
        (3, None, (), [4, 3, 2]),
        (9, None, (4,), [3, 2, 1]),
        (4, [9, 2, 8], (), [9, 2, 4, 3]),
        (5, [9, 2, 8], (), [9, 2, 8, 4, 3]),
        (4, [9, 2, 8], (9, 2), [8, 4, 3, 1]),
        (1, [9], (), [9]),
        (0, [9], (), []),
    ],
)
def test_partners_come_first_for_half_of_the_places(
    ten_items: RetrievalTable,
    links: Floats,
    k: int,
    partners: list[int],
    taken: tuple[int, ...],
    expected: list[int],
) -> None:
    found = find(ten_items, k, links, partners, taken)
    assert found is not None and found.tolist() == expected


def test_partners_do_without_links(ten_items: RetrievalTable) -> None:
    found = find(ten_items, 4, None, [9, 2, 8])
    assert found is not None and found.tolist() == [9, 2]
    assert find(ten_items, 4, None, None) is None
