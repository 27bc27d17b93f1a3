"""The titles of a live catalogue by their words, for texts that name items: a put item costs only its row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from app.bundle.catalogue import Catalogue
from app.bundle.version_cache import VersionCache
from models.contract.arrays import Mask
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.title_field import choose_title_field
from models.language.titles import MOST_NAMESAKES, TitleIndex, TitleKeys, Words


def title_field(spec: FeatureSpec) -> str | None:
    """The field with the items' titles: the text field of such a name, else the first one; None without texts."""
    return choose_title_field(field.name for field in spec.fields(FieldKind.TEXT))


@dataclass(frozen=True, slots=True)
class LiveTitles(Mapping[Words, tuple[int, ...]]):
    """Words -> the first rows, not deleted, whose title they are, or else whose title they are up to a colon."""

    base: TitleKeys  # of all rows of an earlier version
    fresh: TitleKeys  # of the rows put since
    fresh_rows: frozenset[int]
    present: Mask  # [n]

    def __getitem__(self, words: Words) -> tuple[int, ...]:
        kinds = ((self.base.wholes, self.fresh.wholes), (self.base.beginnings, self.fresh.beginnings))
        for base, fresh in kinds:
            kept = (row for row in base.get(words, ()) if row not in self.fresh_rows)
            rows = chain(kept, fresh.get(words, ()))
            live = (row for row in rows if row < len(self.present) and self.present[row])
            if found := tuple(islice(live, MOST_NAMESAKES)):
                return found
        raise KeyError(words)

    def __iter__(self) -> Iterator[Words]:
        every = (
            *(self.base.wholes, self.base.beginnings),
            *(self.fresh.wholes, self.fresh.beginnings),
        )
        return (words for words in dict.fromkeys(words for keys in every for words in keys) if words in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class TitleTable:
    """Keeps the titles of all rows of an earlier version, and the index of the newest one."""

    def __init__(self) -> None:
        self._base: tuple[object, TitleKeys] | None = None
        self._newest = VersionCache[TitleIndex]()

    def of(self, catalogue: Catalogue, field: str | None) -> TitleIndex:
        """The index over the rows of the items that are not deleted, of one field at every call."""
        return self._newest.of(catalogue, lambda: self._make(catalogue, field))

    def _make(self, catalogue: Catalogue, field: str | None) -> TitleIndex:
        if field is None:
            return TitleIndex({})

        def title(row: int) -> tuple[int, str]:
            return row, str(catalogue.item(row).attributes.get(field, ""))

        base = self._base
        if base is None or base[0] is not catalogue.store:
            base = self._base = catalogue.store, TitleKeys.of(map(title, range(len(catalogue))))
        fresh = catalogue.fresh.tolist()
        keys = TitleKeys.of(map(title, fresh))
        return TitleIndex(LiveTitles(base[1], keys, frozenset(fresh), catalogue.present))
