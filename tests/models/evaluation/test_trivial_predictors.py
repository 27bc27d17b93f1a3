"""Trivial predictors of the shop's heads, next to a plain loop over its events."""

from collections import Counter

import numpy as np
import pytest

from models.evaluation.trivial_predictors import CONSTANT, REPEAT, find_last, predict_trivially
from models.training.corpus import PART_TEST, Corpus


@pytest.fixture(scope="module")
def corpus(make_shop, make_ingested, tmp_path_factory) -> Corpus:
    return make_ingested(make_shop(tmp_path_factory.mktemp("trivial"))).corpus


def labels_of(corpus: Corpus, name: str):
    return next(labels for labels in corpus.labels if labels.head.task.name == name)


@pytest.mark.parametrize("name", ["like", "rating", "genre", "device"])
def test_the_last_label_is_the_users_and_earlier(corpus: Corpus, name: str) -> None:
    labels, expected = labels_of(corpus, name), []
    for user in range(len(corpus.offsets) - 1):
        last = -1
        for row in range(corpus.offsets[user], corpus.offsets[user + 1]):
            expected.append(last)
            if labels.has_target(np.array([row]))[0]:
                last = row
    assert find_last(corpus, labels).tolist() == expected


@pytest.mark.parametrize("name", ["like", "rating", "genre", "device"])
def test_the_constant_is_the_mean_label_before_the_test(corpus: Corpus, name: str) -> None:
    labels, rows = labels_of(corpus, name), np.flatnonzero(corpus.part == PART_TEST)
    earlier = [
        row for row in np.flatnonzero(corpus.part < PART_TEST) if labels.has_target(np.array([row]))[0]
    ]
    mean = np.mean([labels.targets_at(np.array(row)) for row in earlier], axis=0)
    constant = predict_trivially(corpus, labels, rows)[CONSTANT]
    assert constant.shape == (len(rows), labels.head.width)
    np.testing.assert_allclose(constant, np.tile(mean, (len(rows), 1)), rtol=1e-5)


def test_a_head_on_the_moment_repeats_the_last_class_as_often_as_before_the_test(corpus: Corpus) -> None:
    labels, rows = labels_of(corpus, "device"), np.flatnonzero(corpus.part == PART_TEST)
    last, classes = find_last(corpus, labels), labels.targets_at(np.arange(len(corpus.items))).argmax(axis=1)
    pairs = [row for row in np.flatnonzero(corpus.part < PART_TEST) if last[row] >= 0]
    same = Counter(bool(classes[row] == classes[last[row]]) for row in pairs)
    share = same[True] / len(pairs)
    predictions = predict_trivially(corpus, labels, rows)
    repeated, mean = predictions[REPEAT], predictions[CONSTANT][0]
    np.testing.assert_allclose(repeated.sum(axis=1), 1, rtol=1e-5)
    for row, predicted in zip(rows, repeated, strict=True):
        expected = (1 - share) * mean
        expected[classes[last[row]]] += share
        np.testing.assert_allclose(predicted, expected, rtol=1e-4)


def test_only_heads_on_the_moment_repeat(corpus: Corpus) -> None:
    rows = np.flatnonzero(corpus.part == PART_TEST)
    names = {labels.head.task.name: list(predict_trivially(corpus, labels, rows)) for labels in corpus.labels}
    assert names == {
        "like": [CONSTANT],
        "rating": [CONSTANT],
        "genre": [CONSTANT],
        "device": [CONSTANT, REPEAT],
    }
