"""Read the data of an update: the job's files and the exported log, with the features of the published bundle."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from models.contract.unix_time import format_time
from models.data.dataset import Dataset, load_dataset
from models.data.fitting import extend_features
from models.data.interactions import take
from models.data.labels import label
from models.data.roles import read_roles
from models.data.split import Split, split
from models.job.errors import JobError, NothingNewError
from models.job.spec import JobSpec
from models.network.config import NetworkConfig
from models.recipe.ingestion import JobData, digest_corpus, encode_texts, has_text, print_losses
from models.recipe.preflight import work_folder
from models.recipe.sizes import choose_job_sizes, measure_had_items
from models.recipe.update.published import PublishedBundle
from models.training.corpus import build_corpus

VALID, TEST = 0.2, 0.3
"""Shares of the new events, the latest last: what the fits read, and what the two networks are compared on."""


@dataclass(frozen=True, slots=True)
class UpdateData:
    """The data of an update, and the first row of its log that the published bundle does not know."""

    data: JobData
    since: int

    @property
    def new_events(self) -> int:
        """The number of events that the bundle does not know."""
        return len(self.data.dataset.interactions) - self.since


def ingest_update(
    job: JobSpec, published: PublishedBundle, log: Path, out: Path, console: Console
) -> UpdateData:
    """Read, clean, split, label and encode the job's data with the events of the exported log.

    Vocabularies and classes keep their places, and grow by the new events to learn from. Raises JobError.
    """
    began = time.monotonic()
    work = work_folder(out)
    work.mkdir(parents=True, exist_ok=True)
    dataset = read_roles(job, load_dataset(job, work / "quarantine.jsonl", log))
    print_losses(dataset, console)
    since = find_new(dataset, published.manifest.statistics_at)
    console.print(
        f"{len(dataset.interactions):,} interactions, {len(dataset.interactions) - since:,} of them since "
        f"{format_time(published.manifest.statistics_at)}, the last moment that the bundle knows"
    )
    parts = split_new(dataset, since)
    log_events = dataset.interactions
    had = measure_had_items(log_events, parts.train)
    sized = choose_job_sizes(job, log_events.users[parts.train], len(dataset.items), had).job
    job = sized.model_copy(update={"network": NetworkConfig.model_validate(published.manifest.network)})
    classes = {head.task.name: head.classes for head in published.manifest.heads}
    labels = label(job.tasks, dataset, parts.train, classes, parts.cuts)
    spec = extend_features(published.spec, dataset, parts.train)
    read = time.monotonic()
    name = job.text_encoder if has_text(job) else None
    texts, whitening = encode_texts(dataset, spec, name, published.whitening or 0.0, work, console)
    encoded = time.monotonic()
    corpus = build_corpus(dataset, parts, spec, labels, texts, job.network.half_life_days)
    timings = {"read": read - began, "text": encoded - read, "features": time.monotonic() - encoded}
    return UpdateData(
        JobData(job, dataset, parts, corpus, name, whitening, digest_corpus(corpus), timings), since
    )


def find_new(dataset: Dataset, known_until: float) -> int:
    """The first row of the log at or after a moment. Raises NothingNewError if there is none."""
    times = dataset.interactions.times
    since = int(np.searchsorted(times, known_until))
    if since == len(times):
        raise NothingNewError(
            f"log: expected events since {format_time(known_until)}, the last moment that the bundle knows, given "
            f"none: the newest is of {format_time(float(times[-1]))}"
        )
    return since


def split_new(dataset: Dataset, since: int) -> Split:
    """The split whose validation and test parts are the latest of the events from row `since` on.

    Raises NothingNewError with too few of them.
    """
    log = dataset.interactions
    rows = np.arange(since, len(log), dtype=np.int64)
    try:
        parts = split(take(log, rows), dataset.timed, VALID, TEST)
    except JobError as error:
        raise NothingNewError(
            f"log: expected new events at 3 different moments at least, given {len(rows)} new events ({error})"
        ) from error
    return replace(
        parts,
        train=np.concatenate([np.arange(since, dtype=np.int64), parts.train + since]),
        valid=parts.valid + since,
        test=parts.test + since,
    )
