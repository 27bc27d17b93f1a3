"""New items of a tenant: which they are, the places that they get, and when they are new no longer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.installation_key import InstallationKey
from app.live.new_items import NewItemTrials
from app.pipeline.recommend import recommend
from app.pipeline.types import Query, Slate
from app.state.memory.store import MemoryStore
from app.state.protocol import StateUnavailableError, StoreFault
from app.tenant import Tenant
from models.contract.catalogue import Item, UserState
from models.contract.predicate import Compare, Operator
from models.contract.statistics import TOTAL
from models.ranking.exploration import Exploration, Policy
from models.ranking.rerank import Diversity

DAY = 86_400.0
IMPRESSIONS = 50


@dataclass
class Clock:
    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_shop(store: MemoryStore, learnt: LoadedBundle, clock: Clock) -> Callable[..., Tenant]:
    """A tenant over the trained shop, whose new items are counted."""

    def make(name: str = "") -> Tenant:
        own = store.of_tenant(name) if name else store
        return Tenant(name, own, InstallationKey(store), trials=NewItemTrials(own.trials, IMPRESSIONS, clock))

    return make


@pytest.fixture
async def shop(open_shop: Callable[..., Tenant], learnt: LoadedBundle) -> Tenant:
    made = open_shop()
    await made.open(learnt.fork())
    return made


def ask(bundle: LoadedBundle, share: float = 0.1, limit: int = 20, **more: object) -> Slate:
    values: dict[str, object] = {"diversity": Diversity("none", 0.0), **more}
    weights = bundle.manifest.fusion.weights
    query = Query(UserState("stranger"), time.time(), limit, {}, weights, new_share=share, **values)
    return recommend(bundle, query)


def listed(bundle: LoadedBundle, slate: Slate) -> list[str]:
    return [bundle.catalogue.ids[row] for row in slate.scored.candidates.rows[slate.order].tolist()]


def sources(slate: Slate, place: int) -> list[str]:
    candidates = slate.scored.candidates
    marks = candidates.from_source[:, slate.order[place]]
    return [name for name, found in zip(candidates.sources, marks, strict=True) if found]


async def put(tenant: Tenant, *item_ids: str, genre: str = "crime") -> None:
    """Items about crime are far down in a stranger's list by their scores, those about animals first."""
    for item_id in item_ids:
        await tenant.store.put_item(Item(item_id, {"genres": (genre,), "title": f"Robots {item_id}"}))
    await tenant.refresh_live()


def new_ids(tenant: Tenant) -> set[str]:
    return {tenant.bundle.catalogue.ids[row] for row in tenant.bundle.new_items.rows.tolist()}


async def test_a_put_item_gets_the_tenth_place_of_a_stranger(shop: Tenant) -> None:
    assert new_ids(shop) == set(), "all items of the bundle were taken, and years ago"
    before = listed(shop.bundle, ask(shop.bundle))
    await put(shop, "fresh")
    assert new_ids(shop) == {"fresh"}
    slate = ask(shop.bundle, explain=True)
    assert listed(shop.bundle, slate) == [*before[:9], "fresh", *before[9:19]]
    assert "new" in sources(slate, 9)
    assert not any("new" in sources(slate, place) for place in range(20) if place != 9)
    assert "new_given" in {reason.code for reason in slate.reasons[9]}
    codes = {reason.code for place in range(20) if place != 9 for reason in slate.reasons[place]}
    assert "new_given" not in codes
    assert listed(shop.bundle, ask(shop.bundle, share=0.0)) == before


@pytest.mark.parametrize("share", [0.1, 0.3])
async def test_of_many_new_items_the_best_fill_the_share_and_no_more(shop: Tenant, share: float) -> None:
    await put(shop, *(f"fresh{number}" for number in range(12)))
    assert not any(name.startswith("fresh") for name in listed(shop.bundle, ask(shop.bundle, 0.0)))
    slate = ask(shop.bundle, share)
    fresh = [name.startswith("fresh") for name in listed(shop.bundle, slate)]
    assert np.cumsum(fresh).tolist() == [int(share * place + 1e-9) for place in range(1, 21)]
    score, rows = slate.scored.score, slate.scored.candidates.rows
    is_fresh = shop.bundle.new_items.mark(rows)
    shown = slate.order[is_fresh[slate.order]]
    assert score[shown].min() >= np.sort(score[is_fresh])[-len(shown)]
    assert slate.given.tolist() == shown.tolist()


async def test_as_many_are_found_as_are_due_and_none_where_none_is(shop: Tenant) -> None:
    """Candidates with low scores would change the scale on which relevance and diversity are weighed."""
    await put(shop, *(f"fresh{number}" for number in range(30)))
    assert sum(name.startswith("fresh") for name in listed(shop.bundle, ask(shop.bundle, 0.5, 40))) == 20
    for limit, diversity in ((9, Diversity("mmr", 0.5)), (20, Diversity("mmr", 0.5, max_consecutive=2))):
        lists = (ask(shop.bundle, share, limit, diversity=diversity) for share in (0.0, 0.1))
        assert len({tuple(listed(shop.bundle, slate)) for slate in lists}) == 1


async def test_nothing_is_new_before_the_store_was_read(shop: Tenant, learnt: LoadedBundle) -> None:
    await put(shop, "fresh")
    again = Tenant("", shop.store, InstallationKey(shop.store), trials=NewItemTrials(shop.store.trials, 9))
    await again.open(learnt.fork())
    assert new_ids(again) == set()
    await again.refresh_live()
    assert new_ids(again) == {"fresh"}


async def test_a_list_of_new_items_alone_keeps_its_length(shop: Tenant) -> None:
    await put(shop, *(f"fresh{number}" for number in range(5)))
    only = Compare("title", Operator.EXISTS, True)
    excluded = frozenset(shop.bundle.catalogue.ids[: shop.bundle.catalogue.store.loaded])
    assert len(listed(shop.bundle, ask(shop.bundle, predicate=only, excluded=excluded))) == 5


async def test_filters_exclusions_and_diversity_hold(shop: Tenant) -> None:
    await put(shop, "fresh", "other")
    best = listed(shop.bundle, ask(shop.bundle))[9]
    rest = ({"fresh", "other"} - {best}).pop()
    excluded = ask(shop.bundle, excluded=frozenset({best}))
    assert listed(shop.bundle, excluded)[9] == rest
    filtered = ask(shop.bundle, predicate=Compare("genres", Operator.NE, "crime"))
    assert not {"fresh", "other"} & set(listed(shop.bundle, filtered))
    capped = ask(shop.bundle, diversity=Diversity("none", 0.0, max_per_category=1), limit=10)
    rows = capped.scored.candidates.rows[capped.order].tolist()
    labels = [shop.bundle.catalogue.labels[row] for row in rows]
    assert "rerank:category_cap_exceeded" in capped.degraded, "there are four genres"
    assert sum(any("crime" in label for label in each) for each in labels) <= 3
    await shop.store.delete_item("fresh")
    await shop.store.delete_item("other")
    await shop.refresh_live()
    assert not {"fresh", "other"} & set(listed(shop.bundle, ask(shop.bundle)))


async def test_it_leaves_when_it_was_shown_often_enough(shop: Tenant) -> None:
    """At 50 impressions, here at once and then in the store; after them its score alone decides."""
    await put(shop, "fresh")
    before = listed(shop.bundle, ask(shop.bundle, share=0.0))
    trials = shop.trials
    assert trials is not None
    for _ in range(IMPRESSIONS - 1):
        trials.note_shown(shop.bundle, listed(shop.bundle, ask(shop.bundle, limit=10)))
    await shop.refresh_live()
    assert new_ids(shop) == {"fresh"}
    await put(shop, "other")
    trials.note_shown(shop.bundle, ["fresh", "i1"])
    assert new_ids(shop) == {"other"}, "this process does not wait for the store"
    await put(shop, "another")
    assert new_ids(shop) == {"other", "another"}
    await shop.store.delete_item("other")
    await shop.store.delete_item("another")
    await shop.refresh_live()
    assert new_ids(shop) == set()
    assert listed(shop.bundle, ask(shop.bundle)) == before


async def test_impressions_outlive_the_process_and_are_shared(
    shop: Tenant, open_shop: Callable[..., Tenant], learnt: LoadedBundle, clock: Clock
) -> None:
    other = open_shop()
    await other.open(learnt.fork())
    await put(shop, "fresh")
    await other.refresh_live()
    for tenant in (shop, other):
        assert tenant.trials is not None
        for _ in range(30):
            tenant.trials.note_shown(tenant.bundle, ["fresh"])
    await shop.refresh_live()
    assert new_ids(shop) == {"fresh"}
    clock.now += 2 * DAY  # the second half is counted on another day
    await other.refresh_live()
    await shop.refresh_live()
    assert new_ids(shop) == new_ids(other) == set()
    late = open_shop()
    await late.open(learnt.fork())
    await late.refresh_live()
    assert new_ids(late) == set()


async def test_an_outage_loses_no_impression(shop: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    await put(shop, "fresh")
    trials, kept = shop.trials, type(shop.store.trials).add_shown
    assert trials is not None

    async def fail(*_given: object) -> None:
        raise StateUnavailableError(StoreFault.UNREACHABLE)

    trials.note_shown(shop.bundle, ["fresh"] * IMPRESSIONS)
    monkeypatch.setattr(type(shop.store.trials), "add_shown", fail)
    with pytest.raises(StateUnavailableError):
        await shop.refresh_live()
    monkeypatch.setattr(type(shop.store.trials), "add_shown", kept)
    await shop.refresh_live()
    assert new_ids(shop) == set()


async def test_a_trial_goes_on_when_the_next_bundle_has_events(
    shop: Tenant, learnt: LoadedBundle, clock: Clock
) -> None:
    """Of five items with a first event lately, and two with none: new are those of few events that were shown."""
    own = learnt.fork()
    ids, first, totals = own.catalogue.ids, own.ages.first.copy(), own.catalogue.trained_statistics[:, TOTAL]
    days = shop.store.trials.days
    first[:5] = clock.now - np.array([1, 1, 1, days - 0.1, days + 0.1]) * DAY
    totals[:7] = np.log1p([1, 1, IMPRESSIONS, IMPRESSIONS - 1, 1, 0, 0])
    await shop.store.trials.add_shown(dict.fromkeys([*ids[1:5], ids[6]], 1), int(clock.now // DAY))
    await shop.take_over(replace(own, ages=replace(own.ages, first=first)))
    await shop.refresh_live()
    assert new_ids(shop) == {ids[1], ids[3], ids[6]}
    clock.now += 0.2 * DAY
    await shop.refresh_live()
    assert new_ids(shop) == {ids[1], ids[6]}


async def test_a_known_item_that_changes_is_not_new(shop: Tenant) -> None:
    known = shop.bundle.catalogue.ids[3]
    await put(shop, known)
    assert new_ids(shop) == set()


async def test_items_that_cannot_be_shown_wait(shop: Tenant) -> None:
    await shop.store.put_item(Item("later", {"genres": ("crime",)}, available=False))
    await shop.refresh_live()
    assert new_ids(shop) == set()
    await put(shop, "later")
    assert new_ids(shop) == {"later"}


async def test_requests_search_a_bounded_number_of_new_items(
    shop: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last ones first; those before follow as these are shown often enough."""
    monkeypatch.setattr("app.live.new_items.MOST_NEW", 2)
    monkeypatch.setattr("app.live.new_items.MOST_YOUNG", 3)
    await put(shop, "a", "b", "c", "d")
    assert new_ids(shop) == {"c", "d"}
    assert shop.trials is not None
    shop.trials.note_shown(shop.bundle, ["d"] * IMPRESSIONS)
    await shop.refresh_live()
    assert new_ids(shop) == {"b", "c"}
    shop.trials.note_shown(shop.bundle, ["b", "c"] * IMPRESSIONS)
    await shop.refresh_live()
    assert new_ids(shop) == set()
    await put(shop, "e")
    assert new_ids(shop) == {"e"}


async def test_tenants_have_new_items_of_their_own(shop: Tenant, open_shop: Callable[..., Tenant]) -> None:
    shared = await shop.share_bundle()
    one, two = open_shop("one"), open_shop("two")
    await one.open(shared)
    await two.open(shared)
    await put(one, "fresh")
    assert new_ids(one) == {"fresh"} and new_ids(two) == new_ids(shop) == set()


async def test_pages_go_on_counting(shop: Tenant) -> None:
    """The second page of ten: after one with a new item nothing is due before the twentieth place of both."""
    await put(shop, "fresh", "other")
    first = listed(shop.bundle, ask(shop.bundle, limit=10))
    second = ask(shop.bundle, limit=10, before=tuple(first), excluded=frozenset(first))
    assert [name in ("fresh", "other") for name in listed(shop.bundle, second)] == [False] * 9 + [True]


async def test_with_exploration_the_place_is_drawn_among_new_items(shop: Tenant) -> None:
    await put(shop, "a", "b", "c")
    drawn = set()
    for seed in range(30):
        explored = Diversity("none", 0.0, exploration=Exploration(Policy.EPSILON, 1.0, seed))
        slate = ask(shop.bundle, share=0.5, limit=2, diversity=explored)
        names = listed(shop.bundle, slate)
        if names[0] not in "abc":
            drawn.add(names[1])
            assert slate.propensity is not None and slate.propensity[1] == pytest.approx(1 / 3)
    assert drawn == {"a", "b", "c"}
