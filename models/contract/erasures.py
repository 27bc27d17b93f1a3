"""The list of erased users: digests of their ids under a key, and when each was erased. Training leaves them out."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.contract.replaced_file import replace_file

FILE_NAME = "_erasures.json"
"""Its name in the folder of an exported log. A job that reads the folder's data passes over names that begin so."""
PATTERN = "_erasures*.json"
"""The names of such lists: one that an installation without its state replaced keeps a name beside it."""
DIGEST_BYTES = 16

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class ErasureListError(Exception):
    """A file that is no list of erased users."""


def digest_user(key: bytes, user_id: str) -> str:
    """The digest of a user's id: 32 hexadecimal digits of HMAC-SHA-256. Nobody finds the id without the key."""
    return hmac.digest(key, user_id.encode(), "sha256")[:DIGEST_BYTES].hex()


class ErasureDocument(BaseModel):
    """The list as a file. The key tells whether an id is in the list, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    key: str = Field(pattern=r"^[0-9a-f]{64}$")
    erased_at: dict[Digest, Annotated[float, Field(allow_inf_nan=False)]]
    """Digest of a user's id -> Unix seconds."""


@dataclass(frozen=True, slots=True)
class ErasureList:
    """Who was erased and when, by digests under the list's own key."""

    document: ErasureDocument

    @classmethod
    def read(cls, path: Path) -> Self:
        """The list of a file. Raises ErasureListError."""
        try:
            return cls(ErasureDocument.model_validate_json(path.read_bytes()))
        except OSError as error:
            raise ErasureListError(f"expected a list of erased users in {path}, given {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise ErasureListError(
                f"expected a list of erased users, as 'chorus log export' writes it, in {path}, given a file in which "
                f"{place or 'the document'} is wrong: {first['msg']}"
            ) from error

    def write(self, path: Path) -> None:
        """Replace the file at once. Raises OSError."""
        replace_file(path, self.document.model_dump_json().encode())

    def find(self, user_ids: Iterable[str]) -> dict[str, float]:
        """The erased ones of these users, with the Unix second of it."""
        key, erased_at = bytes.fromhex(self.document.key), self.document.erased_at
        digests = ((user_id, digest_user(key, user_id)) for user_id in user_ids)
        return {user_id: erased_at[digest] for user_id, digest in digests if digest in erased_at}

    def __len__(self) -> int:
        return len(self.document.erased_at)


def find_erased(lists: Iterable[ErasureList], user_ids: Iterable[str]) -> dict[str, float]:
    """The users who were erased by one of the lists, with the Unix second of the last erasure."""
    ids, erased_at = tuple(user_ids), dict[str, float]()
    for each in lists:
        for user_id, moment in each.find(ids).items():
            erased_at[user_id] = max(moment, erased_at.get(user_id, moment))
    return erased_at
