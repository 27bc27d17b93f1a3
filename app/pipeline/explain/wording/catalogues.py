"""The catalogues of templates by language tag (RFC 5646), and the text of a reason in a language.

A key is the code of a reason, or the code and a form of it: `because_you_liked.wanted`. A test holds every catalogue to
the same keys and placeholders. To add a language: a file with its catalogue, and a line here.
"""

from collections.abc import Mapping

from app.pipeline.explain.wording.chinese import CHINESE
from app.pipeline.explain.wording.english import ENGLISH
from app.pipeline.explain.wording.french import FRENCH
from app.pipeline.explain.wording.german import GERMAN
from app.pipeline.explain.wording.spanish import SPANISH
from app.pipeline.types import DEFAULT_LANGUAGE

CATALOGUES: dict[str, Mapping[str, str]] = {
    DEFAULT_LANGUAGE: ENGLISH,
    "zh": CHINESE,
    "de": GERMAN,
    "es": SPANISH,
    "fr": FRENCH,
}


def write_reason(language: str, code: str, form: str | None, words: Mapping[str, str]) -> str:
    """The text of a reason in one of the CATALOGUES' languages. `words` fill the template's placeholders."""
    key = code if form is None else f"{code}.{form}"
    return CATALOGUES[language][key].format(**words)
