"""Receipts over a store and bundles' users: digests, the first bundle without a user, and the list for training."""

from collections.abc import Sequence

import numpy as np

from app.bundle.bundle import KnownUsers
from app.erasure.receipts import ErasureReceipts, derive_key, digest_names, list_erasures
from app.installation_key import InstallationKey
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent, UserMerge
from app.state.pseudonyms import Pseudonyms
from models.contract.catalogue import User
from models.contract.erasures import digest_user
from models.contract.events import Event, EventColumns

NAMES = Pseudonyms(b"p" * 32)
NOBODY = EventColumns(
    np.zeros(1, np.int64), *(np.zeros(0, np.int64),) * 2, np.zeros(0, np.float32), np.zeros(0), ()
)


def known(rows: Sequence[str] = (), profiles: Sequence[str] = ()) -> KnownUsers:
    numbers = {user_id: row for row, user_id in enumerate(rows)}
    return KnownUsers(numbers, NOBODY, {user_id: User(user_id) for user_id in profiles}, ())


def receipts(store: MemoryStore) -> ErasureReceipts:
    return ErasureReceipts("", store, InstallationKey(store))


def test_a_user_has_a_digest_for_each_name() -> None:
    key = derive_key(b"i" * 32, "")
    assert digest_names(key, "u", ["visitor", "u"], None) == (
        digest_user(key, "u"),
        digest_user(key, "visitor"),
    )
    assert digest_names(key, "u", [], NAMES)[1] == digest_user(key, NAMES.name("u"))
    assert derive_key(b"i" * 32, "shop") != key != b"i" * 32


async def test_a_receipt_waits_for_the_first_bundle_without_the_user() -> None:
    store = MemoryStore()
    register = receipts(store)
    receipt = await register.erase("u", 5.0, is_known=True, model_version="v0")
    old, new = known(["a", "u"], ["b"]), known(["a"], ["b"])
    assert await register.note_bundle(old, "v1") == 0
    assert (await register.find(receipt.receipt_id, old, "v1")) == receipt
    assert await register.knows(receipt, old) and await register.knows(receipt, known(profiles=["u"]))
    assert not await register.knows(receipt, new)
    assert await register.note_bundle(new, "v2") == 1 and await register.note_bundle(new, "v3") == 0
    found = await receipts(store).find(receipt.receipt_id, known(["u"]), "v4")
    assert found is not None and found.first_bundle == "v2"


async def test_a_merged_id_is_erased_with_the_user() -> None:
    store = MemoryStore()
    await store.append([RecordedEvent("visitor", Event("i", "view", 1.0))])
    await store.merge(UserMerge("u", "visitor", 2.0, None, None))
    register = receipts(store)
    receipt = await register.erase("u", 5.0, is_known=False, model_version="v0")
    assert await register.knows(receipt, known(["visitor"])) and not await register.knows(
        receipt, known(["v"])
    )
    key = derive_key(await InstallationKey(store).read(), "")
    erased = await list_erasures(store, key)
    assert erased.find(["u", "visitor", "other"]) == {"u": 5.0, "visitor": 5.0}


async def test_an_invented_id_is_not_in_the_list_for_training() -> None:
    store = MemoryStore()
    register = receipts(store)
    receipt = await register.erase("nobody", 5.0, is_known=False, model_version="v0")
    assert await register.find(receipt.receipt_id, known(), "v1") == receipt
    assert receipt.first_bundle == "v0"
    assert len(await list_erasures(store, b"k" * 32)) == 0
