"""The field that has the titles of items, by the names of the text fields."""

from collections.abc import Iterable

NAMES = ("title", "name")
DESCRIPTION = "description"
"""The field with the texts of `items.descriptions`, which is never the title."""


def choose_title_field(fields: Iterable[str]) -> str | None:
    """The text field of such a name, else the first one but the description; None without any."""
    given = [field for field in fields if field != DESCRIPTION]
    exact = [field for name in NAMES for field in given if name == field.casefold()]
    named = [field for name in NAMES for field in given if name in field.casefold()]
    return next(iter((*exact, *named, *given)), None)


def is_title_name(field: str) -> bool:
    """True if the name of a field says that it has titles."""
    return any(name in field.casefold() for name in NAMES)
