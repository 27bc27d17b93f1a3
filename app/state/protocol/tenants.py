"""Protocol of what is stored of one tenant, and the names that a tenant may have."""

import re
from typing import Protocol

from app.state.protocol.erasures import ReceiptStore
from app.state.protocol.events import EventStream
from app.state.protocol.experiments import ExperimentStore
from app.state.protocol.impressions import ImpressionStore
from app.state.protocol.items import ItemStore
from app.state.protocol.live import LiveStore
from app.state.protocol.outcomes import OutcomeStore
from app.state.protocol.trials import TrialStore
from app.state.protocol.users import UserStore

TENANT_PATTERN = "[a-z0-9][a-z0-9._-]{0,63}"
"""A name has no colon, which separates the parts of a key in Redis, and no brace, which marks its slot."""
DEFAULT_TENANT = ""
"""The name of the tenant of keys without a tenant, and of callers without a key."""

_TENANT = re.compile(TENANT_PATTERN, re.ASCII)


class TenantStore(UserStore, ItemStore, EventStream, Protocol):
    """All that is stored of one tenant. No call reads or changes the data of another one."""

    @property
    def impressions(self) -> ImpressionStore:
        """The impressions of the answers to the tenant's callers."""

    @property
    def receipts(self) -> ReceiptStore:
        """The receipts of the tenant's erasures."""

    @property
    def outcomes(self) -> OutcomeStore:
        """The counts of what was shown and taken."""

    @property
    def live(self) -> LiveStore:
        """How many users took which items lately."""

    @property
    def trials(self) -> TrialStore:
        """How often new items were shown."""

    @property
    def experiments(self) -> ExperimentStore:
        """The tenant's experiments."""


def check_tenant(name: str) -> str:
    """The name of a tenant other than the default one. Raises ValueError for a name that none can have."""
    if not _TENANT.fullmatch(name):
        raise ValueError(
            f"expected a tenant of up to 64 lower-case letters, digits, '.', '_' and '-', given {name!r}"
        )
    return name
