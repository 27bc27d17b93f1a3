"""The description of an item by the template: its title, then each field with its name, as the table has them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.recipe.descriptions.item_fields import ItemFields, write_number

MOST_CHARACTERS = 300
"""The most characters of a text field in the template's description."""

ENDS = tuple(".?!…。！？")
"""Marks after which a sentence has no second one."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a language parts sentences, a name from its value, and values; field names and values stay as they are."""

    stop: str
    colon: str
    comma: str
    last: str  # before the last of several values


FORMS: Mapping[str, Form] = {
    "en": Form(". ", ": ", ", ", " and "),
    "zh": Form("。", "：", "、", "和"),
    "de": Form(". ", ": ", ", ", " und "),
    "es": Form(". ", ": ", ", ", " y "),
    "fr": Form(". ", " : ", ", ", " et "),
}
"""Language tag -> form. These are the languages that descriptions can be asked for in."""


def fill_description(fields: ItemFields, language: str) -> str:
    """The description in one of the FORMS' languages, such as "Heat. Genres: Action and Crime. Year: 1995."."""
    form, written = FORMS[language], ""
    mark, gap = form.stop.rstrip(), form.stop.removeprefix(form.stop.rstrip())
    for sentence in _write_sentences(fields, form):
        # After a full stop of another script than the language's a blank is needed, too.
        between = (gap or (" " if written[-1].isascii() else "")) if written else ""
        written += between + (sentence if sentence.endswith(ENDS) else sentence + mark)
    return written


def _write_sentences(fields: ItemFields, form: Form) -> Iterator[str]:
    if fields.title:
        yield fields.title
    for name, labels in fields.labels.items():
        yield f"{_head(name)}{form.colon}{_enumerate(labels, form)}"
    for name, number in fields.numbers.items():
        yield f"{_head(name)}{form.colon}{write_number(number)}"
    for text in fields.texts.values():
        yield _cut(text)


def _head(name: str) -> str:
    """A field's name at the beginning of a sentence: runtime_minutes -> Runtime minutes."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _enumerate(labels: Sequence[str], form: Form) -> str:
    *others, final = labels
    return f"{form.comma.join(others)}{form.last}{final}" if others else final


def _cut(text: str) -> str:
    """The beginning of a text, up to a blank where there is one."""
    if len(text) <= MOST_CHARACTERS:
        return text
    part = text[: MOST_CHARACTERS - 1]
    return (part.rpartition(" ")[0] or part).rstrip() + "…"
