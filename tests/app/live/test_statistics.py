"""Live statistics in a bundle: a trend reaches strangers, nothing else changes, and all of it can go again."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemColumns
from app.bundle.torch_predictor import TorchPredictor
from app.live.statistics import LiveStatistics
from app.pipeline.recommend import recommend
from app.pipeline.similar import find_similar_items
from app.pipeline.types import Query, Slate
from app.tenant import Tenant
from models.contract.arrays import Floats
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.contract.recency import RecencyGains
from models.contract.statistics import RECENT, TOTAL
from models.ranking.rerank import Diversity

Take = Callable[..., Awaitable[None]]


def ask(
    bundle: LoadedBundle, *events: Event, limit: int = 10, weights: Mapping[str, float] | None = None
) -> Slate:
    state, used = UserState("stranger", events=events), weights or bundle.manifest.fusion.weights
    query = Query(state, time.time(), limit, {}, used, Diversity("none", 0.0), explain=limit <= 10)
    return recommend(bundle, query)


def listed(bundle: LoadedBundle, limit: int = 10, weights: Mapping[str, float] | None = None) -> list[str]:
    slate = ask(bundle, limit=limit, weights=weights)
    rows = slate.scored.candidates.rows[slate.order]
    return [bundle.catalogue.ids[row] for row in rows.tolist()]


def copied(columns: ItemColumns) -> dict[str, np.ndarray]:
    return {name: column.copy() for name, column in columns.columns.items()}


def differing(before: dict[str, np.ndarray], columns: ItemColumns) -> dict[str, list[int]]:
    """Column -> the rows that are not bit for bit as before."""
    found = {
        name: np.flatnonzero((column != columns.columns[name]).reshape(len(column), -1).any(axis=1)).tolist()
        for name, column in before.items()
        if column.size
    }
    return {name: rows for name, rows in found.items() if rows}


def last(bundle: LoadedBundle) -> str:
    """The item that a stranger is shown last."""
    return listed(bundle, limit=80)[-1]


async def test_a_strangers_list_follows_a_trend(tenant: Tenant, take: Take) -> None:
    item = last(tenant.bundle)
    await take(tenant, item, users=120)
    slate = ask(tenant.bundle)
    place = listed(tenant.bundle).index(item)
    row = tenant.bundle.catalogue.row(item)
    candidates = slate.scored.candidates
    assert place <= 2 and candidates.rows[slate.order[place]] == row
    assert candidates.from_source[candidates.sources.index("popular"), slate.order[place]]
    assert "popular_now" in {reason.code for reason in slate.reasons[place]}


async def test_only_the_counted_items_change_and_only_in_popularity(tenant: Tenant, take: Take) -> None:
    store = tenant.bundle.catalogue.store
    before, item = copied(store), last(tenant.bundle)
    row = tenant.bundle.catalogue.row(item)
    await take(tenant, item, users=30)
    assert differing(before, store) == {"vectors": [row], "statistics": [row]}
    statistics, vectors = store.columns["statistics"], store.columns["vectors"]
    assert (statistics[row, [RECENT, TOTAL]] > before["statistics"][row, [RECENT, TOTAL]]).all()
    assert vectors[row, :-2].tolist() == before["vectors"][row, :-2].tolist()
    assert vectors[row, -1] == statistics[row, RECENT] and vectors[row, -2] >= before["vectors"][row, -2]


async def test_without_counts_or_after_them_a_bundle_is_as_it_was(tenant: Tenant, take: Take) -> None:
    bundle, now = tenant.bundle, [time.time()]
    before = copied(bundle.catalogue.store)
    live = tenant.live = LiveStatistics(tenant.store.live, lambda: now[0])
    await tenant.refresh_live()
    assert differing(before, bundle.catalogue.store) == {}
    await take(tenant, "i7", "i9", users=40)
    assert differing(before, bundle.catalogue.store) and len(bundle.together.table)
    popular = bundle.catalogue.statistics[7, RECENT]
    now[0] += live.counts.window.half_life_s
    await tenant.refresh_live()
    assert 0 < bundle.catalogue.statistics[7, RECENT] < popular
    now[0] += 5 * live.counts.window.half_life_s
    await tenant.refresh_live()
    assert differing(before, bundle.catalogue.store) == {} and not len(bundle.together.table)


async def test_what_is_no_taking_counts_for_nothing(tenant: Tenant, take: Take) -> None:
    before = copied(tenant.bundle.catalogue.store)
    for action in ("dislike", "skip", "impression"):
        await take(tenant, "i7", users=50, action=action)
    await take(tenant, "never heard of", users=50)
    assert differing(before, tenant.bundle.catalogue.store) == {}
    assert await tenant.store.live.version() == 0


async def test_one_user_is_no_trend(tenant: Tenant, take: Take) -> None:
    item = last(tenant.bundle)
    before = listed(tenant.bundle)
    for _ in range(600):
        await take(tenant, item, users=1)
    assert listed(tenant.bundle) == before


class Learned(TorchPredictor):
    """A network that has learnt the weight of recent popularity in an item's bias."""

    def popularity_bias(self, statistics: Floats) -> Floats:
        return self.weight * statistics[:, RECENT]

    weight = 2.0


class Contrary(Learned):
    """One that takes popular items for tired ones."""

    weight = -2.0


@pytest.mark.parametrize("kind", [Learned, Contrary])
async def test_without_a_recency_gain_the_learned_bias_follows(
    tenant: Tenant, take: Take, kind: type[Learned]
) -> None:
    manifest = tenant.bundle.manifest.model_copy(update={"recency": RecencyGains()})
    bundle = tenant.bundle
    assert isinstance(bundle.predictor, TorchPredictor)
    learned = kind(bundle.predictor.network, bundle.predictor.timed)
    tenant._bundle = replace(bundle, manifest=manifest, predictor=learned)
    item, weights = last(tenant.bundle), {"next": 1.0}
    place = listed(tenant.bundle, limit=80, weights=weights).index(item)
    await take(tenant, item, users=300)
    moved = place - listed(tenant.bundle, limit=80, weights=weights).index(item)
    assert moved > 20 if kind is Learned else moved == 0  # what is taken is never shown less for it
    slate = ask(tenant.bundle, limit=80)
    popular = slate.scored.candidates.sources.index("popular")
    row = list(slate.scored.candidates.rows).index(tenant.bundle.catalogue.row(item))
    assert slate.scored.candidates.from_source[popular, row]


async def test_a_put_keeps_the_live_counts_and_the_encoding(tenant: Tenant, take: Take) -> None:
    """The network encodes the item with the statistics of the bundle, so that counts are not added twice."""
    before = copied(tenant.bundle.catalogue.store)
    await take(tenant, "i7", users=40)
    counted = copied(tenant.bundle.catalogue.store)
    await tenant.store.put_item(tenant.bundle.catalogue.item(7))
    await tenant.read_user(None)
    vectors = tenant.bundle.catalogue.vectors
    np.testing.assert_allclose(vectors[7], counted["vectors"][7], atol=1e-5)
    assert not np.allclose(vectors[7, -1], before["vectors"][7, -1])
    fork = tenant.bundle.catalogue.fork()
    assert differing(before, fork.store) == {}


async def test_a_reloaded_bundle_has_the_counts_at_once(
    tenant: Tenant, learnt: LoadedBundle, take: Take
) -> None:
    await take(tenant, "i7", users=40)
    popular = tenant.bundle.catalogue.statistics[7, RECENT]
    loaded = learnt.fork()
    assert loaded.catalogue.statistics[7, RECENT] < popular
    await tenant.take_over(loaded)
    assert tenant.bundle.catalogue.statistics[7, RECENT] >= 0.999 * popular
    # A bundle that was trained on these events has them in its own statistics.
    newer = learnt.fork()
    manifest = newer.manifest.model_copy(update={"statistics_at": time.time() + 3600})
    await tenant.take_over(replace(newer, manifest=manifest))
    assert tenant.bundle.catalogue.statistics[7, RECENT] == newer.catalogue.trained_statistics[7, RECENT]


async def test_tenants_keep_their_counts_apart(
    tenant: Tenant, make_tenant: Callable[[str], Tenant], take: Take
) -> None:
    shop, quiet, late = map(make_tenant, ("shop", "quiet", "late"))
    shared = await tenant.share_bundle()
    await shop.open(shared)
    await quiet.open(shared)
    before = copied(quiet.bundle.catalogue.store)
    await take(shop, "i7", users=40)
    await take(tenant, "i9", users=40)
    await quiet.refresh_live()
    assert quiet.bundle.catalogue.store is shared.catalogue.store
    assert differing(before, quiet.bundle.catalogue.store) == {}
    assert differing(before, shop.bundle.catalogue.store)["statistics"] == [7]
    assert differing(before, tenant.bundle.catalogue.store)["statistics"] == [9]
    await late.open(await tenant.share_bundle())
    assert differing(before, late.bundle.catalogue.store) == {}


async def test_a_new_items_first_likes_reach_its_neighbours(tenant: Tenant, take: Take) -> None:
    await tenant.store.put_item(Item("new", {"genres": ("space",), "title": "Robots"}))
    await tenant.refresh_live()
    before = dict(find_similar_items(tenant.bundle, "i1", 80))
    await take(tenant, "i1", "new", users=200)
    after = dict(find_similar_items(tenant.bundle, "i1", 80))
    assert after["new"] > 0.7 > before["new"]
    assert list(after).index("new") < list(before).index("new")
    of_new = dict(find_similar_items(tenant.bundle, "new", 80))
    assert of_new["i1"] == pytest.approx(after["new"])
    del before["new"], after["new"]
    assert before == after
    slate = ask(tenant.bundle, Event("i1", "like", time.time()))
    candidates = slate.scored.candidates
    linked = candidates.rows[candidates.from_source[candidates.sources.index("linked")]]
    assert tenant.bundle.catalogue.row("new") in linked


async def test_switched_off_nothing_is_counted(tenant: Tenant, take: Take) -> None:
    before = copied(tenant.bundle.catalogue.store)
    tenant.live = None
    await take(tenant, "i7", users=40)
    assert differing(before, tenant.bundle.catalogue.store) == {}
    assert await tenant.store.live.version() == 0


async def test_the_age_is_that_of_the_last_reading(tenant: Tenant) -> None:
    now = [1e9]
    live = LiveStatistics(tenant.store.live, lambda: now[0])
    assert live.measure_age_s() == 0
    await live.read()
    now[0] += 7
    assert live.measure_age_s() == 7
