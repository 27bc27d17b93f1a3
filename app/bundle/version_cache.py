"""A value of all items of the newest version of a catalogue, made once for each version."""

from collections.abc import Callable
from typing import Generic, TypeVar

from app.bundle.catalogue import Catalogue

Value = TypeVar("Value")


class VersionCache(Generic[Value]):
    """Keeps one value. A race of threads costs a second computation and nothing else."""

    def __init__(self) -> None:
        self._made: tuple[Catalogue, Value] | None = None

    def of(self, catalogue: Catalogue, make: Callable[[], Value]) -> Value:
        """The value of a version of the catalogue; `make` makes it where another version was asked for last."""
        made = self._made
        if made is None or made[0] is not catalogue:
            made = self._made = catalogue, make()
        return made[1]
