"""The pairs of a scorer's input: a user's row is repeated, a pair's row is kept."""

import torch

from models.network.scorer_input import UserSide, build_scorer_input

STATES = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
NUMBERS = torch.tensor([[5.0, 6.0], [7.0, 8.0]])
ATTEND = torch.tensor([[True, False, False], [True, True, True]])
CONTEXT = torch.tensor([[2], [3]])
LAST = CONTEXT + 1
EVENTS = torch.arange(12.0).reshape(2, 3, 2)
ITEMS = torch.arange(16.0).reshape(2, 4, 2)
STATISTICS = torch.arange(24.0).reshape(2, 4, 3)


def repeat(rows: torch.Tensor) -> torch.Tensor:
    return torch.stack([rows] * 4, dim=1)


def test_the_row_of_a_user_stands_in_each_pair_without_a_copy():
    found = build_scorer_input(UserSide(STATES, EVENTS, ATTEND, NUMBERS, LAST, CONTEXT), ITEMS, STATISTICS)
    shared = {"user": STATES, "attend": ATTEND, "numbers": NUMBERS, "last": LAST, "context": CONTEXT}
    for name, rows in shared.items():
        assert torch.equal(getattr(found, name), repeat(rows))
        assert getattr(found, name).data_ptr() == rows.data_ptr()
    assert found.events is EVENTS and found.item is ITEMS and found.statistics is STATISTICS


def test_the_row_of_a_pair_is_kept():
    rows = [repeat(rows) for rows in (STATES, ATTEND, NUMBERS, LAST, CONTEXT)]
    rows = [torch.flip(part, (1,)) for part in rows]
    states, attend, numbers, last, context = rows
    found = build_scorer_input(UserSide(states, EVENTS, attend, numbers, last, context), ITEMS, STATISTICS)
    kept = (found.user, found.attend, found.numbers, found.last, found.context)
    assert kept == (states, attend, numbers, last, context)
