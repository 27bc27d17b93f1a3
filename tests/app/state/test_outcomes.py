"""The contract of the outcomes in every store."""

import time
from dataclasses import replace

import pytest
import redis

from app.state.limits import DAY_S, StoreLimits
from app.state.memory.outcomes import MemoryOutcomes
from app.state.protocol import (
    Cell,
    Counts,
    Label,
    LabelCell,
    LabelCounts,
    Outcomes,
    StateStore,
    Take,
    TakeFate,
)
from app.state.protocol.outcomes import HOUR_S, REST_CELL
from app.state.redis.keys import Keys
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore

NOW = int(time.time() // HOUR_S)
HOME = Cell("home", "", "v1", "neighbours+text", "1", "new")
NONE = Cell("", "b", "v1", "", "2", "older")
LIKE = LabelCell("like", "v1", 8)


def take(answer: str, value: float, rank: int = 1, cell: Cell = HOME, hour: int = NOW) -> Take:
    return Take(answer, rank, hour, cell, value)


def label(answer: str, predicted: float, observed: bool, rank: int = 1) -> Label:
    return Label(answer, rank, NOW, LIKE, predicted, observed)


async def test_what_was_shown_is_summed_over_hours(store: StateStore) -> None:
    await store.outcomes.add_shown({})
    await store.outcomes.add_shown({(NOW, HOME): 3, (NOW, NONE): 2, (NOW - 1, HOME): 5})
    await store.outcomes.add_shown({(NOW, HOME): 4})
    assert await store.outcomes.read(NOW, NOW) == Outcomes({HOME: Counts(7), NONE: Counts(2)})
    assert (await store.outcomes.read(NOW - 1, NOW)).cells[HOME] == Counts(12)
    assert await store.outcomes.read(NOW + 1, NOW + 2) == Outcomes()


async def test_of_the_events_of_an_item_the_highest_value_counts_once(store: StateStore) -> None:
    await store.outcomes.add_shown({(NOW, HOME): 4})
    takes = [take("r", 2.0), take("r", 5.0), take("r", 3.0), take("r", 1.0, rank=2), take("s", -0.5)]
    assert await store.outcomes.add_takes(takes) == [
        TakeFate.COUNTED,
        TakeFate.RAISED,
        TakeFate.REPEATED,
        TakeFate.COUNTED,
        TakeFate.COUNTED,
    ]
    assert await store.outcomes.add_takes([take("r", 5.0)]) == [TakeFate.REPEATED]
    assert await store.outcomes.add_takes([]) == []
    assert (await store.outcomes.read(NOW, NOW)).cells[HOME] == Counts(4, 3, 5.5, 26.25)


async def test_a_take_counts_in_the_hour_of_its_answer(store: StateStore) -> None:
    takes = [take("r", 1.0, hour=NOW - 2), take("s", 2.0)]
    assert await store.outcomes.add_takes(takes) == [TakeFate.COUNTED] * 2
    assert (await store.outcomes.read(NOW - 2, NOW - 2)).cells == {HOME: Counts(0, 1, 1.0, 1.0)}


async def test_the_first_label_of_an_item_counts(store: StateStore) -> None:
    await store.outcomes.add_labels([])
    await store.outcomes.add_labels([label("r", 0.75, True), label("r", 0.75, False), label("s", 0.5, False)])
    await store.outcomes.add_labels([label("r", 0.75, False), label("r", 0.5, True, rank=2)])
    assert (await store.outcomes.read(NOW, NOW)).labels == {LIKE: LabelCounts(3, 1.75, 2)}


async def test_tenants_are_apart(store: StateStore) -> None:
    await store.outcomes.add_shown({(NOW, HOME): 1})
    shop = store.of_tenant("shop")
    assert await shop.outcomes.read(NOW, NOW) == Outcomes()


async def test_cells_and_takes_are_capped(settings: RedisSettings) -> None:
    limits = StoreLimits(outcome_fields=20, outcome_takes=3)
    store = RedisStore(replace(settings, limits=limits))
    for outcomes in (store.outcomes, MemoryOutcomes(limits)):
        await outcomes.add_shown({(NOW, HOME._replace(scene=str(number))): 1 for number in range(30)})
        await outcomes.add_shown({(NOW, HOME._replace(scene="0")): 1, (NOW, HOME._replace(scene="29")): 1})
        cells = (await outcomes.read(NOW, NOW)).cells
        assert cells[HOME._replace(scene="0")] == Counts(2), "one that was there goes on counting"
        assert cells[REST_CELL] == Counts(11) and len(cells) == 21
        takes = [take(f"r{number}", 1.0) for number in range(5)]
        assert await outcomes.add_takes(takes) == [TakeFate.COUNTED] * 3 + [TakeFate.NO_ROOM] * 2
        assert (await outcomes.read(NOW, NOW)).cells[REST_CELL] == Counts(11, 3, 3.0, 3.0)
        await outcomes.add_labels([label("x", 0.5, True)])
        assert (await outcomes.read(NOW, NOW)).labels == {}
    await store.close()


async def test_counts_expire(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis
) -> None:
    await redis_store.outcomes.add_shown({(NOW, HOME): 1, (NOW - 24 * 8, HOME): 1})
    await redis_store.outcomes.add_takes([take("r", 1.0)])
    await redis_store.outcomes.add_labels([label("r", 0.5, True)])
    keys = Keys(settings.prefix)
    assert not redis_client.exists(keys.outcomes(NOW - 24 * 8))
    assert 7 * DAY_S - 10 < redis_client.ttl(keys.outcomes(NOW)) <= 7 * DAY_S + HOUR_S
    assert DAY_S - 10 < redis_client.ttl(keys.taken(NOW)) <= DAY_S + HOUR_S


async def test_counts_expire_in_memory() -> None:
    now = [NOW * HOUR_S + 10.0]
    outcomes = MemoryOutcomes(StoreLimits(), lambda: now[0])
    await outcomes.add_shown({(NOW, HOME): 1})
    now[0] += 7 * DAY_S
    assert len((await outcomes.read(NOW, NOW)).cells) == 1
    now[0] += 2 * HOUR_S
    assert await outcomes.read(NOW, NOW) == Outcomes()


async def test_a_damaged_hour_counts_as_absent(
    redis_store: RedisStore, settings: RedisSettings, redis_client: redis.Redis, corrupt_values: list[None]
) -> None:
    keys = Keys(settings.prefix)
    await redis_store.outcomes.add_shown({(NOW, HOME): 2})
    for odd in ("i[]", "x[1]", "", "i7"):
        redis_client.hset(keys.outcomes(NOW - 1), odd, "1")
        assert await redis_store.outcomes.read(NOW - 1, NOW) == Outcomes({HOME: Counts(2)})
        redis_client.delete(keys.outcomes(NOW - 1))
    assert len(corrupt_values) == 4


@pytest.mark.parametrize("odd", ["", "\x00", "{a}b", '"', "🎬/é", "x" * 512])
async def test_names_may_be_anything(store: StateStore, odd: str) -> None:
    cell = Cell(odd, odd, odd, odd, "1", "new")
    await store.outcomes.add_shown({(NOW, cell): 1})
    assert await store.outcomes.add_takes([take(odd, 0.1, cell=cell)]) == [TakeFate.COUNTED]
    assert (await store.outcomes.read(NOW, NOW)).cells == {cell: Counts(1, 1, 0.1, pytest.approx(0.01))}
