"""Templates by hand: what stands where a value is missing, and which templates are refused."""

import pytest

from models.contract.text_template import TemplateError, fill_template, list_placeholders

FILM = "{title} ({year}). {genres}. {plot}"


def test_a_whole_row_is_the_template_with_its_values() -> None:
    values = {"title": "Heat, or... (cut)", "year": "1995", "genres": "Crime, Drama", "plot": "A thief.  End"}
    assert fill_template(FILM, values) == "Heat, or... (cut) (1995). Crime, Drama. A thief.  End"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"title": "Heat", "genres": "Crime", "plot": "A thief"}, "Heat. Crime. A thief"),
        ({"title": "Heat", "plot": "A thief"}, "Heat. A thief"),
        ({"plot": "A thief"}, "A thief"),
        ({"title": "Heat"}, "Heat."),
        ({"title": "Heat", "year": "1995"}, "Heat (1995)."),
        ({}, ""),
        ({"title": ""}, ""),
    ],
)
def test_a_missing_value_leaves_no_brackets_and_no_second_mark(values: dict, expected: str) -> None:
    assert fill_template(FILM, values) == expected


def test_words_beside_a_missing_value_stay_and_values_are_never_tidied() -> None:
    assert fill_template("{a}, by {b}; {c}", {"a": "x..", "c": "()"}) == "x.., by; ()"


def test_braces_are_written_twice_and_values_are_no_templates() -> None:
    assert fill_template("{{{a}}}", {"a": "{b}", "b": "no"}) == "{{b}}"


def test_placeholders_are_listed_once_in_their_order() -> None:
    assert list_placeholders("{b} {a c} {b}") == ("b", "a c")


@pytest.mark.parametrize("template", ["{", "}", "{a", "{}", "{a!r}", "{a:>9}", "{a} {b"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(TemplateError, match="expected a"):
        list_placeholders(template)
