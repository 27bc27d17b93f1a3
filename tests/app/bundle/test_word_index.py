"""What words can name in a live catalogue: deleted and replaced items are not in it."""

import numpy as np

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.bundle.word_index import WordIndex
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.vocabulary import Vocabulary as Tokens
from models.language.words.vocabulary import Vocabulary

SPEC = FeatureSpec(
    timed=True,
    history_length=5,
    item_ids=Tokens(tokens=("a", "b")),
    actions=Tokens(tokens=("view",)),
    item_fields=(
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="title", kind=FieldKind.TEXT),
    ),
)
ROW = ItemRow(vector=np.ones(3, np.float32), text=np.ones(2, np.float32))


def film(item_id: str, title: str, *genres: str) -> Item:
    return Item(item_id, {"title": title, "genres": genres})


def read_versions(*versions: Catalogue) -> list[Vocabulary]:
    """The vocabularies of the versions of a catalogue, read in order by one index."""
    words, columns = WordIndex(), AttributeIndex()
    return [words.of(version, columns, SPEC, None, ["next"]).vocabulary for version in versions]


def two_films() -> Catalogue:
    columns = (np.ones((2, 3), np.float32), np.zeros((2, 2), np.float32), np.ones((2, 3), np.float32))
    return Catalogue.of(
        SPEC, (), [film("a", "Heat", "Crime"), film("b", "Alien", "Horror", "Crime")], columns
    )


def names(vocabulary: Vocabulary) -> list[str]:
    return [label.value for label in vocabulary.labels]


def test_a_second_item_of_a_title_joins_the_first_until_it_is_deleted() -> None:
    start = two_films()
    put = start.with_item(film("c", "Heat", "War"), ROW)
    versions = read_versions(start, put)
    assert [words.titles["heat"] for words in versions] == [("a",), ("a", "c")]
    assert names(versions[1]) == ["Crime", "Horror", "War"]
    [after] = read_versions(put.without("c"))
    assert after.titles["heat"] == ("a",) and names(after) == ["Crime", "Horror"]


def test_a_put_item_that_is_deleted_is_not_named() -> None:
    start = two_films()
    words = WordIndex()
    columns = AttributeIndex()
    for version in (start, start.with_item(film("c", "Fargo", "War"), ROW)):
        known = words.of(version, columns, SPEC, None, ["next"]).vocabulary
    assert known.titles["fargo"] == ("c",) and "War" in names(known)
    gone = words.of(version.without("c"), columns, SPEC, None, ["next"]).vocabulary
    assert "fargo" not in gone.titles and "War" not in names(gone) and len(gone.titles) == 2


def test_a_deleted_item_of_the_bundle_is_not_named_and_its_only_label_goes() -> None:
    start = two_films()
    words, columns = WordIndex(), AttributeIndex()
    words.of(start, columns, SPEC, None, ["next"])
    left = words.of(start.without("b"), columns, SPEC, None, ["next"]).vocabulary
    assert "alien" not in left.titles and set(left.titles) == {"heat"} and names(left) == ["Crime"]


def test_a_replaced_item_answers_to_its_new_title_alone() -> None:
    start = two_films()
    words, columns = WordIndex(), AttributeIndex()
    words.of(start, columns, SPEC, None, ["next"])
    renamed = words.of(
        start.with_item(film("a", "Ran", "War"), ROW), columns, SPEC, None, ["next"]
    ).vocabulary
    assert renamed.titles["ran"] == ("a",) and "heat" not in renamed.titles
    assert names(renamed) == ["Crime", "Horror", "War"]
