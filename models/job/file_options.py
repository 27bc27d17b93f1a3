"""The format of a table's files, as far as their names do not say it: encoding, delimiter and null values."""

import codecs
from dataclasses import dataclass

UTF8 = "utf-8"
NULL_VALUES = ("NULL", "null", "\\N", "None", "NaN", "nan", "<NA>")
"""Texts that programs write for a missing value. NA is not among them: it is also a country's code."""


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The format of a table's files."""

    encoding: str = UTF8  # as normalise_encoding returns it
    delimiter: str | None = None  # None: by the file's name
    null_values: tuple[str, ...] = NULL_VALUES  # texts that count as an empty cell, beside ""


def normalise_encoding(name: str) -> str:
    """The standard name of an encoding. Raises ValueError for an unknown one, or one that is not for text."""
    try:
        codec = codecs.lookup(name)
        codec.decode(b"")
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"expected an encoding such as utf-8, cp1252 or utf-16, given {name!r}") from error
    if not isinstance(codec.decode(b"")[0], str):
        raise ValueError(f"expected an encoding such as utf-8, cp1252 or utf-16, given {name!r}")
    return UTF8 if codec.name in {UTF8, "utf-8-sig"} else codec.name
