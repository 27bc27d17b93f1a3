"""Limits that cannot work are refused."""

import pytest

from app.state.limits import StoreLimits


def test_defaults_keep_what_the_user_tower_reads() -> None:
    assert StoreLimits().max_events == 1_000
    assert StoreLimits().stored_events == 1_250


@pytest.mark.parametrize(
    "limits",
    [
        {"max_events": 199},
        {"max_past_items": 0},
        {"ttl_s": 0},
        {"stream_cap": 0},
        {"item_cap": 0},
        {"user_cap": -1},
    ],
)
def test_limits_that_cannot_work(limits: dict[str, int]) -> None:
    (name,) = limits
    with pytest.raises(ValueError, match=f"expected {name} of at least"):
        StoreLimits(**limits)
