"""A bundle in memory: the same vectors as offline, users known, and every broken file refused."""

from dataclasses import replace

import numpy as np
import pytest

from app.bundle import bundle as bundle_module
from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemRow
from app.bundle.vector_index import ExactSearch
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.catalogue import Item, User, UserState
from models.contract.user_vector import BIAS_COLUMNS, strip_bias
from models.language.plan import Plan
from models.ranking.label_matrix import LabelMatrix
from models.ranking.rerank import Diversity


def test_the_online_network_gives_the_items_their_offline_vectors(learnt: LoadedBundle) -> None:
    for row in (0, 17, 79):
        found = learnt.item_row(learnt.catalogue.item(row))
        np.testing.assert_allclose(found.vector, learnt.catalogue.vectors[row], atol=1e-4)
        np.testing.assert_allclose(found.text, learnt.catalogue.text[row], atol=1e-4)


def test_items_come_in_batches_as_they_come_alone(
    learnt: LoadedBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [learnt.catalogue.item(row) for row in range(7)]
    items = [*known, Item("cold", known[0].attributes), Item("bare")]
    monkeypatch.setattr(bundle_module, "ITEM_BATCH", 4)
    found = learnt.item_rows(items)
    assert len(found) == len(items) and learnt.item_rows([]) == []
    for item, row in zip(items, found, strict=True):
        alone = learnt.item_row(item)
        np.testing.assert_allclose(row.vector, alone.vector, atol=1e-3)
        np.testing.assert_allclose(row.text, alone.text, atol=1e-3)
    assert not found[-1].text.any()


def test_an_item_without_history_has_no_popularity(learnt: LoadedBundle) -> None:
    """The same content under a new id: another bias, since nobody took it yet; near by content."""
    known = learnt.catalogue.item(0)
    cold = learnt.item_row(Item("cold", known.attributes))
    assert cold.vector[-2] != pytest.approx(learnt.catalogue.vectors[0, -2], abs=1e-3)
    np.testing.assert_allclose(cold.text, learnt.catalogue.text[0], atol=1e-4)
    centred = strip_bias(learnt.catalogue.vectors) - learnt.mean_vector
    probe = strip_bias(cold.vector) - learnt.mean_vector
    cosine = centred @ probe / np.linalg.norm(centred, axis=1) / np.linalg.norm(probe)
    same = np.arange(80) % 4 == 0
    assert cosine[same].mean() > cosine[~same].mean() + 0.2


def test_rows_of_unknown_items_give_the_unknown_vector(learnt: LoadedBundle) -> None:
    rows = learnt.rows(["i3", "never", "i0"])
    assert rows.tolist() == [3, -1, 0]
    vectors = learnt.item_vectors(rows)
    assert (vectors[1] == learnt.unknown_vector).all()
    assert (vectors[0] == strip_bias(learnt.catalogue.vectors[3])).all()
    np.testing.assert_allclose(np.linalg.norm(learnt.unit_vectors(rows[[0, 2]]), axis=1), 1, atol=1e-5)


def test_the_similarity_with_some_items_is_that_of_their_unit_vectors(learnt: LoadedBundle) -> None:
    rows = np.array([3, 5, 9])
    units = learnt.unit_vectors(np.arange(80))
    mean = units[rows].mean(axis=0)
    expected = units @ (mean / np.linalg.norm(mean))
    np.testing.assert_allclose(learnt.measure_similarity(rows), expected, atol=1e-5)


def test_what_is_kept_of_the_items_follows_a_put_item(learnt: LoadedBundle) -> None:
    bundle, near = learnt.fork(), np.array([3])
    before, labels = bundle.measure_similarity(near), bundle.labels.of(bundle.catalogue)
    assert bundle.labels.of(bundle.catalogue) is labels
    twin = ItemRow(bundle.catalogue.vectors[3].copy(), bundle.catalogue.text[3].copy())
    items = [Item("i0", {"genres": ("western",)}), Item("new", bundle.catalogue.item(3).attributes)]
    changed = replace(bundle, catalogue=bundle.catalogue.with_items(items, [twin, twin]))
    after = changed.measure_similarity(near)
    assert after[[0, 3, 80]] == pytest.approx([1, 1, 1], abs=1e-4) and before[0] < 0.99
    np.testing.assert_allclose(after[1:80], before[1:], atol=1e-5)
    again = changed.labels.of(changed.catalogue)
    every = LabelMatrix.of(changed.catalogue.labels[:81])
    for row in (0, 1, 3, 80):
        shares = dict(zip(again.names, again.share_labels([row]), strict=True))
        wanted = dict(zip(every.names, every.share_labels([row]), strict=True))
        assert {name for name, share in shares.items() if share} == {
            name for name, share in wanted.items() if share
        }
    assert (labels.items, again.items) == (80, 81)


def test_users_are_known_by_their_training_events(learnt: LoadedBundle) -> None:
    known = learnt.known_users.state("u5")
    assert known.profile is not None and known.profile.attributes == {"job": "artist"}
    times = [event.timestamp for event in known.events]
    assert len(known.events) == 24 and times == sorted(times)
    assert all(event.value in (1, 2, 4, 5) for event in known.events)
    stranger = learnt.known_users.state("stranger")
    assert stranger.profile is None and stranger.events == ()


def test_text_is_encoded_to_unit_length_and_blank_text_to_nothing(learnt: LoadedBundle) -> None:
    assert learnt.encode_text(" \n") is None
    vector = learnt.encode_text("robots")
    assert vector is not None and np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("query", "interests", "degraded"),
    [
        ("robots", "", ("encode:no_text_encoder",)),
        ("", "robots", ("encode:no_text_encoder",)),
        ("", " \n", ()),
        ("", "", ()),
    ],
)
def test_a_text_that_no_language_model_can_read_is_said_to_be_unread(
    learnt: LoadedBundle, query: str, interests: str, degraded: tuple[str, ...]
) -> None:
    plain = Query(
        state=UserState("u"),
        now=1.7e9,
        limit=10,
        context={},
        weights={"next": 1.0},
        diversity=Diversity("none"),
    )
    asked = replace(
        plain,
        plan=Plan(direction=query.strip()),
        state=UserState("u", profile=User("u", interests=interests)),
    )
    deaf = replace(learnt, text_encoder=None)
    slate, stranger = recommend(deaf, asked), recommend(deaf, plain)
    assert deaf.encode_text("robots") is None
    assert slate.degraded == degraded and stranger.degraded == ()
    assert slate.order.tolist() == stranger.order.tolist()
    assert recommend(learnt, asked).degraded == ()


def test_the_class_of_the_moment(learnt: LoadedBundle) -> None:
    (daypart,) = [head for head in learnt.manifest.heads if head.task.name == "daypart"]
    assert learnt.context_label(daypart, {}, 7 * 3600.0) == "morning"
    assert learnt.context_label(daypart, {}, 23 * 3600.0) == "evening"


def test_a_fork_searches_its_own_rows_and_filters_its_own_items(learnt: LoadedBundle) -> None:
    """Exact search over the very array of the catalogue, as a bundle without an index has it."""
    origin = learnt.fork()
    origin = replace(origin, index=ExactSearch(origin.catalogue.vectors))
    fork = origin.fork()
    before = fork.catalogue.vectors[:, 0].copy()
    row = ItemRow(np.full(learnt.dim + BIAS_COLUMNS, 9, np.float32), origin.catalogue.text[0].copy())
    changed = origin.catalogue.with_items([Item("i0", {"year": 1.0})], [row])
    everything = np.ones(len(fork.catalogue), dtype=np.bool_)
    vector = np.ones(learnt.dim + BIAS_COLUMNS, dtype=np.float32)
    assert origin.index.search(vector, 1, everything).tolist() == [0]
    best = int(np.argmax(fork.catalogue.vectors @ vector))
    assert best != 0 and fork.index.search(vector, 1, everything).tolist() == [best]
    assert (fork.catalogue.vectors[:, 0] == before).all() and fork.columns is not origin.columns
    assert origin.columns.of(changed).fresh.column("year").numbers.tolist() == [1.0]
    assert fork.columns.of(fork.catalogue).all.items[0] == learnt.catalogue.item(0)


def test_a_state_is_made_once_and_not_for_those_without_users(learnt: LoadedBundle) -> None:
    known = learnt.known_users
    state = known.state("u6")
    assert known.state("u6") is state and known.keeps(state) and known.count_events("u6") == len(state.events)
    assert not known.keeps(replace(state, events=(*state.events,)[:-1]))
    assert not known.keeps(UserState()) and known.count_events("stranger") == 0
    other = learnt.without_users().known_users
    assert other.state("u6").events == () and not other.keeps(state)


def test_without_users_nobody_is_known(learnt: LoadedBundle) -> None:
    bundle = learnt.without_users()
    assert learnt.known_users.knows("u3") and not bundle.known_users.knows("u3")
    assert bundle.known_users.state("u3") == UserState("u3")
