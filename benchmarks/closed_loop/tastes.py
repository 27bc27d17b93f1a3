"""Latent tastes fitted on ratings: a damped bias of each user and item, and a truncated SVD of what remains."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DIM = 8
DAMPING = 10.0
"""Ratings of the mean that a bias begins with."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tastes:
    """The fitted vectors of users and items; `items` are the catalogue's ids, `genres` their labels."""

    users: Floats  # [users, DIM]
    vectors: Floats  # [items, DIM]
    quality: Floats  # [items], stars above the mean
    items: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]


def fit(ratings: Floats) -> tuple[Floats, Floats, Floats]:
    """Vectors of users [users, DIM] and items [items, DIM], and the items' biases [items].

    `ratings` [users, items] are stars, NaN where there are none.
    """
    known = ~np.isnan(ratings)
    residual = np.where(known, ratings - np.nanmean(ratings), 0.0)
    quality = residual.sum(0) / (known.sum(0) + DAMPING)
    residual = np.where(known, residual - quality, 0.0)
    bias = residual.sum(1) / (known.sum(1) + DAMPING)
    residual = np.where(known, residual - bias[:, None], 0.0)
    left, sizes, right = np.linalg.svd(residual, full_matrices=False)
    root = np.sqrt(sizes[:DIM])
    return left[:, :DIM] * root, right[:DIM].T * root, quality


def load(folder: Path, users: int, items: int) -> Tastes:
    """Fit the users and items with the most ratings of MovieLens-100k in `folder`."""
    rows = _read(folder / "interactions.csv")
    genres = {row["item_id"]: tuple(row["genres"].split("|")) for row in _read(folder / "items.csv")}
    kept = [item for item, _ in Counter(row["item_id"] for row in rows).most_common(items)]
    people = [user for user, _ in Counter(row["user_id"] for row in rows).most_common(users)]
    columns = {item: column for column, item in enumerate(kept)}
    places = {user: place for place, user in enumerate(people)}
    ratings = np.full((len(people), len(kept)), np.nan)
    for row in rows:
        if row["user_id"] in places and row["item_id"] in columns:
            ratings[places[row["user_id"]], columns[row["item_id"]]] = float(row["rating"])
    return Tastes(*fit(ratings), tuple(kept), tuple(genres[item] for item in kept))


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
