"""Read and write stored values, sealed where there is a key; a damaged value counts as absent."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from app.state.redis.codec import CorruptValueError
from app.state.state_keys import BrokenSealError, StateKeys

if TYPE_CHECKING:
    from app.state.seals import Seals

Value = TypeVar("Value")

logger = logging.getLogger(__name__)


def open_seals(keys: StateKeys | None) -> "Seals | None":
    """The seals of the keys. Only here is the library imported, which takes a while, and only where there is a key."""
    if keys is None:
        return None
    from app.state.seals import Seals

    return Seals(keys)


@dataclass(frozen=True, slots=True)
class Values:
    """Reads values; a damaged one is reported to `on_corrupt`, logged without content, and counts as absent.

    With seals, values at a place are written sealed and read sealed or in clear text.
    """

    on_corrupt: Callable[[], None]
    seals: "Seals | None" = None

    def unpack(
        self,
        unpack: Callable[[bytes], Value],
        packed: bytes | None,
        absent: Value,
        place: str | None = None,
    ) -> Value:
        """The unpacked value; `absent` if nothing is stored or it is damaged. With a `place` it may be sealed."""
        try:
            if packed is None:
                return absent
            return unpack(packed if place is None else self.open(packed, place))
        except CorruptValueError as exc:
            self.report(exc)
            return absent

    def report(self, error: CorruptValueError) -> None:
        """Count and log a value that cannot be read."""
        self.on_corrupt()
        logger.error("a stored value cannot be read and counts as absent: %s", error)

    @property
    def digest_keys(self) -> Sequence[bytes]:
        """The keys for digests of sealed values, the current one first; none without seals."""
        return () if self.seals is None else self.seals.digest_keys

    def seal(self, content: bytes, place: str) -> bytes:
        """The value to store for a content at a place."""
        return content if self.seals is None else self.seals.seal(content, place)

    def open(self, stored: bytes, place: str) -> bytes:
        """The content of what is stored at a place. Raises CorruptValueError."""
        if self.seals is None:
            return stored
        try:
            return self.seals.read(stored, place)
        except BrokenSealError as exc:
            raise CorruptValueError(str(exc)) from exc
