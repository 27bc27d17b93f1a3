"""The list of erased users beside the exported log: training leaves out whom the service has erased."""

from pathlib import Path

from app.erasure.receipts import ErasureReceipts
from app.installation_key import InstallationKey
from app.log.erasure_list import write_erasures
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent
from models.contract.erasures import FILE_NAME, ErasureList
from models.contract.events import Event

KEY, OTHER = b"i" * 32, b"o" * 32


def read_lists(folder: Path) -> list[ErasureList]:
    return [ErasureList.read(path) for path in sorted(folder.glob("_erasures*.json"))]


async def test_the_list_has_the_erased_users(tmp_path: Path) -> None:
    store = MemoryStore()
    key = await store.installation_key(KEY)
    assert await write_erasures(store, tmp_path, key, "") == 0
    await store.append([RecordedEvent("u", Event("i", "view", 1.0))])
    await ErasureReceipts("", store, InstallationKey(store)).erase(
        "u", 5.0, is_known=False, model_version="v"
    )
    assert await write_erasures(store, tmp_path, key, "") == 1
    assert ErasureList.read(tmp_path / FILE_NAME).find(["u", "v"]) == {"u": 5.0}


async def test_what_the_list_had_stays(tmp_path: Path) -> None:
    store = MemoryStore()
    key = await store.installation_key(KEY)
    await store.append([RecordedEvent("u", Event("i", "view", 1.0))])
    await ErasureReceipts("", store, InstallationKey(store)).erase(
        "u", 5.0, is_known=False, model_version="v"
    )
    await write_erasures(store, tmp_path, key, "")
    assert await write_erasures(MemoryStore(), tmp_path, key, "") == 1, "the store lost its receipts"
    assert await write_erasures(MemoryStore(), tmp_path, OTHER, "") == 0
    lists = read_lists(tmp_path)
    assert sorted(len(each) for each in lists) == [0, 1]
    assert [each.find(["u"]) for each in lists if len(each)] == [{"u": 5.0}]
