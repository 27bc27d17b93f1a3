"""Note for each erasure the first bundle without the user, whenever another bundle is served."""

import asyncio
import logging

from app.runtime import Runtime
from app.state.protocol import StateUnavailableError

LOG = logging.getLogger("chorus.erasures")
PAUSE_S = 5.0
"""Between two looks at which bundle is served."""


async def follow_bundles(runtime: Runtime, pause_s: float = PAUSE_S) -> None:
    """Note every bundle that the default tenant serves, until cancelled; a store in an outage is asked again.

    The users of bundles belong to the default tenant: no bundle knows those of others.
    """
    noted: str | None = None
    while True:
        tenant = runtime.default_tenant
        bundle = tenant.bundle
        version = bundle.manifest.model_version
        if version != noted:
            try:
                count = await tenant.receipts.note_bundle(bundle.known_users, version)
            except StateUnavailableError:
                count = 0
            else:
                noted = version
            if count:
                LOG.info("bundle without erased users", extra={"fields": {"receipts": count}})
        await asyncio.sleep(pause_s)
