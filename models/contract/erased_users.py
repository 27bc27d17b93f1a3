"""The users who were erased, in a file of the exported log's folder: no later bundle learns what they did before."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from models.contract.replaced_file import replace_file

ERASED = "_erased_users.json"
"""Digest of the user's id -> the time of the erasure in Unix seconds. A job skips files with such a name."""


def digest_user(user_id: str) -> str:
    """SHA-256 of a user's id, in hexadecimal: the file does not list the ids."""
    return hashlib.sha256(user_id.encode()).hexdigest()


def read_erased(folder: Path) -> dict[str, float]:
    """The file of a folder; empty without one. Raises OSError, and ValueError for another file."""
    path = folder / ERASED
    if not path.exists():
        return {}
    content = json.loads(path.read_bytes())
    if not isinstance(content, dict) or not all(isinstance(time, int | float) for time in content.values()):
        raise ValueError(f"expected the times of erasures in {path}, given something else")
    return {digest: float(time) for digest, time in content.items()}


def add_erased(folder: Path, erased: Mapping[str, float]) -> None:
    """Add erasures, by user id, to the file of a folder; of a user erased again the last time counts."""
    known = read_erased(folder)
    both = known | {digest_user(user): time for user, time in erased.items()}
    if both != known:
        replace_file(folder / ERASED, json.dumps(both).encode())
