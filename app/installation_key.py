"""The random key of one installation, which all replicas share through the store."""

import asyncio
import hmac
import secrets

from app.state.protocol import StateStore, StateUnavailableError

KEY_BYTES = 32
PAUSE_S = 1.0
"""Between two questions to a store that fails."""


def derive_tenant_key(key: bytes, purpose: bytes, tenant: str) -> bytes:
    """The key of a tenant for one purpose, 32 bytes: nobody can compute the others from it."""
    return hmac.digest(key, purpose + tenant.encode(), "sha256")


class InstallationKey:
    """Reads the key once. As long as the store fails, a key of this process stands in."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._shared: bytes | None = None
        self._substitute = secrets.token_bytes(KEY_BYTES)

    async def get(self) -> bytes:
        """The key, 32 bytes. Raises WrongPseudonymKeyError and WrongStateKeyError."""
        try:
            return await self.read()
        except StateUnavailableError:
            return self._substitute

    async def read(self) -> bytes:
        """The key that the replicas share, without a substitute.

        Raises StateUnavailableError, WrongPseudonymKeyError and WrongStateKeyError.
        """
        if self._shared is None:
            self._shared = await self._store.installation_key(secrets.token_bytes(KEY_BYTES))
        return self._shared

    async def settle(self, pause_s: float = PAUSE_S) -> None:
        """Ask until the store answers. Raises WrongPseudonymKeyError and WrongStateKeyError."""
        await self.get()
        while self._shared is None:
            await asyncio.sleep(pause_s)
            await self.get()
