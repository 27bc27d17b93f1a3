"""The fields of an item for its description: all that a language model is given, and all that its text may name."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.contract.catalogue import Item
from models.contract.feature_spec import FieldKind
from models.contract.title_field import choose_title_field, is_title_name
from models.job.sections import ItemsSection
from models.language.claims import Facts, Names
from models.language.titles import TitleIndex
from models.language.words.vocabulary import LabelName, Vocabulary

MOST_LABELS = 30
"""The most labels of a field."""
MOST_CHARACTERS = 2_000
"""The most characters of a text field: an encoder reads no more."""
LONGEST_LABEL = 200
"""Characters of a label that a text can name."""


@dataclass(frozen=True, slots=True)
class ItemFields:
    """The known values of an item by field name; vectors say nothing in words."""

    item_id: str
    title: str  # "" without one
    labels: Mapping[str, Sequence[str]]  # paths by each of their levels
    numbers: Mapping[str, float]
    texts: Mapping[str, str]  # beside the title
    title_field: str = "title"

    @property
    def is_empty(self) -> bool:
        """True if there is nothing to describe."""
        return not (self.title or self.labels or self.numbers or self.texts)

    @property
    def content(self) -> str:
        """The fields as JSON, without the id."""
        numbers = {name: write_number(number) for name, number in self.numbers.items()}
        title = {self.title_field: self.title} if self.title else {}
        values = {**title, **self.labels, **numbers, **self.texts}
        return json.dumps(values, ensure_ascii=False)

    @property
    def facts(self) -> Facts:
        """All that a description may name; of a title in a column of another name, also words and numbers alone."""
        labels = (label for values in self.labels.values() for label in values)
        names = tuple(filter(None, (self.title, *labels)))
        title = () if is_title_name(self.title_field) else (self.title,)
        return Facts(names, (*title, *self.texts.values()), tuple(self.numbers.values()))


def read_fields(section: ItemsSection, item: Item) -> ItemFields:
    """The fields of an item of a job's table; texts on one line. A title that is longer than a label is a text."""
    title_field = choose_title_field(section.text)
    labels: dict[str, Sequence[str]] = {}
    numbers: dict[str, float] = {}
    texts: dict[str, str] = {}
    for name, kind in section.columns.items():
        value = item.attributes.get(name)
        if isinstance(value, float):
            numbers[name] = value
        elif kind is FieldKind.TEXT and isinstance(value, str):
            texts[name] = " ".join(value.split())[:MOST_CHARACTERS]
        elif isinstance(value, str | tuple) and value:
            every = (value,) if isinstance(value, str) else value
            named = filter(None, (_name(section, name, label) for label in every))
            labels[name] = tuple(dict.fromkeys(named))[:MOST_LABELS]
    is_title = title_field is not None and len(texts.get(title_field, "")) <= LONGEST_LABEL
    title = texts.pop(title_field, "") if title_field is not None and is_title else ""
    return ItemFields(
        item.item_id,
        title,
        {name: own for name, own in labels.items() if own},
        numbers,
        {name: text for name, text in texts.items() if text},
        title_field or "title",
    )


def name_items(section: ItemsSection, items: Iterable[Item]) -> Names:
    """All that a text about items of the table could name: the titles and labels of all of them."""
    titles: list[str] = []
    labels: dict[tuple[str, str], None] = {}
    for item in items:
        fields = read_fields(section, item)
        titles.append(fields.title)
        labels |= {(field, label): None for field, own in fields.labels.items() for label in own}
    found = (LabelName(field, label, label) for field, label in labels if 0 < len(label) <= LONGEST_LABEL)
    numbered = ((number, title) for number, title in enumerate(titles) if title)
    return Names(TitleIndex.of(numbered), Vocabulary.of(found, section.categories))


def write_number(number: float) -> int | float:
    """The number without a decimal point where it is whole."""
    return int(number) if number.is_integer() else number


def _name(section: ItemsSection, field: str, label: str) -> str:
    """A label, or the deepest level of a path."""
    separator = section.hierarchies.get(field)
    return label if separator is None else label.rsplit(separator, 1)[-1].strip()
