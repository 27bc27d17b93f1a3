"""Protocol of the receipts of erasures: who was erased, as digests, and which bundle was the first without them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

RECEIPT_PAGE = 1_000
"""Receipts of one call."""


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """One erasure. It has no id of a user, but digests under a key that is not stored with it."""

    receipt_id: str
    erased_at: float  # Unix seconds
    users: tuple[str, ...]  # digests of the user's id, and of the ids that were merged into it
    deleted: Mapping[str, int] = field(default_factory=dict)  # kind of record -> number
    first_bundle: str | None = None  # the model version that was the first to be served without the user


class ReceiptStore(Protocol):
    """The receipts of one tenant. Every method raises StateUnavailableError within its timeout."""

    async def put(self, receipt: ErasureReceipt, lasting: bool) -> None:
        """Store a receipt, for ever if it is `lasting`, else for the time to live of events."""

    async def read(self, receipt_id: str) -> ErasureReceipt | None:
        """The receipt; None for one that was never given, or is expired."""

    async def list_lasting(self, start: int = 0, count: int = RECEIPT_PAGE) -> Sequence[ErasureReceipt]:
        """Up to `count` lasting receipts from number `start` on, the oldest erasure first."""

    async def note_bundle(self, receipt_ids: Sequence[str], model_version: str) -> None:
        """Note the first bundle without the users of lasting receipts; what was noted before stays."""
