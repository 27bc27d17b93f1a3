"""Settle what stands in the file for an item: the model's texts that name nothing else, and else the template's."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.language.claims import Names, find_unsupported
from models.recipe.descriptions.item_fields import ItemFields
from models.recipe.descriptions.template import fill_description
from models.recipe.descriptions.writer import Answer

MODEL, TEMPLATE = "model", "template"
"""Who wrote a description."""
MOST_CHARACTERS = 600
"""The most characters of a model's description."""
REPEATED = "the text of another variant"


@dataclass(frozen=True, slots=True)
class Description:
    """A row of the file."""

    item_id: str
    variant: int  # from 1
    language: str
    text: str
    source: str  # MODEL or TEMPLATE


@dataclass(frozen=True, slots=True)
class Refusal:
    """A text of the model that is not in the file, and what it names beside the item's fields."""

    item_id: str
    variant: int
    language: str
    text: str
    reason: str


def settle(answer: Answer, variants: int, names: Names) -> tuple[list[Description], list[Refusal]]:
    """The `variants` descriptions of an answer, and the refused texts that the template replaces."""
    fields, language = answer.asked.fields, answer.asked.language
    if answer.texts is None:
        return [fill_row(fields, language, variant) for variant in range(1, variants + 1)], []
    rows: list[Description] = []
    refusals: list[Refusal] = []
    for variant, (text, fault) in enumerate(_check(answer.texts, fields, names, language), start=1):
        if fault is None:
            rows.append(Description(fields.item_id, variant, language, text, MODEL))
        else:
            rows.append(fill_row(fields, language, variant))
            refusals.append(Refusal(fields.item_id, variant, language, text, fault))
    return rows, refusals


def fill_row(fields: ItemFields, language: str, variant: int) -> Description:
    """The row with the template's text."""
    return Description(fields.item_id, variant, language, fill_description(fields, language), TEMPLATE)


def _check(
    texts: tuple[str, ...], fields: ItemFields, names: Names, language: str
) -> Iterator[tuple[str, str | None]]:
    """Yield each text on one line with its first fault, None for a text without one."""
    earlier: set[str] = set()
    for text in texts:
        line = " ".join(text.split())
        if len(line) > MOST_CHARACTERS:
            yield line, f"a text of more than {MOST_CHARACTERS} characters"
        elif line.casefold() in earlier:
            yield line, REPEATED
        else:
            yield line, find_unsupported(line, fields.facts, names, language)
        earlier.add(line.casefold())
