"""Read stored values; a damaged value counts as absent."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from app.state.redis.codec import CorruptValueError

Value = TypeVar("Value")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads values; a damaged one is reported to `on_corrupt`, logged without content, and counts as absent."""

    on_corrupt: Callable[[], None]

    def unpack(self, unpack: Callable[[bytes], Value], packed: bytes | None, absent: Value) -> Value:
        """The unpacked value; `absent` if nothing is stored or it is damaged."""
        try:
            return absent if packed is None else unpack(packed)
        except CorruptValueError as exc:
            self.on_corrupt()
            logger.error("a stored value cannot be read and counts as absent: %s", exc)
            return absent
