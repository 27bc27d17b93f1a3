"""Search: trial after trial until their number or the time is reached."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from statistics import median

import optuna
from optuna import Trial
from optuna.trial import FrozenTrial, TrialState

from models.job.spec import JobError
from models.recipe.ingestion import JobData
from models.recipe.tuning.space import Space, UnsuitedValuesError, Values, set_job_values, suggest_values
from models.recipe.tuning.study import ATTEMPT, make_sampler
from models.recipe.tuning.trial import DivergedError, TrialLists, set_job, train_trial
from models.training.early_stopping import EpochFigures
from models.training.loop import Progress

FIGURES, REASON, UNSUITED = "figures", "reason", "unsuited"
"""User attributes of a trial: its figures, why it ended early, and True where it was not trained at all."""
MOST_UNSUITED = 100
"""Trials in a row that were not trained, after which the space is at fault."""


class _OutOfTimeError(Exception):
    """The time of the search ended within a trial."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The trials of a study in all, and the seconds of the clock at which this search ends."""

    trials: int
    deadline: float
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Search:
    """A study with what its trials share."""

    study: optuna.Study
    space: Space
    data: JobData
    lists: TrialLists
    limits: Limits

    def run(self, show: Progress) -> Iterator[FrozenTrial]:
        """Yield each trial when it has ended. One that the time cut is queued again, for the next search.

        Raises JobError if the space has next to no values that suit each other.
        """
        unsuited = 0
        while len(list_finished(self.study)) < self.limits.trials and self._has_time():
            told = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
            self.study.sampler = make_sampler(self.data.job.training.seed, len(told))
            trial = self.study.ask()
            try:
                ended = self._run_trial(trial, suggest_values(trial, self.space), show)
            except _OutOfTimeError:
                self._set_aside(trial)
                return
            unsuited = unsuited + 1 if UNSUITED in ended.user_attrs else 0
            if unsuited == MOST_UNSUITED:
                raise JobError(
                    f"tune: expected ranges whose values suit each other, given {unsuited} trials in a row whose "
                    f"values do not: {ended.user_attrs[REASON]}"
                )
            yield ended

    def _has_time(self) -> bool:
        """True if a trial as long as the median of those that ended would end in time."""
        seconds = [trial.user_attrs[FIGURES]["seconds"] for trial in list_complete(self.study)]
        return self.limits.clock() + (median(seconds) if seconds else 0.0) < self.limits.deadline

    def _run_trial(self, trial: Trial, values: Values, show: Progress) -> FrozenTrial:
        """Train a trial and tell the study its outcome; raises _OutOfTimeError."""
        try:
            data = set_job(self.data, set_job_values(self.data.job, values))
            figures = train_trial(data, self.lists, self._report_to(trial, data.job.training.epochs), show)
        except (UnsuitedValuesError, DivergedError, optuna.TrialPruned) as error:
            trial.set_user_attr(REASON, str(error))
            if isinstance(error, UnsuitedValuesError):
                trial.set_user_attr(UNSUITED, True)
            return self.study.tell(trial, state=TrialState.PRUNED)
        trial.set_user_attr(FIGURES, asdict(figures))
        return self.study.tell(trial, figures.ndcg)

    def _report_to(self, trial: Trial, epochs: int) -> Callable[[EpochFigures], None]:
        """The function that tells a trial each epoch's NDCG@10, and ends it where it is poor or the time is up.

        In the last epoch nothing is pruned, as it would save nothing.
        """

        def report(figures: EpochFigures) -> None:
            if figures.gain is not None:
                trial.report(figures.gain, figures.epoch)
            if self.limits.clock() > self.limits.deadline:
                raise _OutOfTimeError
            if figures.epoch + 1 < epochs and trial.should_prune():
                raise optuna.TrialPruned(f"worse than the median after {figures.epoch + 1} epochs")

        return report

    def _set_aside(self, trial: Trial) -> None:
        """Queue the values of a trial again, and leave the trial itself out of the study's figures."""
        attempt = trial.user_attrs.get(ATTEMPT, 1)
        self.study.enqueue_trial(trial.params, user_attrs={ATTEMPT: attempt})
        self.study.tell(trial, state=TrialState.FAIL)


def list_complete(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that were trained to their end, the best first."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return sorted(trials, key=lambda trial: (-trial.user_attrs[FIGURES]["ndcg"], trial.number))


def list_finished(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that count: those that were trained, to their end or until they were pruned."""
    states = (TrialState.COMPLETE, TrialState.PRUNED)
    return [
        trial for trial in study.get_trials(deepcopy=False, states=states) if UNSUITED not in trial.user_attrs
    ]
