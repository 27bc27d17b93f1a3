"""`chorus verify-erasure`: whether a bundle knows erased users, read from its files."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.bundle.array_files import read_user_histories
from app.bundle.bundle import KnownUsers
from app.bundle.record_files import read_item_table, read_profiles, read_user_ids
from models.contract.bundle import HISTORIES, ITEMS, verify
from models.contract.erasures import ErasureList, ErasureListError, find_erased
from models.contract.manifest_seal import BundleKey
from models.contract.unix_time import NO_TIME

REFUSALS = (ErasureListError, ValueError)


@dataclass(frozen=True, slots=True)
class Remnant:
    """The data of an erased user that a bundle has from before the erasure."""

    user_id: str
    events: int
    profile: bool


@dataclass(frozen=True, slots=True)
class ErasureCheck:
    """The outcome for one bundle."""

    model_version: str
    users: int  # whom the bundle knows
    erased: int  # erasures that were looked for
    remnants: tuple[Remnant, ...]

    def describe(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self) | {"remnants": [asdict(each) for each in self.remnants]})


def check_erasures(
    folder: Path, user_ids: Sequence[str], lists: Sequence[Path], key: BundleKey | None
) -> ErasureCheck:
    """Look in a bundle's files for these users, and for those of lists of erased users.

    Of a user by id everything counts; of one in a list what is older than the erasure, and a profile, which has no
    time. Raises BundleError, also for a bundle with damaged files, ErasureListError, and ValueError for no users.
    """
    if not user_ids and not lists:
        raise ValueError("expected --user or --erasures, given neither")
    manifest = verify(folder, key)
    known = _read_known(folder)
    read = [ErasureList.read(path) for path in lists]
    erased_at = find_erased(read, {**known.rows, **known.profiles}) | dict.fromkeys(user_ids, math.inf)
    return ErasureCheck(
        manifest.model_version,
        len({**known.rows, **known.profiles}),
        len(set(user_ids)) + sum(map(len, read)),
        tuple(_find_remnants(known, erased_at)),
    )


def _read_known(folder: Path) -> KnownUsers:
    user_ids = read_user_ids(folder)
    items = [item.item_id for item in read_item_table(folder / ITEMS)]
    histories = read_user_histories(folder / HISTORIES, len(user_ids), len(items))
    return KnownUsers(
        {user_id: row for row, user_id in enumerate(user_ids)}, histories, read_profiles(folder), items
    )


def _find_remnants(known: KnownUsers, erased_at: Mapping[str, float]) -> Iterator[Remnant]:
    """Yield what the bundle has of each user from before the erasure."""
    for user_id, moment in erased_at.items():
        events = known.state(user_id).events
        older = sum(event.timestamp == NO_TIME or event.timestamp < moment for event in events)
        if older or user_id in known.profiles:
            yield Remnant(user_id, older, user_id in known.profiles)
