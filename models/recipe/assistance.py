"""The other processes of a training that torchrun started: each learns from its share, none evaluates or publishes."""

import tempfile
from pathlib import Path

import torch
from rich.console import Console

from models.job.errors import JobError
from models.job.spec import JobSpec
from models.network.model import grow_network
from models.network.shape import infer_shape
from models.recipe.fingerprint import identify_run
from models.recipe.ingestion import JobData, ingest
from models.recipe.publication import extend_corpus
from models.recipe.time_budget import FULL_REFRESH
from models.recipe.training import (
    Refresh,
    build_network,
    choose_steps,
    fit_with_progress,
    keep_memory,
    learn_again,
    open_trainer,
)
from models.training.loop import detect_device
from models.training.process_group import ProcessGroup, open_process_group

_NOTHING: Refresh | None = None


def assist(job_file: Path, job: JobSpec, log: Path | None) -> None:
    """Take part in the training of a job and in its refreshes, until the first process has no more of them.

    The data are read anew, in a folder of this process. Raises JobError for faults of the job.
    """
    silent = Console(quiet=True)
    with tempfile.TemporaryDirectory() as folder:
        data = ingest(job, Path(folder) / "bundle", silent, log)
        group = open_process_group()
        check_run(identify_run(job_file.read_bytes(), data.digest), group)
        learn(data, group, silent)
        group.close()


def check_run(fingerprint: str, group: ProcessGroup) -> None:
    """Raise JobError in every process unless all have the job file, the data and the version of the first one."""
    differs = torch.tensor([float(group.agree(fingerprint) != fingerprint)])
    if group.add_up(differs):
        raise JobError(
            "torchrun: expected the same job file, data and version in every process, given others"
        )


def dismiss(group: ProcessGroup) -> None:
    """Tell the other processes, from the first one, that there are no more refreshes."""
    group.agree(_NOTHING)
    group.close()


def learn(data: JobData, group: ProcessGroup, console: Console) -> None:
    """Train, then refresh as often as the first process plans it."""
    keep_memory()
    network, start = build_network(data, detect_device()), choose_steps(None, group)
    fit_with_progress(open_trainer(data, network, start, group), "training", console)
    while (plan := group.agree(_NOTHING)) is not None:
        if plan.name == FULL_REFRESH:
            data = extend_corpus(data)
            network = grow_network(network, infer_shape(data.corpus.spec))
        learn_again(data, network, plan, start, group, console)
