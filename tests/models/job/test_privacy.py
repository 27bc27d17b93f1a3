"""The job's `training.privacy`: its keys, and the settings that do not suit it, each with one clear line."""

import pytest

from models.job.spec import JobError
from models.job.training_config import PrivacyConfig

ITEMS = {"path": "items.csv", "id": "i", "categories": "genres"}


@pytest.fixture
def private(job, write):
    """Load a job with privacy, from its sections training and items and the other keys."""
    write("events.csv", "u,i,t\n")
    write("items.csv", "i,genres,year\n")

    def loaded(training=None, items=ITEMS, **keys):
        log = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
        sections = {"interactions": log, "training": {"privacy": {"epsilon": 8}} | (training or {})}
        return job(**sections, **({} if items is None else {"items": items}), **keys)

    return loaded


def test_the_budget_alone_is_required(private):
    assert private().training.privacy == PrivacyConfig(epsilon=8, delta=1e-5, max_grad_norm=1.0)


def test_a_job_without_it_trains_without_privacy(job, write):
    write("events.csv", "u,i,t\n")
    log = {"path": "events.csv", "user": "u", "item": "i", "time": "t"}
    assert job(interactions=log, training={"patience": 4, "negatives": 5}).training.privacy is None


@pytest.mark.parametrize(
    ("privacy", "message"),
    [
        ({}, "training.privacy.epsilon: expected a value, given none"),
        ({"epsilon": 0}, "training.privacy.epsilon: expected greater than 0, given 0"),
        ({"epsilon": 101}, "training.privacy.epsilon: expected less than or equal to 100, given 101"),
        ({"epsilon": 8, "delta": 1}, "training.privacy.delta: expected less than 1, given 1"),
        (
            {"epsilon": 8, "max_grad_norm": 0},
            "training.privacy.max_grad_norm: expected greater than 0, given 0",
        ),
        (
            {"epsilon": 8, "noise": 1},
            "training.privacy.noise: expected one of the keys epsilon, delta, max_grad_norm, given 'noise'",
        ),
    ],
)
def test_a_wrong_key(private, privacy, message):
    with pytest.raises(JobError) as raised:
        private({"privacy": privacy})
    assert raised.value.errors == (message,)


@pytest.mark.parametrize(
    ("training", "message"),
    [
        (
            {"patience": 3},
            "training.patience: expected no patience with training.privacy, since early stopping would choose the "
            "weights by the validation data, given 3",
        ),
        (
            {"negatives": 100},
            "training.negatives: expected 0 with training.privacy, since a user's gradient must not depend on the "
            "items of others, given 100",
        ),
        (
            {"balancing": "uncertainty"},
            "training.balancing: expected fixed with training.privacy, given uncertainty",
        ),
    ],
)
def test_a_setting_that_breaks_privacy(private, training, message):
    with pytest.raises(JobError) as raised:
        private(training)
    assert raised.value.errors == (message,)


def test_a_rate_of_ids_that_nobody_learns(private):
    with pytest.raises(JobError) as raised:
        private(network={"id_dropout": 0.2})
    assert raised.value.errors == (
        "network.id_dropout: expected none with training.privacy, since no item id is learned, given 0.2",
    )


@pytest.mark.parametrize(
    ("items", "encoder", "given"),
    [
        (None, "use-multilingual", "none"),
        ({"path": "items.csv", "id": "i", "numeric": "year"}, "use-multilingual", "numeric"),
        ({"path": "items.csv", "id": "i", "text": "genres"}, None, "text"),
    ],
)
def test_items_that_nothing_describes(private, items, encoder, given):
    with pytest.raises(JobError) as raised:
        private(items=items, text_encoder=encoder)
    assert raised.value.errors == (
        "items: expected labels, texts or vectors that describe the items with training.privacy, since the item tower "
        f"is not trained, given {given}",
    )


def test_texts_describe_items(private):
    items = {"path": "items.csv", "id": "i", "text": "genres"}
    assert private(items=items).training.privacy is not None
