"""The erasures of users who stand in the exported log."""

from collections.abc import Sequence

from app.state.protocol import TenantStore

USERS = 500
"""Users whose erasures are read in one call."""


async def read_erasures(store: TenantStore, users: Sequence[str | None]) -> dict[str, float]:
    """User -> the time of the erasure, of those who were erased; None, for nobody, is passed over."""
    named = [user for user in users if user is not None]
    erased_at: dict[str, float] = {}
    for start in range(0, len(named), USERS):
        part = named[start : start + USERS]
        times = await store.read_erasures(part)
        erased_at |= {user: at for user, at in zip(part, times, strict=True) if at is not None}
    return erased_at
