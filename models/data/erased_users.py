"""Leave erased users out of a job's data: what the log has of the time before, their earlier events, their profile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Mask
from models.contract.erasures import PATTERN, ErasureList, ErasureListError, find_erased
from models.data.cleaning import Cleaned, take_rows
from models.data.entities import UserTable
from models.data.histories import Histories
from models.data.readers.parsing import TextCodes
from models.job.errors import JobError

NEVER = -np.inf
"""The time of an erasure that did not happen."""


@dataclass(frozen=True, slots=True)
class ErasedUsers:
    """The erasures of a job's lists; without lists nothing is left out."""

    lists: tuple[ErasureList, ...] = ()

    def drop_events(self, cleaned: Cleaned, timed: bool) -> Cleaned:
        """The log without the events before their user's erasure; without times, without all events of the user."""
        erased_at = self._find_times(cleaned.users)
        moments = erased_at[cleaned.users.codes]
        is_gone = cleaned.times < moments if timed else np.isfinite(moments)
        if not is_gone.any():
            return cleaned
        kept = take_rows(cleaned, ~is_gone)
        count = int(is_gone.sum())
        report = replace(cleaned.report, kept=cleaned.report.kept - count, erased=count)
        return replace(kept, report=report)

    def drop_histories(self, histories: Histories) -> Histories:
        """The earlier events without those of erased users: all came before the log."""
        keep = ~self._mark(histories.users)
        return replace(histories, users=histories.users.take(keep), items=histories.items.take(keep))

    def drop_profiles(self, profiles: UserTable) -> UserTable:
        """The user table without the rows of erased users, as a row does not say when it was written."""
        erased = find_erased(self.lists, (user.user_id for user in profiles.users))
        if not erased:
            return profiles
        return replace(profiles, users=tuple(user for user in profiles.users if user.user_id not in erased))

    def _mark(self, users: TextCodes) -> Mask:
        """[n] True for rows of erased users."""
        return np.isfinite(self._find_times(users))[users.codes]

    def _find_times(self, users: TextCodes) -> Doubles:
        """[names] the Unix second of each name's erasure; NEVER for those who were not erased."""
        names: list[str] = users.names.to_pylist()
        erased = find_erased(self.lists, names)
        return np.array([erased.get(name, NEVER) for name in names] or [NEVER], dtype=np.float64)


def list_erasures(folders: Iterable[Path]) -> list[Path]:
    """The lists of erased users that lie in these folders, as beside an exported log."""
    return [path for folder in dict.fromkeys(folders) for path in sorted(folder.glob(PATTERN))]


def read_erased_users(paths: Sequence[Path]) -> ErasedUsers:
    """The erasures of these files, each read once. Raises JobError."""
    try:
        return ErasedUsers(tuple(map(ErasureList.read, dict.fromkeys(path.resolve() for path in paths))))
    except ErasureListError as error:
        raise JobError(f"erasures: {error}") from error
