"""Where the records of keys are kept: a file, or Redis."""

import fcntl
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from anyio import to_thread
from pydantic import ValidationError

from app.access.api_key import KEY, KEYS, ApiKey
from app.state.redis.client import RedisClient

FORMAT = 1
Change = Callable[[Sequence[ApiKey]], Sequence[ApiKey]]
"""The keys so far -> the records to add or to replace."""


class KeyStoreError(Exception):
    """The records of keys cannot be read or written; the message has the place and the reason."""


class KeyStore(Protocol):
    """A place of keys."""

    @property
    def place(self) -> str:
        """The place, for messages."""

    async def read(self) -> tuple[ApiKey, ...]:
        """All records, also those of keys that are no longer valid. Raises KeyStoreError or StateUnavailableError."""

    async def change(self, change: Change) -> None:
        """Add and replace records. Raises KeyStoreError, StateUnavailableError, or what `change` raises."""


class KeyFile:
    """Keys in a JSON file that only its owner can read. It is replaced as a whole, so no reader sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[ApiKey, ...] = ()

    @property
    def place(self) -> str:
        """The file's path."""
        return str(self._path)

    async def read(self) -> tuple[ApiKey, ...]:
        """The file's records; the file is parsed again only if it has changed."""
        return await to_thread.run_sync(self.read_now)

    async def change(self, change: Change) -> None:
        """Read, change and replace the file under a lock, so that two changes at once keep both."""
        await to_thread.run_sync(self._change_now, change)

    def read_now(self) -> tuple[ApiKey, ...]:
        """As `read`, without an event loop."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                self._keys = _parse_file(self._path.read_bytes(), self._path)
                self._stamp = stamp
        except OSError as error:
            reason = "none" if isinstance(error, FileNotFoundError) else error.strerror
            raise KeyStoreError(
                f"expected a file of keys at {self._path}, given {reason}; 'chorus keys create' makes one"
            ) from error
        return self._keys

    def _change_now(self, change: Change) -> None:
        try:
            with self._locked():
                keys = {key.key_id: key for key in (self.read_now() if self._path.exists() else ())}
                keys |= {key.key_id: key for key in change(tuple(keys.values()))}
                _replace_file(self._path, tuple(keys.values()))
        except OSError as error:
            raise KeyStoreError(
                f"expected a file of keys that can be written at {self._path}, given {error.strerror}"
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = os.open(self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class RedisKeys:
    """Keys in a hash of Redis: key id -> record as JSON."""

    place = "Redis"

    def __init__(self, client: RedisClient, prefix: str, deadline_s: float) -> None:
        self._client = client
        self._key = f"{prefix}:api_keys"
        self._deadline_s = deadline_s

    async def read(self) -> tuple[ApiKey, ...]:
        """One HVALS. A record that cannot be read fails all: without it a revoked key might count as valid."""
        packed = await self._client.run_command("HVALS", self._key, deadline_s=self._deadline_s)
        try:
            return tuple(KEY.validate_json(value) for value in packed)
        except ValidationError as error:
            raise KeyStoreError(f"expected records of keys in {self._key}, given another value") from error

    async def change(self, change: Change) -> None:
        """One HSET of the records that change."""
        fields = [
            part
            for key in change(await self.read())
            for part in (key.key_id, KEY.dump_json(key, exclude_defaults=True))
        ]
        await self._client.run_command("HSET", self._key, *fields, deadline_s=self._deadline_s)


def _parse_file(content: bytes, path: Path) -> tuple[ApiKey, ...]:
    """Raises KeyStoreError."""
    try:
        document = json.loads(content)
        if not isinstance(document, dict) or document.keys() != {"format", "keys"}:
            raise ValueError
        if document["format"] != FORMAT:
            raise ValueError
        keys = KEYS.validate_python(document["keys"])
    except ValueError as error:  # also those of json and pydantic
        raise KeyStoreError(
            f"expected a file of keys of format {FORMAT} at {path}, as 'chorus keys create' writes it, given another"
        ) from error
    if len({key.key_id for key in keys}) < len(keys):
        raise KeyStoreError(f"expected each key id once in {path}, given one twice")
    return keys


def _replace_file(path: Path, keys: tuple[ApiKey, ...]) -> None:
    """Write beside the file, then rename. Raises OSError."""
    document = {"format": FORMAT, "keys": KEYS.dump_python(keys, mode="json", exclude_defaults=True)}
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # of mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
