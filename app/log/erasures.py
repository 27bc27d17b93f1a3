"""Name the users of a bundle who were erased, in the folder of the exported log."""

import json
from pathlib import Path

from app.log.export import read_erasures
from app.state.protocol import TenantStore
from models.contract.bundle import USER_IDS
from models.contract.erased_users import add_erased


async def name_erased(store: TenantStore, folder: Path, bundle: Path) -> None:
    """Add the erased users of a bundle to the file of the folder: later trainings leave out what they did before.

    A bundle that is not there has no users. Raises OSError, ValueError and StateUnavailableError.
    """
    path = bundle / USER_IDS
    if path.is_file():
        users = [str(user) for user in json.loads(path.read_bytes())]
        add_erased(folder, await read_erasures(store, users))
