"""Content links by hand: the ridge regression, put items beside exported ones, and the file."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from models.contract.content_links import (
    OWN,
    RIDGE,
    UNIT,
    ContentLinks,
    predict_links,
    read_content,
    sum_content,
    write_content,
)
from models.contract.events import Event, column_events
from models.contract.item_links import FittedLinks, ItemLinks, LinkGains, LinkTable
from models.contract.polarity import ValuePolarity
from models.contract.words import measure_cosines
from models.export import content_links
from models.export.content_gains import ContentFit
from models.export.content_links import fit_content
from models.export.links import describe_content

TEXTS = ["blue ink", "blue paper", "black ink", "green tea", "blue ink pen", "", "tea pot"]
USERS = [[0, 1], [0, 1], [0, 2], [1, 3], [2, 3], [0, 1]]
"""The items 4, 5 and 6 have no events, and item 5 no words."""
POLARITY = ValuePolarity(values=(), polarity=())


def build_matrix() -> sparse.csr_array:
    rows = [user for user, items in enumerate(USERS) for _ in items]
    columns = [item for items in USERS for item in items]
    return sparse.csr_array((np.ones(len(rows), dtype=np.bool_), (rows, columns)), shape=(len(USERS), 7))


@pytest.fixture
def links() -> ContentLinks:
    fitted = fit_content(build_matrix(), TEXTS, penalty=1.0)
    assert fitted is not None
    return fitted


def test_only_items_without_events_and_with_words_have_content_links(links: ContentLinks) -> None:
    assert links.model.anchors.tolist() == [0, 1, 2, 3]
    assert links.exported.items.tolist() == [4, 6]


def test_the_last_items_without_events_get_links_and_the_console_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(content_links, "MOST_COLD", 1)
    fitted = fit_content(build_matrix(), TEXTS, penalty=1.0)
    assert fitted is not None and fitted.exported.items.tolist() == [6]
    fit = ContentFit(1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    note = "; the last 10,000 items without events get them"
    assert describe_content(fit, 10_001).endswith(note) and note not in describe_content(fit, 10_000)


def test_the_weights_are_those_of_the_ridge_regression(links: ContentLinks) -> None:
    """(B + OWN I) (K + RIDGE I)^-1 k, within what the left-out direction changes."""
    model = links.model
    cosines = np.stack([measure_cosines(model.words, TEXTS[item]) for item in range(4)])
    weights = np.zeros((4, 4))
    for row in range(4):
        np.add.at(weights[row], model.linked[row], model.weights[row])
    one = measure_cosines(model.words, TEXTS[4])
    exact = (weights + OWN * np.eye(4)) @ np.linalg.solve(cosines + RIDGE * np.eye(4), one)
    assert predict_links(model, TEXTS[4]) == pytest.approx(exact, abs=0.02)
    assert links.exported.sources[0, 0] == 0  # blue ink, of which it has both words


def test_a_put_item_has_the_links_of_an_exported_one(links: ContentLinks) -> None:
    larger = links.with_items(np.array([7, 8]), [TEXTS[4], ""])
    assert larger.table.items.tolist() == [4, 6, 7]
    np.testing.assert_array_equal(larger.table.weights[2], links.exported.weights[0])
    np.testing.assert_array_equal(larger.table.sources[2], links.exported.sources[0])
    changed = larger.with_items(np.array([4]), ["green tea"])
    assert changed.table.items.tolist() == [6, 7, 4]
    assert changed.table.sources[2, 0] == 3
    assert changed.as_exported().table is links.exported


def test_a_sum_is_over_the_history(links: ContentLinks) -> None:
    history = np.array([1, 0, 0.5, 0, 0, 0, 0], dtype=np.float32)
    found = predict_links(links.model, TEXTS[4])
    expected = np.maximum(found, 0)
    assert sum_content(links.exported, history)[0] == pytest.approx(expected[0] + 0.5 * expected[2], abs=1e-6)


def test_the_file_keeps_all(links: ContentLinks, tmp_path: Path) -> None:
    write_content(tmp_path / "content.npz", links)
    again = read_content(tmp_path / "content.npz")
    np.testing.assert_array_equal(again.exported.weights, links.exported.weights)
    np.testing.assert_array_equal(
        again.with_items(np.array([9]), ["blue pen"]).table.weights,
        links.with_items(np.array([9]), ["blue pen"]).table.weights,
    )
    with pytest.raises(KeyError):
        np.savez(tmp_path / "other.npz", anchors=np.zeros(1))
        read_content(tmp_path / "other.npz")


def test_fitted_links_add_gain_and_level_to_items_without_events(links: ContentLinks) -> None:
    """With an item put at row 7 of the same words as item 4; without a history nothing is added."""
    none = LinkTable(
        np.tile(np.arange(7, dtype=np.int32)[:, None], (1, 1)), np.zeros((7, 1), dtype=np.float32)
    )
    gains = LinkGains(
        least_events=(1,),
        transition=(0.0,),
        regression=(0.0,),
        returning=(0.0, 0.0),
        content=10.0,
        level=-0.5,
    )
    fitted = FittedLinks(ItemLinks(none, none), gains, links).with_items(np.array([7]), [TEXTS[4]])
    events = column_events([[Event("0", "view", 0.0)]], int)
    logits = fitted.measure_user(events, POLARITY, returning=False, count=8)
    assert logits is not None
    weight = float(predict_links(links.model, TEXTS[4])[0])
    expected = 10 * math.log1p(weight / UNIT) - 0.5
    assert logits.tolist() == pytest.approx([0, 0, 0, 0, expected, 0, logits[6], expected], rel=1e-5)
    assert fitted.measure_user(column_events([[]], int), POLARITY, returning=True, count=8) is None
    shorter = fitted.measure_user(events, POLARITY, returning=False)
    assert shorter is not None and shorter.tolist() == pytest.approx(logits[:7].tolist())


def test_without_items_with_events_there_is_no_model() -> None:
    assert fit_content(sparse.csr_array((2, 3), dtype=np.bool_), ["a b", "blue", "pen"], 1.0) is None
    assert fit_content(build_matrix(), [""] * 7, 1.0) is None
