"""Smoothed rates by hand: counts of the past alone, Beta-binomial smoothing, and the choice of strengths."""

import math

import numpy as np
import pytest

from models.recipe.benchmark.exposures import Exposures
from models.recipe.benchmark.smoothed_rates import (
    PastCounts,
    PastRates,
    choose_strengths,
    count_past,
    read_rates,
)


def test_counts_are_of_the_same_key_and_strictly_before() -> None:
    keys, labels = np.array([0, 1, 0, 0]), np.array([1, 1, 0, 1], dtype=np.float32)
    times = np.array([1.0, 2.0, 2.0, 3.0])
    found = count_past(keys, labels, times, times)
    assert (found.events.tolist(), found.positives.tolist()) == ([0, 0, 1, 2], [0, 0, 1, 1])
    frozen = count_past(keys, labels, times, np.array([1.0, 2.0, 2.0, 2.0]))
    assert (frozen.events.tolist(), frozen.positives.tolist()) == ([0, 0, 1, 1], [0, 0, 1, 1])


def test_rates_by_hand() -> None:
    """A user with 1 of 2 and a video with 0 of 3, at strengths 2 and 1 about a rate of .25."""
    counts = {
        "user": PastCounts(np.array([2.0]), np.array([1.0])),
        "video": PastCounts(np.array([3.0]), np.zeros(1)),
    }
    rates = PastRates(counts, np.array([0.25]))
    user, video, overall = (math.log(share / (1 - share)) for share in (1.5 / 4, 0.25 / 4, 0.25))
    assert rates.measure("user", 2.0) == pytest.approx(user - overall)
    assert rates.combine({"user": 2.0, "video": 1.0}) == pytest.approx(user + video - overall)


def test_later_parts_know_the_users_day_and_the_others_past() -> None:
    """The second exposure of the test part: its user's first one counts for the user, and for nothing else."""
    zeros = np.zeros(3, dtype=np.int64)
    labels = np.array([0, 1, 1], dtype=np.float32)
    times, known = np.array([1.0, 5.0, 6.0]), np.array([1.0, 4.0, 4.0])
    exposures = Exposures(
        zeros, zeros, zeros, times, known, np.array([0, 2, 2], dtype=np.int8), {"like": labels}
    )
    found = read_rates(exposures, "like")
    assert found.by_key["user"].events.tolist() == [0, 1, 2]
    assert found.by_key["video"].events.tolist() == found.by_key["surface"].events.tolist() == [0, 1, 1]
    assert found.overall == pytest.approx([1 / 2, 1 / 3, 1 / 3])


def test_the_strengths_with_the_best_order_are_chosen() -> None:
    """The video alone tells the label, in few events, and the user misleads: weak and strong smoothing."""
    labels = np.array([1, 1, 0, 0], dtype=np.float32)
    video = PastCounts(np.full(4, 2.0), np.array([2.0, 2.0, 0.0, 0.0]))
    user = PastCounts(np.full(4, 30.0), np.array([0.0, 0.0, 30.0, 30.0]))
    rates = PastRates({"user": user, "video": video}, np.full(4, 0.5))
    found = choose_strengths(rates, labels, np.ones(4, dtype=np.bool_))
    logits = rates.combine(found)
    assert logits[:2].min() > logits[2:].max() and found["user"] > found["video"]
