"""The format of a table's files, as far as their names do not say it: encoding, delimiter and null values."""

import codecs
from dataclasses import dataclass

UTF8 = "utf-8"
NO_FILES = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Encodings of names and of program text."""
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
    message = f"expected an encoding such as utf-8, cp1252 or utf-16, given {name!r}"
    try:
        codec = codecs.lookup(name)
        b"  ".decode(name)  # a LookupError for encodings between bytes, such as base64
    except UnicodeDecodeError:
        pass  # an encoding of text in which two spaces are none
    except (LookupError, ValueError) as error:
        raise ValueError(message) from error
    if codec.name in NO_FILES:
        raise ValueError(message)
    return UTF8 if codec.name in {UTF8, "utf-8-sig"} else codec.name
