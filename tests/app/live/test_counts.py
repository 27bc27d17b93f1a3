"""The counts that a replica has read: only what changed is read, all of it after a loss, and sums decay."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.live.counts import LiveCounts
from app.live.digest_index import DigestIndex
from app.state.limits import StoreLimits
from app.state.memory.live import MemoryLiveCounts
from app.state.memory.store import MemoryStore
from app.state.protocol import ItemCounts
from models.contract.live_statistics import LiveWindow

LIMITS = StoreLimits(live_half_life_s=24 * 3600)
HOUR = 3600.0
NOW = 500_000 * HOUR + 1800
IDS = ["a", "b", "c", "d"]


def summed(counts: LiveCounts, index: DigestIndex, now: float, since: float = 0) -> list[float]:
    """The sum of each row."""
    found = counts.sum_items(index, now, since)
    sums = np.zeros(len(index))
    sums[found.keys] = found.sums
    return sums.tolist()


class ReadLive(MemoryLiveCounts):
    """Notes which buckets are read."""

    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.asked: list[list[int]] = []

    async def read_items(self, buckets: Sequence[int]) -> list[ItemCounts]:
        self.asked.append(list(buckets))
        return await super().read_items(buckets)


@pytest.fixture
def live() -> ReadLive:
    return ReadLive()


@pytest.fixture
def counts(live: ReadLive) -> LiveCounts:
    return LiveCounts(live, LiveWindow(live.half_life_s))


@pytest.fixture
def index(live: ReadLive) -> DigestIndex:
    return DigestIndex.of(live, IDS)


async def test_only_what_may_have_changed_is_read(live: ReadLive, counts: LiveCounts) -> None:
    live.count("u", "a", NOW)
    assert await counts.read(NOW)
    assert not await counts.read(NOW + 60)
    live.count("v", "a", NOW + 60)
    assert await counts.read(NOW + 62)
    live.count("v", "b", NOW + 2 * HOUR)
    assert await counts.read(NOW + 2 * HOUR)
    assert [len(asked) for asked in live.asked] == [96, 2, 4]
    assert live.asked[1] == [499_999, 500_000]


async def test_a_store_that_lost_its_data_is_read_anew(counts: LiveCounts, index: DigestIndex) -> None:
    before = ReadLive()
    for user in "uvw":
        before.count(user, "a", NOW)
    counts.store = before
    await counts.read(NOW)
    counts.store = ReadLive()
    counts.store.count("u", "b", NOW)
    assert await counts.read(NOW)
    assert summed(counts, index, NOW - 1800) == [0, 1, 0, 0]


async def test_sums_decay_and_leave_out_what_the_bundle_knows(
    live: ReadLive, counts: LiveCounts, index: DigestIndex
) -> None:
    live.count("u", "a", NOW)
    live.count("v", "a", NOW)
    live.count("u", "unknown", NOW)
    live.count("v", "c", NOW + 24 * HOUR)
    await counts.read(NOW + 24 * HOUR)
    now = NOW + 24 * HOUR  # 15 minutes from the middle of what has passed of the newest bucket
    newest = 0.5 ** (0.25 / 24)
    assert summed(counts, index, now, 0) == pytest.approx([1, 0, newest, 0])
    assert summed(counts, index, now, NOW + HOUR) == pytest.approx([0, 0, newest, 0])
    assert summed(counts, index, now, NOW + 24.4 * HOUR) == pytest.approx([0, 0, newest, 0])
    counts.forget(NOW + 96 * HOUR)
    assert summed(counts, index, now, 0) == pytest.approx([0, 0, newest, 0])
    counts.forget(NOW + 200 * HOUR)
    assert counts.is_empty


async def test_pairs_are_named_by_rows(live: ReadLive, counts: LiveCounts, index: DigestIndex) -> None:
    for user in "uvw":
        for item in ("d", "b", "unknown"):
            live.count(user, item, NOW)
    await counts.read(NOW)
    pairs = counts.sum_pairs(index, NOW)
    assert (pairs.first_rows(4).tolist(), pairs.second_rows(4).tolist()) == ([1], [3])
    # The middle of what has passed of the bucket of six hours, which began 2.5 hours ago
    assert pairs.sums == pytest.approx([3 * 0.5 ** (1.25 / 24)])


async def test_what_is_summed_once_is_what_is_summed_anew(
    live: ReadLive, counts: LiveCounts, index: DigestIndex
) -> None:
    """Over two days, with a reading every hour, and with an index that grows in between."""
    rng = np.random.default_rng(3)
    for hour in range(48):
        now = NOW + hour * HOUR
        for user in rng.integers(0, 20, 5).tolist():
            live.count(f"{user}-{hour}", IDS[int(rng.integers(4))], now)
            live.count(f"{user}-{hour}", IDS[int(rng.integers(4))], now)
        await counts.read(now)
        if hour == 30:
            index = index.extend(live, ["e"])
        anew = LiveCounts(live, counts.window)
        await anew.read(now)
        for since in (0, NOW + 10 * HOUR):
            assert summed(counts, index, now, since) == pytest.approx(summed(anew, index, now, since))
        once, again = counts.sum_pairs(index, now), anew.sum_pairs(index, now)
        assert once.keys.tolist() == again.keys.tolist() and once.sums == pytest.approx(again.sums)


def test_an_index_finds_rows_and_grows() -> None:
    live = MemoryStore().live
    index = DigestIndex.of(live, IDS)
    assert index.find(live.digest(["c", "x", "a"])).tolist() == [2, -1, 0]
    longer = index.extend(live, ["x", "y"])
    assert len(longer) == 6
    assert longer.find(live.digest(["y", "x", "a", "z"])).tolist() == [5, 4, 0, -1]
    empty = DigestIndex.of(live, [])
    assert empty.find(live.digest(["a"])).tolist() == [-1]
    assert np.array_equal(empty.extend(live, IDS).digests, index.digests)
