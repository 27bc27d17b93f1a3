"""Leave out what erased users did before their erasure, as the file beside an exported log names them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.contract.arrays import Mask
from models.contract.catalogue import User
from models.contract.erased_users import ERASED, digest_user, read_erased
from models.data.cleaning import Cleaned
from models.data.entities import UserTable
from models.job.errors import JobError


def collect_erased(folders: Iterable[Path]) -> dict[str, float]:
    """The erasures in the files of folders, by digest; of a user erased again the last time counts. Raises JobError."""
    erased: dict[str, float] = {}
    for folder in dict.fromkeys(folders):
        try:
            found = read_erased(folder)
        except (OSError, ValueError) as error:
            raise JobError(f"log: expected a readable file {ERASED} in {folder}, given {error}") from error
        erased |= {digest: max(time, erased.get(digest, time)) for digest, time in found.items()}
    return erased


def leave_out(cleaned: Cleaned, erased: Mapping[str, float], timed: bool) -> Cleaned:
    """The interactions without those of users before their erasure; in a log without times without all of theirs."""
    until = np.array([erased.get(digest_user(name), -np.inf) for name in cleaned.users.names.to_pylist()])
    limits = until[cleaned.users.codes] if len(until) else np.zeros(0)
    gone: Mask = (cleaned.times < limits) if timed else np.isfinite(limits)
    if not gone.any():
        return cleaned
    keep, count = ~gone, int(gone.sum())
    report = replace(cleaned.report, rows=cleaned.report.rows - count, kept=cleaned.report.kept - count)
    return replace(
        cleaned,
        users=cleaned.users.take(keep),
        items=cleaned.items.take(keep),
        times=cleaned.times[keep],
        orders=None if cleaned.orders is None else cleaned.orders[keep],
        values=cleaned.values[keep],
        actions=None if cleaned.actions is None else cleaned.actions.take(keep),
        contexts={name: column.take(keep) for name, column in cleaned.contexts.items()},
        labels={name: column[keep] for name, column in cleaned.labels.items()},
        texts=None if cleaned.texts is None else cleaned.texts.take(keep),
        report=report,
    )


def leave_out_profiles(profiles: UserTable, erased: Mapping[str, float]) -> UserTable:
    """The profiles without those of erased users, who may have come back: what the table says of them is of before."""
    return replace(profiles, users=tuple(user for user in profiles.users if not _is_erased(user, erased)))


def _is_erased(user: User, erased: Mapping[str, float]) -> bool:
    return digest_user(user.user_id) in erased
