"""The vocabulary of a live catalogue for words, cached over its versions: a put item costs only its row."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.bundle.attribute_index import AttributeIndex, CatalogueTables
from app.bundle.attribute_table import AttributeTable, Column
from app.bundle.catalogue import Catalogue
from app.bundle.item_lines import ItemLines
from app.bundle.packed_columns import PackedTitles
from app.bundle.title_table import title_field
from app.bundle.version_cache import VersionCache
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.language.protocol import Floats, TextEncoder
from models.language.words.compiler import Compiler
from models.language.words.label_vectors import LabelVectors
from models.language.words.vocabulary import (
    LabelName,
    NumberField,
    Vocabulary,
    read_number_field,
    read_title_keys,
)

LABELLED = (FieldKind.CATEGORIES, FieldKind.CATEGORICAL)
LONGEST_LABEL = 200
"""Characters of a label that words name."""
MOST_KEPT = 20_000
"""The most names whose vectors are kept."""


@dataclass(frozen=True, slots=True)
class _Base:
    """The titles of the table of all rows; they are the same for the versions of a catalogue."""

    table: AttributeTable
    titles: Mapping[str, tuple[str, ...]]
    numbers: tuple[NumberField, ...]


@dataclass(frozen=True, slots=True)
class LiveTitles(Mapping[str, tuple[str, ...]]):
    """Key -> ids of the items with the title now: those of the base that did not change, and the fresh ones."""

    base: Mapping[str, tuple[str, ...]]
    fresh: Mapping[str, tuple[str, ...]]
    changed: frozenset[str]  # ids that the base has, and that were deleted or replaced since

    def __getitem__(self, key: str) -> tuple[str, ...]:
        kept = tuple(found for found in self.base.get(key, ()) if found not in self.changed)
        if ids := (*kept, *self.fresh.get(key, ())):
            return ids
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return (key for key in dict.fromkeys((*self.base, *self.fresh)) if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class WordIndex:
    """The compiler of a bundle's words. A race of threads costs a second computation and nothing else."""

    def __init__(self) -> None:
        self._base: _Base | None = None
        self._compiler = VersionCache[Compiler]()
        self._vectors: dict[str, Floats] = {}

    def of(
        self,
        catalogue: Catalogue,
        columns: AttributeIndex,
        spec: FeatureSpec,
        encoder: TextEncoder | None,
        heads: Sequence[str],
    ) -> Compiler:
        """The compiler over a version of the catalogue."""

        def make() -> Compiler:
            vocabulary = self._read(catalogue, columns.of(catalogue), spec, heads)
            vectors = None
            if encoder is not None:
                vectors = LabelVectors.of(
                    vocabulary, encoder.encode, lambda names: self._encode(encoder, names)
                )
            return Compiler(vocabulary, vectors)

        return self._compiler.of(catalogue, make)

    def _read(
        self, catalogue: Catalogue, tables: CatalogueTables, spec: FeatureSpec, heads: Sequence[str]
    ) -> Vocabulary:
        base = self._base
        if base is None or base.table is not tables.all:
            base = self._base = _read_base(tables.all, spec)
        fresh = AttributeTable(tuple(item for item in tables.fresh.items if item.item_id in catalogue))
        changed = _changed_items(catalogue, tables)
        fields = [field for kind in LABELLED for field in spec.fields(kind)]
        labels = [
            LabelName(
                field.name, label, label.rsplit(field.hierarchy, 1)[-1].strip() if field.hierarchy else label
            )
            for field in fields
            for label in dict.fromkeys(
                (*_kept_labels(tables.all, changed, field.name), *fresh.column(field.name).codes)
            )
            if 0 < len(label) <= LONGEST_LABEL
        ]
        return Vocabulary.of(
            labels,
            [field.name for field in spec.fields(FieldKind.CATEGORIES)],
            base.numbers,
            LiveTitles(base.titles, _read_titles(fresh.items, spec), frozenset(i.item_id for i in changed))
            if changed or fresh.items
            else base.titles,
            heads,
        )

    def _encode(self, encoder: TextEncoder, names: Sequence[str]) -> Floats:
        """Vectors [n, T] of labels, each encoded once."""
        if not names:
            return np.zeros((0, encoder.size), dtype=np.float32)
        known = self._vectors
        vectors = {name: known[name] for name in names if name in known}
        missing = [name for name in dict.fromkeys(names) if name not in vectors]
        if missing:
            vectors.update(zip(missing, encoder.encode(missing), strict=True))
            self._vectors = vectors if len(known) + len(missing) > MOST_KEPT else {**known, **vectors}
        return np.stack([vectors[name] for name in names])


def _changed_items(catalogue: Catalogue, tables: CatalogueTables) -> list[Item]:
    """The items of the table of all rows, as they are there, that were deleted or replaced since."""
    gone = np.union1d(np.flatnonzero(~catalogue.present), tables.fresh_rows)
    return [tables.all.items[int(row)] for row in gone[gone < len(tables.all.items)]]


def _kept_labels(table: AttributeTable, changed: Sequence[Item], name: str) -> list[str]:
    """The labels of a field that an item of the table has beside those that changed."""
    column = table.column(name)
    lost = _count_labels(AttributeTable(tuple(changed)).column(name))
    return [label for label, count in _count_labels(column).items() if count > lost[label]]


def _count_labels(column: Column) -> Counter[str]:
    """Label -> the number of its items."""
    return Counter(dict(zip(column.codes, np.diff(column.starts).tolist(), strict=True)))


def _read_base(table: AttributeTable, spec: FeatureSpec) -> _Base:
    numbers = (
        read_number_field(field.name, table.column(field.name).numbers)
        for field in spec.fields(FieldKind.NUMERIC)
    )
    chosen = title_field(spec)
    titles: Mapping[str, tuple[str, ...]]
    if isinstance(table.items, ItemLines) and chosen is not None:
        titles = PackedTitles(table.items, chosen)
    else:
        titles = _read_titles(table.items, spec)
    return _Base(table, titles, tuple(number for number in numbers if number is not None))


def _read_titles(items: Iterable[Item], spec: FeatureSpec) -> Mapping[str, tuple[str, ...]]:
    """Key -> ids of the items with the title, in the field that `title_field` names."""
    chosen, titles = title_field(spec), defaultdict[str, list[str]](list)
    for item in items if chosen is not None else ():
        for key in read_title_keys(item.attributes.get(chosen or "")):
            titles[key].append(item.item_id)
    return {key: tuple(item_ids) for key, item_ids in titles.items()}
