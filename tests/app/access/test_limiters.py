"""Limits by hand-worked numbers; memory and Redis agree on the same calls."""

import re
from collections.abc import Callable, Sequence

import pytest

from app.access.buckets import DAY_S, Level, Limit, charge, find_reset, find_wait, settle
from app.access.limiters import MAX_LEVELS, MemoryLimiter, ResilientLimiter
from app.access.limits import Charge, Limiter, Refusal, Verdict, build_limits, write_headers
from app.access.redis_limits import RedisLimiter
from app.config import read_settings
from app.state.protocol import StateUnavailableError
from app.state.redis.client import RedisClient
from tests.app.access.conftest import DEADLINE_S

TWO = Limit("requests", 2, 1)
PAIRS = Limit("pairs", 1000, 1)
DAY = Limit("day", 3, DAY_S, is_quota=True)
NOON = 20_000 * DAY_S + DAY_S / 2


def test_a_rate_drains_steadily() -> None:
    assert settle(TWO, Level(2, 10.0), 10.25) == Level(1.5, 10.25)
    assert settle(TWO, Level(2, 10.0), 12.0) == Level(0, 12.0)
    assert settle(TWO, Level(2, 10.0), 9.0) == Level(2, 9.0), "a clock that was set back"
    assert find_wait(TWO, Level(1.5, 10.25), 1) == 0.25  # 0.5 too much, at 2 a second
    assert find_reset(TWO, Level(1.5, 10.25)) == 0.75


def test_a_quota_starts_anew_at_midnight() -> None:
    assert settle(DAY, Level(3, NOON), NOON + DAY_S / 2 - 1) == Level(3, NOON + DAY_S / 2 - 1)
    assert settle(DAY, Level(3, NOON), NOON + DAY_S / 2) == Level(0, NOON + DAY_S / 2)
    assert find_wait(DAY, Level(3, NOON), 1) == find_reset(DAY, Level(3, NOON)) == DAY_S / 2


def test_a_large_batch_fits_an_empty_bucket_and_leaves_a_debt() -> None:
    wait_s, level = charge(PAIRS, Level(0, 0.0), 10_000)
    assert (wait_s, level) == (0, Level(10_000, 0.0))
    assert charge(PAIRS, level, 1) == (pytest.approx(9.001), level), "a call that waits costs nothing"
    assert charge(PAIRS, settle(PAIRS, level, 10.0), 10_000)[0] == 0
    assert find_wait(PAIRS, Level(1, 0.0), 10_000) == 0.001


async def run(
    calls: Sequence[tuple[float, list[Charge]]], client: RedisClient
) -> tuple[list[Verdict], list[Verdict]]:
    """The verdicts of the memory and of Redis on calls at their times."""
    times = iter([time for time, _charges in calls])
    memory, redis = MemoryLimiter(lambda: next(times)), RedisLimiter(client, "test", DEADLINE_S)
    return (
        [await memory.charge(charges) for _time, charges in calls],
        [await redis.charge(charges, now=time) for time, charges in calls],
    )


def mark(verdict: Verdict) -> tuple[str | None, float, list[float]]:
    refusal = verdict.refusal
    used = [round(level.used, 6) for _limit, level in verdict.levels]
    return (refusal.limit.name if refusal else None, round(refusal.wait_s, 6) if refusal else 0, used)


async def test_memory_and_redis_agree(client: RedisClient) -> None:
    calls = [
        (NOON + second, [Charge(TWO, "a", 1), Charge(DAY, "a", 1), Charge(PAIRS, "peer", cost)])
        for second, cost in ((0, 10), (0.125, 2000), (1.0, 5), (1.5, 5), (60, 5), (DAY_S, 700))
    ]
    memory, redis = await run(calls, client)
    assert [mark(verdict) for verdict in memory] == [mark(verdict) for verdict in redis]
    assert [mark(verdict) for verdict in memory] == [
        (None, 0, [1, 1, 10]),
        (None, 0, [1.75, 2, 2000]),  # of the 10 pairs nothing is left after 0.125 s
        ("pairs", 0.13, [0, 2, 1125]),
        (None, 0, [1, 3, 630]),
        ("day", DAY_S / 2 - 60, [0, 3, 0]),
        (None, 0, [1, 1, 700]),
    ]


async def test_if_one_limit_refuses_none_is_charged(client: RedisClient) -> None:
    one, other = Charge(Limit("a", 1, 1), "x", 1), Charge(Limit("b", 100, 60), "x", 1)
    calls = [(5.0, [one, other]), (5.0, [other, one]), (5.0, [other])]
    for verdicts in await run(calls, client):
        assert [mark(verdict) for verdict in verdicts] == [
            (None, 0, [1, 1]),
            ("a", 1.0, [1, 1]),
            (None, 0, [2]),
        ]


async def test_keys_and_peers_are_apart_and_names_hold_no_address(client: RedisClient) -> None:
    limiter = RedisLimiter(client, "test", DEADLINE_S)
    for subject in ("a", "b", "198.51.100.7"):
        assert (await limiter.charge([Charge(Limit("r", 1, 600), subject, 1)])).refusal is None
    assert (await limiter.charge([Charge(Limit("r", 1, 600), "a", 1)])).refusal is not None
    names = await client.run_command("KEYS", "*", deadline_s=DEADLINE_S)
    assert len(names) == 3 and all(re.fullmatch(rb"test:limit:r:[0-9a-f]{32}", name) for name in names)
    for name in names:
        assert 0 < await client.run_command("PTTL", name, deadline_s=DEADLINE_S) <= 602_000


async def test_replicas_agree(client: RedisClient) -> None:
    replicas = [RedisLimiter(client, "test", DEADLINE_S) for _ in range(2)]
    limit = Limit("r", 6, 600)
    verdicts = [await replicas[number % 2].charge([Charge(limit, "k", 1)]) for number in range(8)]
    assert [verdict.refusal is None for verdict in verdicts] == [True] * 6 + [False] * 2


async def test_memory_is_bounded() -> None:
    limiter = MemoryLimiter(lambda: 0.0)
    for number in range(MAX_LEVELS + 10):
        await limiter.charge([Charge(TWO, str(number), 1)])
    assert len(limiter) == MAX_LEVELS


class Switch:
    """A limiter that can be switched off."""

    def __init__(self, inner: Limiter) -> None:
        self.inner, self.is_away, self.calls = inner, False, 0

    async def charge(self, charges: Sequence[Charge]) -> Verdict:
        self.calls += 1
        if self.is_away:
            raise StateUnavailableError("away")
        return await self.inner.charge(charges)


async def test_in_an_outage_the_limits_count_in_memory(caplog: pytest.LogCaptureFixture) -> None:
    time = [0.0]
    clock: Callable[[], float] = lambda: time[0]  # noqa: E731
    shared = Switch(MemoryLimiter(clock))
    limiter = ResilientLimiter(shared, MemoryLimiter(clock), clock)
    slow = [Charge(Limit("r", 1, 600), "k", 1)]
    assert (await limiter.charge(slow)).refusal is None
    shared.is_away = True
    assert (await limiter.charge(slow)).refusal is None, "the memory starts at 0"
    assert (await limiter.charge(slow)).refusal is not None
    assert shared.calls == 2, "the outage is not tried with each call"
    time[0] = 1.5
    assert (await limiter.charge(slow)).refusal is not None
    shared.is_away, time[0] = False, 3.0
    assert (await limiter.charge(slow)).refusal is not None, "what Redis knew counts again"
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_the_headers_by_hand() -> None:
    verdict = Verdict(((TWO, Level(1.5, NOON)), (DAY, Level(1, NOON))), Refusal(TWO, 0.25))
    assert write_headers(verdict) == {
        "ratelimit-policy": '"requests";q=2;w=1, "day";q=3;w=86400',
        "ratelimit": '"requests";r=0;t=1, "day";r=2;t=43200',
        "ratelimit-limit": "2",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "1",
    }


def test_without_settings_nothing_is_limited() -> None:
    limits = build_limits(read_settings())
    assert not limits.limits_requests and not limits.limits_pairs
    assert limits.charge_request("k", "p") == limits.charge_pairs("k", "p", 5) == []


def test_without_a_key_the_peer_stands_for_it() -> None:
    limits = build_limits(read_settings(rate_limit=1, peer_rate_limit=2, daily_quota=3, pair_limit=4))
    assert [charge.subject for charge in limits.charge_request(None, "p")] == ["p", "p", "p"]
    assert [charge.subject for charge in limits.charge_request("k", "p")] == ["k", "p", "k"]
    assert [charge.cost for charge in limits.charge_pairs("k", "p", 70)] == [70]
