"""Ingest a job's data: read, clean, split, label and encode it."""

import hashlib
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from models.contract.arrays import Floats
from models.contract.feature_spec import FeatureSpec
from models.contract.features import item_text, user_text
from models.data.dataset import Dataset, load_dataset
from models.data.fitting import fit_features
from models.data.label_constants import check_constants
from models.data.labels import find_unlabelled, label
from models.data.order_check import check_order
from models.data.roles import read_roles
from models.data.split import Split, split
from models.job.spec import JobError, JobSpec
from models.language.cache import CachedTextEncoder
from models.language.protocol import TextEncoder, TextEncoderUnavailableError
from models.language.registry import open_text_encoder
from models.language.whitening import Whitening, fit_whitening
from models.recipe.preflight import work_folder
from models.recipe.sizes import choose_job_sizes, measure_had_items
from models.recipe.warning import warn
from models.training.corpus import Corpus, Texts, build_corpus

CHUNK = 1 << 16
"""Rows hashed at a time."""


@dataclass(frozen=True, slots=True)
class JobData:
    """The data of a job, ready for training."""

    job: JobSpec  # with the sizes that were chosen from the data
    dataset: Dataset
    split: Split
    corpus: Corpus
    text_encoder: str | None  # registered name; None without text
    whitening: Whitening | None  # of the text vectors
    digest: str  # SHA-256 of the corpus
    timings: dict[str, float] = field(default_factory=dict)  # stage -> seconds


def ingest(job: JobSpec, out: Path, console: Console, log: Path | None = None) -> JobData:
    """Read, clean, split, label and encode the data of a job, with the events of an exported log after them.

    Raises JobError for faults of the job.
    """
    began = time.monotonic()
    work = work_folder(out)
    work.mkdir(parents=True, exist_ok=True)
    quarantine = work / "quarantine.jsonl"
    dataset = read_roles(job, load_dataset(job, quarantine, log))
    report = dataset.cleaning
    console.print(
        f"{report.kept:,} of {report.rows:,} interactions kept, {len(dataset.user_ids):,} users, "
        f"{len(dataset.items):,} items; what was not taken is in {quarantine}"
    )
    if job.erasures:
        console.print(f"{report.erased:,} interactions of erased users left out")
    if job.histories is not None:
        users = len(np.unique(dataset.interactions.users[: report.earlier_events]))
        console.print(
            f"before them {report.earlier_events:,} earlier events without times, of {users:,} users"
        )
    print_losses(dataset, console)
    parts = split(dataset.interactions, dataset.timed, job.split.valid, job.split.test)
    had = measure_had_items(dataset.interactions, parts.train)
    sizes = choose_job_sizes(job, dataset.interactions.users[parts.train], len(dataset.items), had)
    job = sizes.job
    if choice := sizes.describe():
        console.print(choice)
    # Before the texts, which take long: it may reject the job.
    warnings = (
        *dataset.warnings,
        *check_order(dataset.interactions, dataset.timed),
        *check_constants(job.tasks, dataset),
    )
    warn(warnings, console)
    labels = label(job.tasks, dataset, parts.train, cuts=parts.cuts)
    warn(find_unlabelled(labels, parts), console)
    name = job.text_encoder if has_text(job) else None
    size = 0 if name is None else _open_encoder(name).size
    spec = fit_features(dataset, parts.train, job, size)
    read = time.monotonic()
    texts, whitening = encode_texts(dataset, spec, name, job.text_whitening, work, console)
    encoded = time.monotonic()
    corpus = build_corpus(dataset, parts, spec, labels, texts, job.network.half_life_days)
    timings = {"read": read - began, "text": encoded - read, "features": time.monotonic() - encoded}
    return JobData(job, dataset, parts, corpus, name, whitening, digest_corpus(corpus), timings)


def print_losses(dataset: Dataset, console: Console) -> None:
    """Name the commonest reasons for each table of which much cannot be used."""
    for table in dataset.losses:
        if table.is_large:
            console.print(Text(table.describe(), "bold"))


def has_text(job: JobSpec) -> bool:
    """True if the job has text for the text encoder."""
    items, users = job.items, job.users
    if (items and items.template) or (users and users.template):
        return True
    texts = [] if items is None else [*items.text, *items.categories, *items.descriptions]
    return bool(texts) or bool(users and users.text) or job.interactions.text is not None


def encode_texts(
    dataset: Dataset,
    spec: FeatureSpec,
    name: str | None,
    whiten_by: float | Whitening,
    work: Path,
    console: Console,
) -> tuple[Texts, Whitening | None]:
    """Encode the texts of all items, users and events, with a cache on disk, and whiten them.

    `whiten_by`: a fitted whitening, or the strength of one that is fitted on the items' texts; 0 for none.
    """
    items, users = len(dataset.items), len(dataset.users)
    if name is None:
        return Texts(np.zeros((items, 0), np.float32), np.zeros((users, 0), np.float32)), None
    profiles = [user_text(spec, user) for user in dataset.users]
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("text vectors", total=None)
        encoder = CachedTextEncoder(
            _open_encoder(name),
            work / "text",
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
        vectors = encoder.encode([item_text(spec, item) for item in dataset.items])
        whitening = _choose_whitening(vectors, whiten_by)
        written = encoder.encode(profiles) if any(profiles) else None
        column = dataset.interactions.texts
        events = None if column is None else encoder.encode(column.names)
    if whitening is not None:
        vectors = whitening.apply(vectors)
        written = None if written is None else whitening.apply(written)
        events = None if events is None else whitening.apply(events)
    if written is None:  # one row for all: a million users without texts cost no memory
        written = np.broadcast_to(np.zeros(encoder.size, np.float32), (users, encoder.size))
    return Texts(vectors, written, events), whitening


def _choose_whitening(vectors: Floats, whiten_by: float | Whitening) -> Whitening | None:
    if isinstance(whiten_by, Whitening):
        return whiten_by
    return fit_whitening(vectors, whiten_by) if whiten_by else None


def _open_encoder(name: str) -> TextEncoder:
    try:
        return open_text_encoder(name)
    except (ValueError, TextEncoderUnavailableError) as error:
        raise JobError(f"text_encoder: {error}") from error


def digest_corpus(corpus: Corpus) -> str:
    """SHA-256 of the corpus: specification, events, items, profiles and labels."""
    digest = hashlib.sha256(corpus.spec.digest().encode())
    catalogue = corpus.catalogue
    arrays: list[np.ndarray] = [
        corpus.offsets,
        corpus.items,
        corpus.actions,
        corpus.dense,
        corpus.context,
        corpus.part,
    ]
    arrays += [corpus.snapshot, corpus.statistics, catalogue.ids, catalogue.tokens, catalogue.numeric]
    arrays += [catalogue.content, corpus.profile_tokens, corpus.profile_numeric, corpus.profile_text]
    if (texts := corpus.event_texts) is not None:
        arrays += [texts.rows, texts.codes, texts.table]
    arrays += [array for labels in corpus.labels for array in labels.arrays]
    for array in arrays:
        for start in range(0, len(array), CHUNK):
            digest.update(np.ascontiguousarray(array[start : start + CHUNK]).data)
    return digest.hexdigest()
