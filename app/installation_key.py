"""The random key of one installation, which all replicas share through the store."""

import asyncio
import secrets

from app.state.protocol import StateStore, StateUnavailableError

KEY_BYTES = 32
PAUSE_S = 1.0
"""Between two questions to a store that fails."""


class InstallationKey:
    """Reads the key once. As long as the store fails, a key of this process stands in."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._shared: bytes | None = None
        self._substitute = secrets.token_bytes(KEY_BYTES)

    async def get(self) -> bytes:
        """The key, 32 bytes. Raises WrongPseudonymKeyError and WrongStateKeyError."""
        if self._shared is None:
            try:
                self._shared = await self._store.installation_key(secrets.token_bytes(KEY_BYTES))
            except StateUnavailableError:
                return self._substitute
        return self._shared

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
