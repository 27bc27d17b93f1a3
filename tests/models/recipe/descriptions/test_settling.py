"""A model's texts stand where they name the item's own fields alone, and else the template's."""

import json

import pytest

from models.contract.catalogue import Item
from models.contract.description_limits import LANGUAGES
from models.job.sections import ItemsSection
from models.recipe.descriptions.item_fields import ItemFields, name_items, read_fields
from models.recipe.descriptions.settling import MODEL, REPEATED, TEMPLATE, settle
from models.recipe.descriptions.template import FORMS, fill_description
from models.recipe.descriptions.writer import Answer, Asked

SECTION = ItemsSection.model_construct(
    path=(),
    id="id",
    text=("title", "plot"),
    categories=("genres",),
    categorical=("studio",),
    numeric=("year", "run_time"),
    vectors=("poster",),
    descriptions=(),
    hierarchy={"genres": " > "},
)
HEAT = Item(
    "h",
    {
        "title": "Heat",
        "plot": "A thief\nmeets Neil  McCauley.",
        "genres": ("Crime", "Crime > Heist"),
        "studio": "Warner",
        "year": 1995.0,
        "run_time": 170.5,
    },
)
ALIEN = Item("a", {"title": "Alien", "genres": ("Horror",), "year": 1979.0})
NAMES = name_items(SECTION, [HEAT, ALIEN])
FIELDS = read_fields(SECTION, HEAT)
TEXT = (
    "Heat. Genres: Crime and Heist. Studio: Warner. Year: 1995. Run time: 170.5. A thief meets Neil McCauley."
)


def test_the_model_is_given_the_fields_without_the_id() -> None:
    assert json.loads(FIELDS.content) == {
        "title": "Heat",
        "genres": ["Crime", "Heist"],
        "studio": ["Warner"],
        "year": 1995,
        "run_time": 170.5,
        "plot": "A thief meets Neil McCauley.",
    }


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", TEXT),
        ("de", TEXT.replace(" and ", " und ")),
        ("es", TEXT.replace(" and ", " y ")),
        ("fr", TEXT.replace(" and ", " et ").replace(":", " :")),
        (
            "zh",
            "Heat。Genres：Crime和Heist。Studio：Warner。Year：1995。Run time：170.5。A thief meets Neil McCauley.",
        ),
    ],
)
def test_the_template_has_every_field(language: str, text: str) -> None:
    assert fill_description(FIELDS, language) == text


def test_the_template_cuts_long_texts_at_a_blank() -> None:
    fields = ItemFields("x", "", {}, {}, {"plot": "word " * 100})
    assert fill_description(fields, "en") == "word " * 58 + "word…"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Heat is a crime film of 1995 about a heist.", None),
        ("A film by Warner in which Neil McCauley meets a thief, 170.5 minutes long.", None),
        ("If you liked Alien, watch it.", "Alien"),
        ("A horror film.", "horror"),
        ("A film of 1996.", "1996"),
        ("A film with Al Pacino.", "Al"),
        ("See www.shop.example", "www."),
        ("  ", "a text of 0 characters"),
        ("a " * 400, "a text of more than 600 characters"),
    ],
)
def test_what_a_text_names_beside_the_fields_refuses_it(text: str, reason: str | None) -> None:
    (row,), refusals = settle(Answer(Asked(FIELDS, "en"), (text,)), 1, NAMES)
    if reason is None:
        assert (row.text, row.source, refusals) == (text, MODEL, [])
    else:
        assert (row.text, row.source) == (TEXT, TEMPLATE)
        assert [(one.item_id, one.variant, one.reason) for one in refusals] == [("h", 1, reason)]


def test_every_variant_has_a_row_and_a_repetition_is_none() -> None:
    texts = ("A crime film.", "A film of\n1995.", "a crime film.")
    rows, refusals = settle(Answer(Asked(FIELDS, "en"), texts), 3, NAMES)
    assert [(row.variant, row.text, row.source) for row in rows] == [
        (1, "A crime film.", MODEL),
        (2, "A film of 1995.", MODEL),
        (3, TEXT, TEMPLATE),
    ]
    assert [(one.variant, one.reason) for one in refusals] == [(3, REPEATED)]
    rows, refusals = settle(Answer(Asked(FIELDS, "en"), None, failure="away"), 2, NAMES)
    assert ([row.source for row in rows], refusals) == ([TEMPLATE, TEMPLATE], [])


def test_an_item_without_values_is_empty() -> None:
    assert read_fields(SECTION, Item("x", vectors={"poster": (1.0,)})).is_empty
    assert not read_fields(SECTION, ALIEN).is_empty


def test_every_language_has_a_form() -> None:
    assert tuple(FORMS) == LANGUAGES


def test_a_mark_has_no_second_one() -> None:
    fields = ItemFields("x", "What's Up, Doc?", {}, {"year": 1972.0}, {"a": "看！", "b": "Wow…"})
    assert fill_description(fields, "en") == "What's Up, Doc? Year: 1972. 看！ Wow…"
    assert fill_description(fields, "zh") == "What's Up, Doc? Year：1972。看！Wow…"


def test_empty_labels_are_none() -> None:
    item = Item("x", {"genres": ("Crime > ", ""), "studio": " "})
    assert read_fields(SECTION.model_copy(update={"categorical": ()}), item).is_empty
    labels = read_fields(SECTION, Item("x", {"genres": ("Crime > ", "Crime")})).labels
    assert labels == {"genres": ("Crime",)}


def test_the_first_text_is_a_title_whose_words_and_numbers_are_facts() -> None:
    section = SECTION.model_copy(update={"text": ("plot",)})
    short = read_fields(section, Item("x", {"plot": "In 1969 Neil meets Ann Lee."}))
    assert json.loads(short.content) == {"plot": "In 1969 Neil meets Ann Lee."}
    (row,), refusals = settle(Answer(Asked(short, "en"), ("A meeting of Ann with Neil, 1969.",)), 1, NAMES)
    assert (row.source, refusals) == (MODEL, [])
    long = read_fields(section, Item("x", {"plot": "Neil " * 100}))
    assert (long.title, list(long.texts)) == ("", ["plot"])
    assert len(fill_description(long, "en")) <= 300


def test_a_column_of_labels_named_title_hides_no_name() -> None:
    section = SECTION.model_copy(update={"text": ("name",), "categorical": ("title",)})
    fields = read_fields(section, Item("x", {"name": "Heat", "title": "Dr."}))
    assert json.loads(fields.content) == {"name": "Heat", "title": ["Dr."]}
