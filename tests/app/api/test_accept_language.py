"""The language of an answer by Accept-Language: weights, lookup of shorter tags, refusals."""

import pytest
from fastapi import Request

from app.api.accept_language import MOST_RANGES, choose_language, read_language

OFFERED = ("en", "zh", "de", "fr")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("DE-at", "de"),
        ("zh-Hant-TW", "zh"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en;q=0.3, de;q=0.7", "de"),
        ("de;q=0.5, fr;q=0.5", "de"),
        ("it, pt-BR;q=0.9", "en"),
        ("it, de;q=0.001", "de"),
        ("*", "en"),
        ("en;q=0, *", "zh"),
        ("de;q=0, de-AT", "en"),
        ("de ; q=0.4 ,\tfr; q=1.000", "fr"),
        ("en-x-private, de;q=0.5", "en"),
        ("de;q=2, fr;q=0.1", "fr"),
        ("de;q=0.1234, fr;q=0.1", "fr"),
        ("de;level=1, fr;q=0.1", "fr"),
        ("d\u00e9, fr", "fr"),
        ("german-language-of-the-north, fr;q=0.1", "fr"),
        ("", "en"),
        (",, ;q=1", "en"),
    ],
)
def test_the_preferred_language_that_is_offered(header: str, language: str) -> None:
    assert choose_language(header, OFFERED) == language


def test_a_long_header_is_read_up_to_its_bound() -> None:
    assert choose_language(", ".join(["it"] * (MOST_RANGES - 1) + ["de"]), OFFERED) == "de"
    assert choose_language(", ".join(["it"] * MOST_RANGES + ["de"]), OFFERED) == "en"


def test_the_lines_of_a_header_are_one_list() -> None:
    lines = [(b"accept-language", b"it, en;q=0.1"), (b"accept-language", b"es;q=0.4")]
    assert read_language(Request({"type": "http", "headers": lines})) == "es"
    assert read_language(Request({"type": "http", "headers": []})) == "en"
