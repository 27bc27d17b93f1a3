"""Note for each erasure the first bundle without the user, whenever another bundle is served."""

import asyncio
import logging
from collections.abc import Callable

from app.erasure.receipts import ErasureReceipts, UserTables
from app.state.protocol import StateUnavailableError

LOG = logging.getLogger("chorus.erasures")
PAUSE_S = 5.0
"""Between two looks at which bundle is served."""


async def follow_bundles(
    receipts: ErasureReceipts, read_served: Callable[[], tuple[UserTables, str]], pause_s: float = PAUSE_S
) -> None:
    """Note every bundle that is served, until cancelled; a store in an outage is asked again.

    `read_served` gives the users and the model version of the bundle in use.
    """
    noted: str | None = None
    while True:
        known, version = read_served()
        if version != noted:
            try:
                count = await receipts.note_bundle(known, version)
            except StateUnavailableError:
                count = 0
            else:
                noted = version
            if count:
                LOG.info("bundle without erased users", extra={"fields": {"receipts": count}})
        await asyncio.sleep(pause_s)
