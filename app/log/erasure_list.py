"""Write who was erased beside the exported log, as the list that a job's `erasures` reads."""

from pathlib import Path

from app.erasure.receipts import derive_key, list_erasures
from app.state.protocol import TenantStore
from models.contract.erasures import FILE_NAME, ErasureDocument, ErasureList

KEY_DIGITS = 8
"""Digits of a key in the name of the list of an earlier installation."""


async def write_erasures(store: TenantStore, folder: Path, installation_key: bytes, tenant: str) -> int:
    """Write the list of a tenant's erased users; the number of digests in it.

    What the list had before stays, whatever became of the store since: a list of an earlier installation, which has
    another key, keeps a name of its own. Raises StateUnavailableError, ErasureListError and OSError.
    """
    found = await list_erasures(store, derive_key(installation_key, tenant))
    path = folder / FILE_NAME
    if path.exists():
        before = ErasureList.read(path)
        found = join_lists(before, found) or keep_apart(path, before, found)
    found.write(path)
    return len(found)


def join_lists(before: ErasureList, found: ErasureList) -> ErasureList | None:
    """Both lists with the later erasure of each user; None if they have different keys."""
    first, second = before.document, found.document
    if first.key != second.key:
        return None
    moments = first.erased_at | {
        digest: max(moment, first.erased_at.get(digest, moment))
        for digest, moment in second.erased_at.items()
    }
    return ErasureList(ErasureDocument(key=first.key, erased_at=moments))


def keep_apart(path: Path, before: ErasureList, found: ErasureList) -> ErasureList:
    """Give the list of an earlier installation a name with digits of its key; the new list takes its place."""
    before.write(path.with_name(f"{path.stem}-{before.document.key[:KEY_DIGITS]}{path.suffix}"))
    return found
