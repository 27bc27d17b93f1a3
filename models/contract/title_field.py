"""The field that has the titles of items, by the names of the text fields."""

from collections.abc import Iterable

NAMES = ("title", "name")


def choose_title_field(fields: Iterable[str]) -> str | None:
    """The text field of such a name, else the first one; None without text fields."""
    given = list(fields)
    exact = [field for name in NAMES for field in given if name == field.casefold()]
    named = [field for name in NAMES for field in given if name in field.casefold()]
    return next(iter((*exact, *named, *given)), None)
