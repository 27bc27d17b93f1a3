"""The receipts of erasures in memory."""

from collections.abc import Sequence
from dataclasses import replace

from app.state.protocol import RECEIPT_PAGE, ErasureReceipt


class MemoryReceipts:
    """The ReceiptStore in the memory of this process, where every receipt lasts as long as the process."""

    def __init__(self) -> None:
        self._receipts: dict[str, ErasureReceipt] = {}
        self._lasting: set[str] = set()

    async def put(self, receipt: ErasureReceipt, lasting: bool) -> None:
        """Store a receipt."""
        self._receipts[receipt.receipt_id] = receipt
        if lasting:
            self._lasting.add(receipt.receipt_id)

    async def read(self, receipt_id: str) -> ErasureReceipt | None:
        """The receipt, or None."""
        return self._receipts.get(receipt_id)

    async def list_lasting(self, start: int = 0, count: int = RECEIPT_PAGE) -> Sequence[ErasureReceipt]:
        """A page of the lasting receipts by time, then id."""
        lasting = (self._receipts[receipt_id] for receipt_id in self._lasting)
        return sorted(lasting, key=lambda each: (each.erased_at, each.receipt_id))[start : start + count]

    async def note_bundle(self, receipt_ids: Sequence[str], model_version: str) -> None:
        """Note the first bundle of lasting receipts without one."""
        for receipt_id in self._lasting.intersection(receipt_ids):
            receipt = self._receipts[receipt_id]
            self._receipts[receipt_id] = replace(receipt, first_bundle=receipt.first_bundle or model_version)
