"""Run a search in its folder: open or resume the study, and write the best job after each trial."""

from pathlib import Path

from rich.console import Console

from models.recipe.ingestion import JobData
from models.recipe.training import keep_memory
from models.recipe.tuning.best_job import write_best_job
from models.recipe.tuning.console import format_trial, format_values, open_bars, print_summary
from models.recipe.tuning.search import Limits, Search, list_finished
from models.recipe.tuning.space import choose_space, read_values
from models.recipe.tuning.study import Identity, open_study, retry_interrupted
from models.recipe.tuning.summary import StudySummary, describe_trial, summarise, write_summary
from models.recipe.tuning.trial import prepare_lists


def tune(job_file: Path, data: JobData, folder: Path, limits: Limits, console: Console) -> StudySummary:
    """Search until the limits, print the best trials, and write best.yaml and study.json.

    No other process may have the folder. Raises JobError for a study of another job, data or space.
    """
    keep_memory()
    space = choose_space(data.job)
    study = open_study(folder, Identity.of(data, space))
    search = Search(study, space, data, prepare_lists(data), limits)
    _begin(search, console)
    with open_bars(limits.trials, console) as bars:
        bars.count_trials(len(list_finished(study)))
        for trial in search.run(bars.show_step):
            console.print(format_trial(describe_trial(trial)), highlight=False)
            bars.count_trials(len(list_finished(study)))
            _write(job_file, search, folder)
    summary = _write(job_file, search, folder)
    print_summary(summary, console)
    return summary


def _begin(search: Search, console: Console) -> None:
    """Queue the job as it stands as the first trial, or what an earlier search left unfinished."""
    study, space = search.study, search.space
    if not study.get_trials(deepcopy=False):
        own = read_values(search.data.job, space)
        if all(space[key].contains(value) for key, value in own.items()):
            study.enqueue_trial(dict(own))
        else:
            outside = {key: value for key, value in own.items() if not space[key].contains(value)}
            console.print(
                f"the job as it stands is not a trial, since it is outside of the space: {format_values(outside)}",
                highlight=False,
            )
        return
    for trial in retry_interrupted(study):
        console.print(f"trial {trial.number} was interrupted", highlight=False)
    console.print(
        f"the study in the folder goes on: {len(list_finished(study))} of {search.limits.trials} trials have ended",
        highlight=False,
    )


def _write(job_file: Path, search: Search, folder: Path) -> StudySummary:
    summary = summarise(search)
    write_summary(summary, folder)
    if summary.best is not None:
        write_best_job(job_file, search.data.job, summary.best, folder)
    return summary
