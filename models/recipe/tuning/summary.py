"""The summary of a study: every trial, the best one, the job as it stands, and how much each key mattered."""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, TrialState

from models.contract.replaced_file import replace_file
from models.recipe.tuning.search import FIGURES, REASON, UNSUITED, Search, list_complete
from models.recipe.tuning.space import Values, read_values
from models.recipe.tuning.trial import TrialFigures

FILE = "study.json"
LEAST_TRIALS = 5
"""Complete trials from which on the importance of a key is estimated."""
OBJECTIVE = (
    "NDCG@10 of the head `next` before events of the validation part, over the whole catalogue without the user's "
    "items; one seed for all trials"
)
OUTCOMES = {TrialState.COMPLETE: "complete", TrialState.PRUNED: "pruned", TrialState.FAIL: "interrupted"}


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial that has ended. `outcome`: complete, pruned, unsuited or interrupted."""

    number: int
    outcome: str
    values: Values
    figures: TrialFigures | None  # None: not complete
    reason: str | None  # why it is not


@dataclass(frozen=True, slots=True)
class StudySummary:
    """All that study.json has."""

    job: str
    lists: int
    seed: int
    space: Mapping[str, Mapping[str, object]]
    best: TrialRow | None  # None: no trial is complete
    job_as_it_stands: TrialRow | None  # None: not complete, or its values are outside of the space
    importance: Mapping[str, float]  # key -> share, of all keys 1; empty: not to be estimated
    trials: Sequence[TrialRow]
    objective: str = OBJECTIVE


def summarise(search: Search) -> StudySummary:
    """The summary of a study so far."""
    job, study = search.data.job, search.study
    own = read_values(job, search.space)
    complete = [describe_trial(trial) for trial in list_complete(study)]
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state in OUTCOMES]
    return StudySummary(
        job=job.name,
        lists=len(search.lists.next_events.case),
        seed=job.training.seed,
        space={
            key: choice.model_dump(mode="json", exclude_defaults=True) for key, choice in search.space.items()
        },
        best=next(iter(complete), None),
        job_as_it_stands=next((row for row in complete if row.values == own), None),
        importance=estimate_importance(study),
        trials=[describe_trial(trial) for trial in ended],
    )


def describe_trial(trial: FrozenTrial) -> TrialRow:
    """The row of a trial that has ended."""
    figures = trial.user_attrs.get(FIGURES)
    return TrialRow(
        number=trial.number,
        outcome="unsuited" if UNSUITED in trial.user_attrs else OUTCOMES[trial.state],
        values=dict(trial.params),
        figures=None if figures is None else TrialFigures(**figures),
        reason=trial.user_attrs.get(REASON),
    )


def estimate_importance(study: optuna.Study) -> Mapping[str, float]:
    """Key -> its share in what sets the best trials apart (PED-ANOVA, Watanabe et al. 2023), the greatest first.

    Empty for fewer than LEAST_TRIALS complete trials, and where all are equally good.
    """
    complete = list_complete(study)
    if len(complete) < LEAST_TRIALS or len({trial.value for trial in complete}) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # Optuna warns of few trials; the page and the table say how many there are
        shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return {key: round(share, 4) for key, share in shares.items()}


def write_summary(summary: StudySummary, folder: Path) -> None:
    """Write the summary as JSON."""
    replace_file(folder / FILE, json.dumps(asdict(summary), indent=1).encode() + b"\n")
