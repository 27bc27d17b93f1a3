"""The receipts of a tenant's erasures: given with each one, and asked later for the first bundle without the user."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.installation_key import InstallationKey, derive_tenant_key
from app.state.protocol import RECEIPT_PAGE, ErasureReceipt, TenantStore
from app.state.pseudonyms import Pseudonyms
from models.contract.catalogue import User
from models.contract.erasures import ErasureDocument, ErasureList, digest_user

PURPOSE = b"chorus erasures\0"
"""Keeps the key of the digests from being that of another purpose."""

Prefixes = NDArray[np.uint64]
"""[n] the first eight bytes of digests, sorted: 8 MB for a million users."""


def derive_key(installation_key: bytes, tenant: str) -> bytes:
    """The key of a tenant's digests, 32 bytes: no other key can be computed from it."""
    return derive_tenant_key(installation_key, PURPOSE, tenant)


def digest_names(
    key: bytes, user_id: str, merged: Iterable[str], names: Pseudonyms | None
) -> tuple[str, ...]:
    """The digests of all names that data may have for a user: the id, its pseudonym, and the ids merged into it."""
    pseudonym = [] if names is None else [names.name(user_id)]
    return tuple(digest_user(key, name) for name in dict.fromkeys([user_id, *pseudonym, *merged]))


async def list_receipts(store: TenantStore) -> list[ErasureReceipt]:
    """All lasting receipts, the oldest first. Raises StateUnavailableError."""
    receipts: list[ErasureReceipt] = []
    while page := await store.receipts.list_lasting(len(receipts)):
        receipts += page
        if len(page) < RECEIPT_PAGE:
            break
    return receipts


async def list_erasures(store: TenantStore, key: bytes) -> ErasureList:
    """Who was erased, for training. Raises StateUnavailableError."""
    receipts = await list_receipts(store)
    erased_at = {digest: receipt.erased_at for receipt in receipts for digest in receipt.users}
    return ErasureList(ErasureDocument(key=key.hex(), erased_at=erased_at))


class UserTables(Protocol):
    """The users of a bundle (app.bundle.bundle.KnownUsers)."""

    @property
    def rows(self) -> Mapping[str, int]:
        """User id -> row of the histories."""

    @property
    def profiles(self) -> Mapping[str, User]:
        """User id -> profile."""


class ErasureReceipts:
    """Gives and finds the receipts of one tenant."""

    def __init__(
        self, tenant: str, store: TenantStore, key: InstallationKey, names: Pseudonyms | None = None
    ) -> None:
        self._tenant = tenant
        self._store = store
        self._key = key
        self._names = names
        self._indexed: tuple[UserTables, Prefixes] | None = None

    async def erase(
        self, user_id: str, now: float, is_known: bool, model_version: str | None
    ) -> ErasureReceipt:
        """Erase a user and store the receipt. `is_known`: a bundle may know the user; `model_version`: of that in use.

        A receipt that does not last is of a user without data, whom the bundle in use lacks: it waits for no later one.
        Raises StateUnavailableError, and UnmarkedErasureError if everything was deleted and the erasure was not noted.
        """
        key = derive_key(await self._key.read(), self._tenant)
        merged = (await self._store.export(user_id)).merged_from
        deleted = await self._store.erase(user_id, now, lasting=is_known)
        users = digest_names(key, user_id, merged, self._names)
        lasting = is_known or bool(merged) or any(deleted.values())
        first_bundle = None if lasting else model_version
        receipt = ErasureReceipt(uuid.uuid4().hex, now, users, deleted, first_bundle)
        await self._store.receipts.put(receipt, lasting)
        return receipt

    async def find(self, receipt_id: str, known: UserTables, model_version: str) -> ErasureReceipt | None:
        """The receipt with the first bundle without the user, if the one in use is the first; None for no receipt.

        Raises StateUnavailableError.
        """
        receipt = await self._store.receipts.read(receipt_id)
        if receipt is None or receipt.first_bundle is not None or await self.knows(receipt, known):
            return receipt
        await self._store.receipts.note_bundle([receipt_id], model_version)
        return await self._store.receipts.read(receipt_id)

    async def knows(self, receipt: ErasureReceipt, known: UserTables) -> bool:
        """True if a bundle with these users knows the user of a receipt. Raises StateUnavailableError."""
        return bool(self._mark([receipt], known, await self._read_key())[0])

    async def note_bundle(self, known: UserTables, model_version: str) -> int:
        """Note a bundle for all receipts of which it is the first without the user; their number.

        Raises StateUnavailableError.
        """
        waiting = [each for each in await list_receipts(self._store) if each.first_bundle is None]
        if not waiting:
            return 0
        is_known = self._mark(waiting, known, await self._read_key())
        free = [each.receipt_id for each, knows in zip(waiting, is_known, strict=True) if not knows]
        await self._store.receipts.note_bundle(free, model_version)
        return len(free)

    async def _read_key(self) -> bytes:
        return derive_key(await self._key.read(), self._tenant)

    def _mark(self, receipts: Sequence[ErasureReceipt], known: UserTables, key: bytes) -> list[bool]:
        """Whether the users of each receipt are among the known ones."""
        if self._indexed is None or self._indexed[0] is not known:
            self._indexed = (known, index_users(known.rows, known.profiles, key=key))
        prefixes = self._indexed[1]
        return [any(_is_among(digest, prefixes) for digest in receipt.users) for receipt in receipts]


def index_users(*users: Mapping[str, object], key: bytes) -> Prefixes:
    """The digests of all users, for a search among them."""
    digests = (
        digest_user(key, user_id) for user_id in dict.fromkeys(name for part in users for name in part)
    )
    return np.sort(np.fromiter((int(digest[:16], 16) for digest in digests), dtype=np.uint64))


def _is_among(digest: str, prefixes: Prefixes) -> bool:
    """True if a digest is among those of the index; that another one begins alike has a chance below 1 in 10^12."""
    prefix = np.uint64(int(digest[:16], 16))
    at = int(np.searchsorted(prefixes, prefix))
    return at < len(prefixes) and bool(prefixes[at] == prefix)
