"""The corpus: point-in-time arrays, and that the future changes nothing of what is trained on."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from models.contract.event_features import encode_events
from models.contract.events import column_events
from models.contract.statistics import item_statistics
from models.contract.vocabulary import Vocabulary
from models.job.training_config import TrainingConfig
from models.network.config import NetworkConfig
from models.network.model import ChorusNetwork
from models.network.shape import infer_shape
from models.recipe.ingestion import JobData, digest_corpus
from models.training.batches import collate, cut_windows, ordered_batches
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID, recode_corpus
from models.training.loop import Trainer
from models.training.snapshots import to_item_events
from tests.models.histories import events_of

TRAIN = frozenset({PART_TRAIN})


def test_events_are_each_users_own_in_order(shop_data):
    corpus, dataset = shop_data.corpus, shop_data.dataset
    assert corpus.offsets[-1] == len(corpus.items) == len(dataset.interactions) == 1500
    for user, events in enumerate(events_of(dataset.interactions, dataset)):
        rows = slice(corpus.offsets[user], corpus.offsets[user + 1])
        assert [dataset.items[item].item_id for item in corpus.items[rows]] == [e.item_id for e in events]
        assert sorted(e.timestamp for e in events) == [e.timestamp for e in events]
        np.testing.assert_array_equal(
            corpus.dense[rows], encode_events(corpus.spec, column_events([events], lambda _: 0)).dense
        )
        assert (np.diff(corpus.part[rows]) >= 0).all()


def test_log_rows_lead_back_to_the_log(shop_data):
    corpus, log = shop_data.corpus, shop_data.dataset.interactions
    assert sorted(corpus.log_rows.tolist()) == list(range(1500))
    assert corpus.items.tolist() == log.items[corpus.log_rows].tolist()
    assert (np.diff(log.users[corpus.log_rows]) >= 0).all()


def test_labels_follow_the_events(shop_data):
    corpus, dataset = shop_data.corpus, shop_data.dataset
    like = next(one for one in corpus.labels if one.head.task.name == "like")
    events = [event for user in events_of(dataset.interactions, dataset) for event in user]
    every = np.arange(len(corpus.items))
    assert like.has_target(every).tolist() == [event.value is not None for event in events]
    assert like.targets_at(every)[:, 0].tolist() == [float((event.value or 0) >= 4) for event in events]


def test_an_event_sees_statistics_of_before_it_only(shop_data):
    corpus, log = shop_data.corpus, shop_data.dataset.interactions
    times = log.times[np.argsort(log.users, kind="stable")]
    assert (corpus.moments[corpus.snapshot] <= times).all()
    assert (np.diff(corpus.moments) > 0).all()
    split = shop_data.split
    for part, moment in ((PART_VALID, split.valid_at), (PART_TEST, split.test_at)):
        assert set(corpus.moments[corpus.snapshot[corpus.part == part]].tolist()) == {moment}
        assert corpus.moments[corpus.part_snapshot[part]] == moment
    known = to_item_events(log, corpus.spec)
    at = corpus.part_snapshot[PART_TEST]
    alone = item_statistics(known, corpus.moments[[at]], 100, 14.0)[0]
    np.testing.assert_allclose(corpus.statistics[at], alone, rtol=1e-5)
    assert corpus.statistics[-1, :, 1] == pytest.approx(np.log1p(np.bincount(log.items, minlength=100)))


FUTURE = 0.8
"""The shop's training part is this share of the rows, the earliest."""


def altered(folder: Path, seed: int) -> None:
    """Shuffle users, items, values, actions, contexts and times among the events after the cut."""
    with (folder / "events.csv").open() as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["time"]))
    cut = int(FUTURE * len(rows))
    past, future = rows[:cut], rows[cut:]
    random = np.random.default_rng(seed)
    for column in future[0]:
        cells = random.permutation([row[column] for row in future]).tolist()
        for row, cell in zip(future, cells, strict=True):
            row[column] = cell
    future = [{**row, "value": row["value"] and str(6 - int(row["value"]))} for row in future]
    with (folder / "events.csv").open("w") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(past + future)


@pytest.fixture(scope="module")
def worlds(make_shop, make_ingested, tmp_path_factory) -> tuple[JobData, JobData]:
    """Two shops with one past and different futures."""
    found = []
    for number in range(2):
        job = make_shop(tmp_path_factory.mktemp("world"))
        if number:
            altered(job.parent, number)
        found.append(make_ingested(job))
    return found[0], found[1]


def test_the_futures_differ(worlds):
    one, other = worlds
    assert one.split.valid_at == other.split.valid_at
    assert len(one.split.train) == 1200
    later = one.corpus.part > PART_TRAIN
    assert not np.array_equal(one.corpus.items[later], other.corpus.items[other.corpus.part > PART_TRAIN])
    assert not np.allclose(one.corpus.statistics[-1], other.corpus.statistics[-1])


def test_the_future_changes_no_feature_of_the_past(worlds):
    (one, other), parts = worlds, [world.corpus.part == PART_TRAIN for world in worlds]
    assert one.corpus.spec == other.corpus.spec
    assert one.corpus.spec.digest() == other.corpus.spec.digest()
    assert [label.head for label in one.corpus.labels] == [label.head for label in other.corpus.labels]
    assert one.dataset.user_ids == other.dataset.user_ids
    for name in ("items", "actions", "dense", "context"):
        mine, its = (getattr(world.corpus, name)[part] for world, part in zip(worlds, parts, strict=True))
        np.testing.assert_array_equal(mine, its, err_msg=name)
    for mine, its in zip(one.corpus.labels, other.corpus.labels, strict=True):
        rows = [np.flatnonzero(part) for part in parts]
        np.testing.assert_array_equal(mine.targets_at(rows[0]), its.targets_at(rows[1]))
        np.testing.assert_array_equal(mine.has_target(rows[0]), its.has_target(rows[1]))


def test_the_future_changes_no_statistics_of_the_past(worlds):
    one, other = (world.corpus for world in worlds)
    until = one.part_snapshot[PART_VALID]
    assert until == other.part_snapshot[PART_VALID]
    np.testing.assert_array_equal(one.moments[: until + 1], other.moments[: until + 1])
    np.testing.assert_array_equal(one.statistics[: until + 1], other.statistics[: until + 1])
    np.testing.assert_array_equal(
        one.snapshot[one.part == PART_TRAIN], other.snapshot[other.part == PART_TRAIN]
    )


def test_the_future_changes_no_batch(worlds):
    batches = [
        [
            collate(world.corpus, some, TRAIN)
            for some in ordered_batches(cut_windows(world.corpus, TRAIN, 20), 8)
        ]
        for world in worlds
    ]
    for mine, its in zip(*batches, strict=True):
        for name in (
            "items",
            "actions",
            "dense",
            "context",
            "snapshot",
            "is_target",
            "present",
            "profile_tokens",
        ):
            assert torch.equal(getattr(mine, name), getattr(its, name)), name
        for one, other in zip((*mine.targets, *mine.has_label), (*its.targets, *its.has_label), strict=True):
            assert torch.equal(one, other)


def test_the_future_changes_no_weight(worlds):
    networks = []
    for world in worlds:
        corpus = world.corpus
        torch.manual_seed(0)
        heads = tuple(one.head for one in corpus.labels)
        sizes = NetworkConfig(dim=16, layers=2, history_length=10, expert_width=8)
        network = ChorusNetwork(sizes, infer_shape(corpus.spec), heads)
        config = TrainingConfig(epochs=1, batch_size=16, learning_rate=0.01)
        Trainer(network, corpus, config, torch.device("cpu"), TRAIN, frozenset()).fit(lambda *_: None)
        networks.append(network.state_dict())
    for name, value in networks[0].items():
        assert torch.equal(value, networks[1][name]), name


def test_without_times_nothing_is_said_of_popularity(make_shop, make_ingested, tmp_path):
    interactions = {"path": "events.csv", "user": "user", "item": "item", "order": "time"}
    job = make_shop(tmp_path, interactions=interactions, tasks=None, items=None, users=None, scenes=None)
    corpus = make_ingested(job).corpus
    assert corpus.statistics.shape == (1, 100, 3)
    assert not corpus.statistics.any()
    assert not corpus.snapshot.any()
    assert not corpus.dense[:, :4].any()  # no values, no gaps
    assert not corpus.context.any()
    assert not corpus.spec.timed


def test_recoding_with_the_same_specification_is_the_same(shop_data):
    corpus = shop_data.corpus
    assert digest_corpus(recode_corpus(corpus, shop_data.dataset, corpus.spec)) == digest_corpus(corpus)
    later = corpus.spec.model_copy(update={"actions": Vocabulary(tokens=("view", "rate"))})
    again = recode_corpus(corpus, shop_data.dataset, later)
    assert np.array_equal(np.array([0, 1, 3, 2])[corpus.actions], again.actions)
