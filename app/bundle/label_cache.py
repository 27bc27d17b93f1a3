"""A value made of the label sets of a live catalogue, cached over its versions: a put item costs only its row."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Generic, TypeVar

from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemColumns
from app.bundle.version_cache import VersionCache

Value = TypeVar("Value")
Labels = frozenset[str]


class LabelCache(Generic[Value]):
    """Keeps the value of all rows of an earlier version, and that of the newest one.

    `make` gives the value of label sets by row, and `extend` that of a value with other sets at some rows.
    """

    def __init__(
        self,
        make: Callable[[Iterable[Labels]], Value],
        extend: Callable[[Value, Mapping[int, Labels]], Value],
    ) -> None:
        self._make, self._extend = make, extend
        self._base: tuple[ItemColumns, Value, int] | None = None
        self._newest = VersionCache[Value]()

    def of(self, catalogue: Catalogue) -> Value:
        """The value of a version; only its fresh rows may differ from the base."""
        return self._newest.of(catalogue, lambda: self._bring_to(catalogue))

    def _bring_to(self, catalogue: Catalogue) -> Value:
        base, count = self._base, len(catalogue)
        if base is None or base[0] is not catalogue.store or base[2] > count:
            base = self._base = catalogue.store, self._make(islice(catalogue.labels, count)), count
        return self._extend(base[1], {row: catalogue.labels[row] for row in catalogue.fresh.tolist()})
