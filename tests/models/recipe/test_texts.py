"""The texts of items and users: one template for training, serving and items put later."""

from pathlib import Path

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.item_changes import fit_item
from app.pipeline.query.text_query import read_request
from models.contract.catalogue import Item, User
from models.contract.features import item_text
from models.language.registry import open_text_encoder

ITEMS = {
    "path": "items.jsonl", "id": "id", "categories": "genres", "categorical": "brand", "numeric": "year",
    "text": "title", "template": "{title} of {year} by {brand}",
}  # fmt: skip
USERS = {
    "path": "users.csv", "id": "id", "categorical": "taste", "numeric": "age",
    "template": "{taste}, {age} years. {interests}",
}  # fmt: skip


@pytest.fixture(scope="module")
def written(make_shop, tmp_path_factory) -> LoadedBundle:
    """A bundle with templates, trained by the command and checked by its golden requests."""
    folder: Path = tmp_path_factory.mktemp("templates")
    job = make_shop(folder, items=ITEMS, users=USERS, text_encoder="use-multilingual")
    assert main(["train", str(job), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 100)


def test_the_text_vectors_of_training_are_those_of_the_written_texts(written: LoadedBundle) -> None:
    row = written.catalogue.row("i3")
    assert row is not None
    text = item_text(written.spec, written.catalogue.item(row))
    assert text == "the loud thing 3 of 1953 by b3"
    expected = open_text_encoder("use-multilingual").encode([text])[0]
    assert written.catalogue.text[row] @ expected == pytest.approx(1, abs=1e-5)


def test_an_item_put_later_has_the_text_of_one_that_was_exported(written: LoadedBundle) -> None:
    row = written.catalogue.row("i3")
    assert row is not None
    put = Item("later", {"title": "the loud thing 3", "year": 1953.0, "brand": "b3", "genres": ("War",)})
    vector = written.item_row(fit_item(written.spec, put)).text
    assert np.allclose(vector, written.catalogue.text[row], atol=1e-5)


def test_a_profile_is_written_by_the_template_in_serving(written: LoadedBundle) -> None:
    user = User("new", {"taste": "t1", "age": 30.0}, "war stories")
    expected = open_text_encoder("use-multilingual").encode(["t1, 30 years. war stories"])[0]
    assert read_request(written, "", user).profile @ expected == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def whitened(make_shop, tmp_path_factory) -> LoadedBundle:
    """A bundle with whitened texts, whose golden requests have a query and whose users have texts."""
    folder: Path = tmp_path_factory.mktemp("whitened")
    job = make_shop(folder, users=USERS, text_encoder="use-multilingual", text_whitening=0.5)
    assert main(["train", str(job), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 100)


def test_whitened_texts_are_the_same_in_training_for_queries_and_for_items_put_later(
    whitened: LoadedBundle,
) -> None:
    row = whitened.catalogue.row("i3")
    assert row is not None
    item = whitened.catalogue.item(row)
    text, vector = item_text(whitened.spec, item), whitened.catalogue.text[row]
    plain = open_text_encoder("use-multilingual").encode([text])[0]
    assert vector @ plain < 0.95
    asked = whitened.encode_text(text)
    assert asked is not None and asked @ vector == pytest.approx(1, abs=1e-4)
    assert whitened.item_row(item).text @ vector == pytest.approx(1, abs=1e-4)


def test_whitened_texts_have_no_mean_and_a_whitening_without_an_encoder_is_refused(
    whitened: LoadedBundle, make_shop, tmp_path, capsys
) -> None:
    texts = whitened.catalogue.text[whitened.catalogue.text.any(axis=1)]
    assert np.linalg.norm(texts.mean(axis=0)) < 0.2
    job = make_shop(tmp_path, text_whitening=0.5)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 1
    assert "text_whitening: expected a text_encoder, whose vectors it is for" in capsys.readouterr().err
