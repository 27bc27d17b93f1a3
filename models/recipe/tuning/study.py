"""The study of a search: a SQLite file in its folder, which outlives a killed process, and what it is a study of."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.exceptions import StorageInternalError
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from models.job.settings import Setting, list_settings
from models.job.spec import JobError
from models.recipe.ingestion import JobData
from models.recipe.preflight import work_folder
from models.recipe.tuning.space import Space

FILE = "study.db"
"""SQLite rolls back what a killed process has not finished. Optuna's journal file keeps the lock of such a process."""
NAME = "chorus"
DATA = "data"
"""The beginning of the name of the folder's work folder, with the quarantined rows and the cached text vectors."""
IDENTITY, ATTEMPT = "identity", "attempt"
MOST_ATTEMPTS = 3
"""A trial that was interrupted so often may itself end the process, for want of memory say, and is given up."""
RANDOM_TRIALS = 6
"""Trials drawn at random before the sampler learns from them."""
UNPRUNED_TRIALS, UNPRUNED_EPOCHS = 4, 2
"""Trials that nothing is compared with, and epochs of each that do not tell yet."""
INCOMPARABLE = ("training.negatives", "training.hide_seen", "training.epochs")
"""Keys on which the NDCG@10 of an epoch depends by itself, or whether it has one: samples, the schedule of the rate."""
MEASURE = "NDCG@10"
"""The measure of an epoch. With another one, as the loss of earlier versions, it is another study."""
NAMED = 3
"""The most differences in a message."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The subject of a study: every setting of the job, the digest of its data, and the space."""

    settings: Mapping[str, Setting]
    data: str
    space: Mapping[str, Mapping[str, object]]
    measure: str = MEASURE

    @staticmethod
    def of(data: JobData, space: Space) -> "Identity":
        """The identity of a search over the data of a job whose sizes are all chosen."""
        ranges = {key: choice.model_dump(mode="json", exclude_defaults=True) for key, choice in space.items()}
        return Identity(list_settings(data.job), data.digest, ranges)

    def write(self) -> dict[str, Any]:
        """As JSON gives it back."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return content


def check_study_folder(folder: Path) -> None:
    """Raise ValueError unless the folder is absent, empty or a study's, or where its path is none for SQLite."""
    if "?" in str(folder):
        raise ValueError(f"expected a folder without ? in its path, given {folder}")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ValueError(f"expected a folder or none at {folder}, given a file")
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others and FILE not in others and others != [work_folder(folder / DATA).name]:
        raise ValueError(
            f"expected a folder of a study, an empty one or none at {folder}, given one with {others[0]}"
        )


def open_study(folder: Path, identity: Identity) -> optuna.Study:
    """The study in the folder, begun if there is none; raises JobError for one of another job, data or space.

    No other process may have the folder.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder.resolve() / FILE
    try:
        study = optuna.create_study(
            storage=RDBStorage(
                f"sqlite:///{path}", engine_kwargs={"poolclass": NullPool}
            ),  # nothing stays open
            study_name=NAME,
            direction="maximize",
            load_if_exists=True,
            pruner=choose_pruner(identity),
        )
    except (SQLAlchemyError, StorageInternalError, RuntimeError) as error:
        raise JobError(
            f"expected a study that Optuna can read in {path}, given {str(error).splitlines()[0]}; choose another --out"
        ) from error
    content = identity.write()
    stored = study.user_attrs.get(IDENTITY)
    if stored is None:
        study.set_user_attr(IDENTITY, content)
    elif stored != content:
        raise JobError(_describe_difference(folder, stored, content))
    return study


def choose_pruner(identity: Identity) -> BasePruner:
    """Prune what is worse than the median of the others in the same epoch, where epochs can be compared."""
    if any(key in identity.space for key in INCOMPARABLE):
        return NopPruner()
    return MedianPruner(n_startup_trials=UNPRUNED_TRIALS, n_warmup_steps=UNPRUNED_EPOCHS)


def make_sampler(seed: int, finished: int) -> TPESampler:
    """The sampler of the trial after `finished` ones.

    With a generator of its own, a search that was interrupted goes on like one that was not.
    """
    trial_seed = int(np.random.SeedSequence([seed, finished]).generate_state(1)[0])
    return TPESampler(n_startup_trials=RANDOM_TRIALS, seed=trial_seed)


def retry_interrupted(study: optuna.Study) -> list[FrozenTrial]:
    """Set aside the trials that a killed process left, and queue their values again; returns those trials."""
    interrupted = study.get_trials(states=(TrialState.RUNNING,))
    space = study.user_attrs[IDENTITY]["space"]
    for trial in interrupted:
        attempt = trial.user_attrs.get(ATTEMPT, 1)
        if trial.params.keys() == space.keys() and attempt < MOST_ATTEMPTS:
            study.enqueue_trial(trial.params, user_attrs={ATTEMPT: attempt + 1})
        study.tell(trial.number, state=TrialState.FAIL)
    return interrupted


def _describe_difference(
    folder: Path, stored: Mapping[str, Mapping[str, object]], given: Mapping[str, Mapping[str, object]]
) -> str:
    """The message for another space, job or data, with the first keys that differ."""
    for part, title in (("space", "search space"), ("settings", "job")):
        old, new = stored[part], given[part]
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        if keys:
            names = ", ".join(keys[:NAMED]) + (" and more" if len(keys) > NAMED else "")
            return (
                f"expected the {title} of the study in {folder}, given another ({names}); "
                "choose another --out, or delete the folder to begin anew"
            )
    return (
        f"expected the data of the study in {folder}, given others; "
        "choose another --out, or delete the folder to begin anew"
    )
