"""The titles of a live catalogue: put, renamed and deleted items, and which field has them."""

from dataclasses import replace

import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemRow
from app.bundle.title_table import LiveTitles, title_field
from models.contract.catalogue import Item
from models.contract.feature_spec import FieldKind, FieldSpec
from models.language.titles import MOST_NAMESAKES, TitleIndex


def put(bundle: LoadedBundle, *titles: tuple[str, str]) -> LoadedBundle:
    row = ItemRow(bundle.catalogue.vectors[0].copy(), bundle.catalogue.text[0].copy())
    items = [Item(item_id, {"title": title}) for item_id, title in titles]
    return replace(bundle, catalogue=bundle.catalogue.with_items(items, [row] * len(items)))


def index(bundle: LoadedBundle) -> TitleIndex:
    return bundle.titles.of(bundle.catalogue, "title")


def named(bundle: LoadedBundle, words: str) -> list[str]:
    rows = index(bundle).by_words.get(tuple(words.split()), ())
    return [bundle.catalogue.item(row).item_id for row in rows]


def test_put_renamed_and_deleted_items(learnt: LoadedBundle) -> None:
    first = put(learnt.fork(), ("i0", "Dust"), ("i1", "Heat: Part One"))
    assert named(first, "dust") == ["i0"] and named(first, "heat") == ["i1"]
    second = put(first, ("i0", "Heat"), ("new", "Dust"))
    assert named(second, "dust") == ["new"]
    assert named(second, "heat") == ["i0"]  # a whole title before the beginning of another
    third = replace(second, catalogue=second.catalogue.without("i0").without("new"))
    assert named(third, "dust") == [] and named(third, "heat") == ["i1"]


def test_a_change_reads_no_title_again_but_those_of_its_rows(learnt: LoadedBundle) -> None:
    bundle = learnt.fork()
    before = index(bundle).by_words
    changed = put(bundle, ("new", "Dust"))
    after = index(changed).by_words
    assert isinstance(before, LiveTitles) and isinstance(after, LiveTitles)
    assert after.base is before.base and after.fresh.wholes == {("dust",): (80,)}
    assert index(changed) is index(changed)


def test_the_index_is_that_of_all_titles(learnt: LoadedBundle) -> None:
    bundle = put(learnt.fork(), ("i0", "Dust"), ("new", "Heat: Part One"))
    items = enumerate(bundle.catalogue.items)
    every = TitleIndex.of((row, str(item.attributes.get("title", ""))) for row, item in items)
    first = {words: rows[:MOST_NAMESAKES] for words, rows in every.by_words.items()}
    assert dict(index(bundle).by_words) == first and len(index(bundle).by_words) == len(first)


def test_a_title_of_many_items_names_some(learnt: LoadedBundle) -> None:
    bundle = put(learnt.fork(), *((f"new{number}", "Dust") for number in range(MOST_NAMESAKES + 1)))
    assert len(named(bundle, "dust")) == MOST_NAMESAKES


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("plot", "movie_title"), "movie_title"),
        (("subtitle", "title"), "title"),
        (("plot", "Name"), "Name"),
        (("plot", "notes"), "plot"),
        ((), None),
    ],
)
def test_the_field_of_titles(learnt: LoadedBundle, names: tuple[str, ...], chosen: str | None) -> None:
    fields = tuple(FieldSpec(name=name, kind=FieldKind.TEXT) for name in names)
    assert title_field(learnt.spec.model_copy(update={"item_fields": fields})) == chosen
