"""Every reason has a text in every language."""

from string import Formatter

import pytest

from app.pipeline.explain.liked import WANTED
from app.pipeline.explain.query import WORDS
from app.pipeline.explain.ranked import AGAINST
from app.pipeline.explain.reasons import FALLBACK, REASONS, Code
from app.pipeline.explain.wording.catalogues import CATALOGUES, write_reason
from app.pipeline.explain.wording.english import ENGLISH

FORMS = {Code.LIKED: WANTED, Code.QUERY: WORDS, Code.INTERESTS: WORDS, Code.RANKED: AGAINST}
KEYS = {*Code, *(f"{code}.{form}" for code, form in FORMS.items())}


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_the_languages() -> None:
    assert {"en", "zh", "de", "es", "fr"} <= set(CATALOGUES)
    assert {kind.code for kind in (*REASONS, FALLBACK)} == set(Code)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_code_and_form_has_a_template_with_the_same_words(language: str) -> None:
    templates = CATALOGUES[language]
    assert set(templates) == KEYS
    assert {key: placeholders(text) for key, text in templates.items()} == {
        key: placeholders(text) for key, text in ENGLISH.items()
    }


def test_no_two_languages_share_a_template() -> None:
    for key in KEYS:
        assert len({templates[key] for templates in CATALOGUES.values()}) == len(CATALOGUES), key


def test_braces_in_a_title_are_text() -> None:
    words = {"title": "{head} {0}"}
    assert write_reason("de", Code.LIKED, None, words) == "Weil dir „{head} {0}“ gefallen hat"
    assert write_reason("zh", Code.LIKED, WANTED, words) == "因为你对《{head} {0}》感兴趣"
