"""A taste is a label taken more often than it is there."""

import numpy as np
import pytest

from app.pipeline.explain.label_affinity import preferred_labels
from models.contract.tasks import Head, Task

GENRE = Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("Comedy", "Drama"))


@pytest.mark.parametrize(
    ("taken", "found"),
    [
        (["0"], [True, False]),
        (["2"], [False, True]),
        (["0", "2"], [True, False]),  # half of them dramas, as against three quarters of the catalogue
        (["1"], [True, True]),
        (["2", "3", "4", "5", "0"], [False, True]),  # a fifth of them comedies, as against a quarter
        (["0", "never"], [True, False]),
        (["never"], [False, False]),
        ([], [False, False]),
    ],
)
def test_a_label_is_preferred_where_it_is_taken_as_often_as_it_is_there(make_catalogue, taken, found):
    """Of eight items two are comedies and six dramas: shares of a quarter and three quarters."""
    catalogue = make_catalogue(8, 2)
    catalogue.labels = [
        frozenset({"Comedy"}),
        frozenset({"Comedy", "Drama"}),
        *[frozenset({"Drama"})] * 5,
        frozenset({"War"}),
    ]
    rows = np.array([-1 if item_id == "never" else int(item_id) for item_id in taken], dtype=np.int64)
    assert preferred_labels(catalogue, GENRE, rows).tolist() == found
