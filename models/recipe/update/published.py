"""The published bundle that an update starts from, and whether a job and its data can update it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from models.contract.bundle import REPORT, WHITENING, BundleError, Manifest, read_features, verify
from models.contract.feature_spec import FeatureSpec
from models.contract.manifest_seal import BundleKey
from models.evaluation.report.schema import Report
from models.job.spec import JobError, JobSpec
from models.language.whitening import Whitening, from_array
from models.recipe.ingestion import has_text


@dataclass(frozen=True, slots=True)
class PublishedBundle:
    """A bundle's description, without its network."""

    folder: Path
    manifest: Manifest
    spec: FeatureSpec
    report: Report
    whitening: Whitening | None  # of the text vectors


def open_published(folder: Path, job: JobSpec, key: BundleKey | None) -> PublishedBundle:
    """Open the bundle in a folder. Raises BundleError if it is damaged, and JobError if the job cannot update it."""
    manifest = verify(folder, key)
    spec = read_features(folder, manifest)
    report = _read_report(folder, manifest)
    if errors := [*_find_limits(job, spec, report), *_find_differences(job, manifest, spec)]:
        raise JobError(*errors)
    whitening = None
    if WHITENING in manifest.files:
        whitening = from_array(np.load(folder / WHITENING, allow_pickle=False).astype(np.float32))
    return PublishedBundle(folder, manifest, spec, report, whitening)


def _read_report(folder: Path, manifest: Manifest) -> Report:
    if REPORT not in manifest.files:
        raise BundleError(f"expected {REPORT} among the files of the bundle in {folder}, given none")
    try:
        return Report.model_validate_json((folder / REPORT).read_bytes())
    except (OSError, ValidationError) as error:
        raise BundleError(f"expected a valid {REPORT} in {folder}, given {error}") from error


def _find_limits(job: JobSpec, spec: FeatureSpec, report: Report) -> Iterator[str]:
    """Yield what no update can do."""
    if job.training.privacy is not None or report.privacy is not None:
        yield (
            "training.privacy: expected a bundle of training without privacy, given one with it: its promise holds "
            "for the steps of one training; train it again"
        )
    if not spec.timed:
        yield "interactions.time: expected a bundle of a log with times, given one of an order alone; train it again"
    if job.interactions.taken is not None:
        yield (
            "interactions.taken: expected a job without this condition, whose columns an exported log does not have, "
            f"given {job.interactions.taken!r}; train it again"
        )


def _find_differences(job: JobSpec, manifest: Manifest, spec: FeatureSpec) -> Iterator[str]:
    """Yield each part of the job that is another one than the bundle's."""
    tasks = tuple(head.task for head in manifest.heads)
    encoder = job.text_encoder if has_text(job) else None
    pairs: dict[str, tuple[object, object]] = {
        "name": (manifest.job, job.name),
        "tasks": ([task.name for task in tasks], [task.name for task in job.tasks]),
        "items": (
            {field.name: field.kind.value for field in spec.item_fields},
            {name: kind.value for name, kind in (job.items.fields if job.items else {}).items()},
        ),
        "users": (
            {field.name: field.kind.value for field in spec.user_fields},
            {name: kind.value for name, kind in (job.users.fields if job.users else {}).items()},
        ),
        "items.hierarchy": (spec.hierarchies, job.items.hierarchies if job.items else {}),
        "items.template": (spec.item_template, (job.items.template if job.items else None) or ""),
        "users.template": (spec.user_template, (job.users.template if job.users else None) or ""),
        "interactions.context": (list(spec.context_fields), list(job.interactions.context)),
        "actions": (spec.roles, job.actions),
        "text_encoder": (manifest.text_encoder, encoder),
    }
    stated = job.network.model_dump(mode="json", include=job.network.model_fields_set)
    pairs |= {f"network.{key}": (manifest.network.get(key), value) for key, value in stated.items()}
    for key, (published, given) in pairs.items():
        if published != given:
            yield f"{key}: expected that of the bundle, {published!r}, given {given!r}; train it again"
    for task, other in zip(tasks, job.tasks, strict=False):
        if task.name == other.name and task != other:
            yield f"tasks.{task.name}: expected the task of the bundle, given another; train it again"
