"""Fit of the value polarity: what a value tells about the user's later values of similar items, against other items."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from models.contract.arrays import Doubles, Floats, Indices, Mask
from models.contract.even_sample import take_evenly
from models.contract.polarity import ValuePolarity
from models.training.corpus import PART_TRAIN, PART_VALID, Corpus

KNOTS = 11
"""With more distinct values than this the polarity is fitted at as many quantiles."""
LEAST_VALUES = 3
"""Values that an item needs in the earlier half, for its mean to be subtracted."""
EARLIER_EVENTS = 200
MOST_USERS = 2_000
SIGNIFICANT = 3.0
"""Standard errors that the carry-over must be from 0 to count: a value that tells nothing gets exactly 0."""


@dataclass(frozen=True, slots=True)
class ValuedEvents:
    """n events of U users that have a value, by user, oldest first."""

    offsets: Indices  # [U + 1]
    items: Indices  # [n] item rows
    values: Doubles  # [n]
    late: Mask  # [n] the later half of the log, which is predicted from the events before it


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Sums of one user over pairs of a late event and an earlier one; K knots."""

    similar: Doubles  # [2, K] of late residual * similarity, and of similarity, by the earlier value
    other: Doubles  # [2, K] the same with the mean similarity in place of the pair's
    carried: Doubles  # [2] of predicted * late residual, and of predicted squared


def fit_polarity(events: ValuedEvents, unit: Floats) -> ValuePolarity:
    """The polarity of values, from pairs of events of the same user; `unit` [I, D] are centred vectors of length 1.

    Values become ranks, less the item's mean and the user's mean of the earlier events. The effect of a value is the
    mean of what the user later gives to similar items, less that to other items. Effects are made monotone (isotonic
    regression), divided by the largest, and multiplied by the carry-over: the slope of the later value on the
    similarity-weighted mean of the earlier ones, in [0, 1], shrunk by its standard error over users. Values that do
    not differ between users, such as prices, have no residual and so polarity 0.
    """
    knots = _choose_knots(events.values)
    if len(knots) < 2:
        return ValuePolarity()
    residual = _item_residuals(events)
    shares = np.stack([np.interp(events.values, knots, row) for row in np.eye(len(knots))], axis=1)  # [n, K]
    users = take_evenly(np.flatnonzero(np.diff(events.offsets)), MOST_USERS)
    found = [_read_user(events, int(user), residual, shares, unit) for user in users]
    evidence = [user for user in found if user is not None]
    carry = _measure_carry_over(evidence)
    if carry <= 0:
        return ValuePolarity()
    similar, other = (sum(getattr(user, name) for user in evidence) for name in ("similar", "other"))
    seen = similar[1] > 0
    effects = similar[0, seen] / similar[1, seen] - other[0, seen] / other[1, seen]
    effects = isotonic_regression(effects, weights=similar[1, seen]).x
    largest = float(np.abs(effects).max())
    polarity = carry * effects / largest if largest else np.zeros(len(effects))
    return ValuePolarity(values=tuple(knots[seen].tolist()), polarity=tuple(polarity.round(4).tolist()))


def describe_polarity(polarity: ValuePolarity) -> str:
    """One line for the console: the polarity of the lowest and the highest value, or that there is none."""
    if not polarity.values:
        return "values tell nothing about similar items: a low value pushes nothing away"
    low, high = polarity.values[0], polarity.values[-1]
    ends = f"{polarity.polarity[0]:+.2f} at {low:g}, {polarity.polarity[-1]:+.2f} at {high:g}"
    return f"polarity of values for similar items (-1: like a dislike): {ends}"


def read_valued_events(corpus: Corpus) -> ValuedEvents:
    """The events of the training and validation parts with a value."""
    values = corpus.log.values[corpus.log_rows].astype(np.float64)
    keep = np.isin(corpus.part, [PART_TRAIN, PART_VALID]) & ~np.isnan(values)
    rows = corpus.log_rows[keep]
    return ValuedEvents(
        offsets=np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)[corpus.offsets],
        items=corpus.items[keep].astype(np.int64),
        values=values[keep],
        late=rows >= (np.median(rows) if len(rows) else 0),
    )


def centre_vectors(vectors: Floats) -> Floats:
    """[I, D] the item vectors less their mean, of length 1: the directions of the push."""
    vectors = vectors - vectors.mean(axis=0)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12))


def _choose_knots(values: Doubles) -> Doubles:
    """The distinct values, or KNOTS quantiles of them."""
    distinct = np.unique(values)
    return distinct if len(distinct) <= KNOTS else np.unique(np.quantile(values, np.linspace(0, 1, KNOTS)))


def _item_residuals(events: ValuedEvents) -> Doubles:
    """[n] the value's rank in [0, 1] among the earlier half, less the item's mean there; NaN below LEAST_VALUES."""
    early, rows = ~events.late, int(events.items.max()) + 1
    ordered = np.sort(events.values[early])
    below, upto = (np.searchsorted(ordered, events.values, side) for side in ("left", "right"))
    rank = (below + upto) / (2 * max(len(ordered), 1))
    counts = np.bincount(events.items[early], minlength=rows)
    means = np.bincount(events.items[early], rank[early], rows) / np.maximum(counts, 1)
    return np.where(counts[events.items] >= LEAST_VALUES, rank - means[events.items], np.nan)


def _read_user(
    events: ValuedEvents, user: int, residual: Doubles, shares: Doubles, unit: Floats
) -> _Evidence | None:
    """The evidence of one user; None without a late event after two other items."""
    part = np.arange(events.offsets[user], events.offsets[user + 1])
    part = part[~np.isnan(residual[part])]
    late = np.flatnonzero(events.late[part])
    items, r, h = events.items[part], residual[part], shares[part]
    distance = late[:, None] - np.arange(len(part))  # [L, m]
    before = (distance > 0) & (distance <= EARLIER_EVENTS) & (items[late][:, None] != items)
    similarity = np.maximum(unit[items[late]] @ unit[items].T, 0) ** 2 * before
    keep = (before.sum(axis=1) >= 2) & (similarity.sum(axis=1) > 0)
    if not keep.any():
        return None
    before, similarity = before[keep], similarity[keep].astype(np.float64)
    count, total = before.sum(axis=1), similarity.sum(axis=1)
    mean = before @ r / count  # [L] the user's mean of the earlier events
    y = r[late[keep]] - mean
    predicted = similarity @ r / total - mean
    flat = before * (total / count)[:, None]
    return _Evidence(
        similar=np.stack([y @ similarity @ h, similarity.sum(axis=0) @ h]),
        other=np.stack([y @ flat @ h, flat.sum(axis=0) @ h]),
        carried=np.array([predicted @ y, predicted @ predicted]),
    )


def _measure_carry_over(evidence: list[_Evidence]) -> float:
    """The slope of late residuals on predicted ones, in [0, 1], shrunk by its standard error, clustered by user."""
    if not evidence:
        return 0.0
    sums = np.stack([user.carried for user in evidence])
    products, squares = sums.sum(axis=0)
    if squares <= 1e-12:
        return 0.0
    slope = products / squares
    error = np.sqrt(((sums[:, 0] - slope * sums[:, 1]) ** 2).sum()) / squares
    certainty = max(1 - (SIGNIFICANT * error / slope) ** 2, 0.0) if slope > 0 else 0.0
    return float(min(slope, 1.0) * certainty)
