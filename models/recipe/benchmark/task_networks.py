"""The networks of the task benchmark: trained by their jobs, refreshed up to the test, and asked for every exposure."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from models.contract.arrays import Floats
from models.contract.replaced_file import replace_file
from models.evaluation.candidates import predict_events
from models.heads.registry import find_kind
from models.job.spec import load_job
from models.recipe.benchmark.task_jobs import NetworkRow
from models.recipe.fingerprint import identify_run
from models.recipe.ingestion import JobData, ingest
from models.recipe.training import checkpoint_path, refresh_for_test, train
from models.training.corpus import PART_TEST


def predict_by_networks(row: NetworkRow, seed: int, out: Path, console: Console) -> dict[str, Floats]:
    """Head -> calibrated probabilities [n] of the test exposures, in the order of the corpus.

    As the offline evaluation predicts them: calibrated on validation, then trained on the validation part too.
    Predictions are kept in `out`, so that a benchmark that was stopped goes on with the next network.
    """
    predictions: dict[str, Floats] = {}
    for file in row.job_files:
        folder = out / f"{file.stem}-{seed}"
        data = _ingest(file, seed, folder, console)
        key = identify_run(file.read_bytes() + f" seed {seed}".encode(), data.digest)
        kept = Predictions(folder.with_suffix(".npz"), key)
        found = kept.read()
        if found is None:
            found = _train(data, kept.key, folder, console)
            kept.write(found)
        predictions |= found
    return predictions


@dataclass(frozen=True, slots=True)
class Predictions:
    """A file of predictions by head, with the key of what they were made from."""

    path: Path
    key: str

    def read(self) -> dict[str, Floats] | None:
        """The predictions; None without a file of this key."""
        if not self.path.is_file():
            return None
        with np.load(self.path) as file:
            arrays = {name: file[name] for name in file.files}
        return arrays if str(arrays.pop("key")) == self.key else None

    def write(self, predictions: Mapping[str, Floats]) -> None:
        """Replace the file."""
        stream = io.BytesIO()
        arrays: dict[str, Any] = {"key": np.array(self.key), **predictions}
        np.savez(stream, **arrays)
        replace_file(self.path, stream.getvalue())


def _ingest(job_file: Path, seed: int, folder: Path, console: Console) -> JobData:
    job = load_job(job_file)
    job = job.model_copy(update={"training": job.training.model_copy(update={"seed": seed})})
    return ingest(job, folder, console)


def _train(data: JobData, fingerprint: str, folder: Path, console: Console) -> dict[str, Floats]:
    data, run = train(data, fingerprint, folder, console)
    run = refresh_for_test(data, run, console)
    checkpoint_path(folder).unlink(missing_ok=True)
    logits = predict_events(run.open_predictor(data), np.flatnonzero(data.corpus.part == PART_TEST)).heads
    predictions = {}
    for labels in data.corpus.labels:
        task = labels.head.task
        calibration = run.fitted.calibrations[task.name]
        predictions[task.name] = find_kind(task.kind).predict(task, logits[task.name], calibration)[:, 0]
    return predictions
