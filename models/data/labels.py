"""Fit the heads' classes, and compute the targets of every interaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices, Mask
from models.contract.feature_spec import FieldKind
from models.contract.labels import read_labels
from models.contract.tasks import Head, Task
from models.contract.unix_time import has_time
from models.data.conditions import evaluate_condition, read_codes, read_numbers
from models.data.dataset import Dataset, Interactions
from models.data.label_window import widen_condition
from models.data.split import Split
from models.heads.registry import find_kind
from models.heads.targets import (
    FittedTargets,
    Targets,
    build_number_targets,
    fit_class_targets,
    fit_item_targets,
)
from models.job.errors import JobError
from models.job.label_expression import Operand, parse_label

NONE: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class TaskLabels:
    """One task's head and its targets for the n interactions of the log. `rows` may have any shape."""

    head: Head
    targets: Targets
    known: Mask | None = None
    """[n] False: an earlier event, of which nothing is known but its item. None: there is none."""

    @property
    def by_item(self) -> Floats | None:
        """Labels [I, width] of every item, also without interactions, if the item has the targets; else None."""
        return self.targets.by_item

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """All arrays of the targets, for a checksum."""
        return self.targets.arrays() if self.known is None else (*self.targets.arrays(), self.known)

    def targets_at(self, rows: Indices) -> Floats:
        """Targets [..., width] of the interactions at `rows` [...]; 0 where unknown."""
        return self.targets.at(rows)

    def has_target(self, rows: Indices) -> Mask:
        """Bool [...]: the interactions at `rows` [...] that have a target."""
        has_target = self.targets.has_target(rows)
        return has_target if self.known is None else has_target & self.known[rows]

    def reorder(self, order: Indices) -> "TaskLabels":
        """The labels of the interactions `order`, in that order."""
        known = None if self.known is None else self.known[order]
        return replace(self, targets=self.targets.reorder(order), known=known)


def label(
    tasks: Sequence[Task],
    dataset: Dataset,
    train: Indices,
    known: Mapping[str, Sequence[str]] = NONE,
    cuts: Sequence[float] = (),
) -> tuple[TaskLabels, ...]:
    """The labels of every interaction but the earlier ones; classes are fitted on the training rows alone.

    `known`: task -> classes that it has already, in their order. `cuts`: the moments at which the parts of the log
    after the training rows begin, beyond which no label looks (models.data.label_window). Raises JobError with an error
    for each task without a label there, or with a fault that its kind finds.
    """
    log = dataset.interactions
    train = train[train >= log.earlier]
    labels = tuple(_label_task(task, dataset, train, known.get(task.name, ()), cuts) for task in tasks)
    labels = _mark_known(labels, log)
    if errors := [error for task_labels in labels for error in _check_labels(task_labels, train)]:
        raise JobError(*errors)
    return labels


def label_as(heads: Sequence[Head], dataset: Dataset) -> tuple[TaskLabels, ...]:
    """The labels of every interaction but the earlier ones, by the classes of heads that were fitted before."""
    none = np.zeros(0, dtype=np.int64)
    labels = tuple(_label_task(head.task, dataset, none, head.classes, ()) for head in heads)
    return _mark_known(labels, dataset.interactions)


def find_unlabelled(labels: Sequence[TaskLabels], parts: Split) -> Iterator[str]:
    """Yield a warning for each task without a label in a part on which its head is calibrated or measured."""
    purposes = (("validation", parts.valid, "not calibrated"), ("test", parts.test, "not measured"))
    for one in labels:
        for name, rows, what in purposes:
            if len(rows) and not one.has_target(rows).any():
                task = one.head.task
                yield (
                    f"tasks.{task.name}.label: no event of the {name} part has a label, so the head is {what}: "
                    f"{task.label}"
                )


def _mark_known(labels: tuple[TaskLabels, ...], log: Interactions) -> tuple[TaskLabels, ...]:
    if not log.earlier:
        return labels
    return tuple(replace(one, known=has_time(log.times)) for one in labels)


def _label_task(
    task: Task, dataset: Dataset, train: Indices, known: Sequence[str], cuts: Sequence[float]
) -> TaskLabels:
    classes, targets = _fit_targets(task, dataset, train, known, cuts)
    return TaskLabels(Head(task=task, classes=classes), targets)


def _fit_targets(
    task: Task, dataset: Dataset, train: Indices, known: Sequence[str], cuts: Sequence[float]
) -> FittedTargets:
    """The targets of the column that the task's kind learns from."""
    parsed, column = parse_label(task.label), find_kind(task.kind).label.column
    expression = parsed.expression
    if not isinstance(expression, Operand):
        truths = evaluate_condition(expression, dataset)
        if parsed.within_s is not None:
            truths = widen_condition(truths, dataset.interactions, parsed.within_s, cuts, task.per)
        return build_number_targets(truths.true, truths.known)
    match column:
        case FieldKind.NUMERIC:
            numbers = read_numbers(expression, dataset)
            return build_number_targets(numbers, np.isfinite(numbers))
        case FieldKind.CATEGORICAL:
            names, codes = read_codes(expression, dataset)
            return fit_class_targets(names, codes, train, known)
        case FieldKind.CATEGORIES:
            labels = read_labels(dataset.items, str(expression.field))
            return fit_item_targets(labels, dataset.interactions.items, train, known)
    raise ValueError(f"expected a condition or a numeric or category column, given {task.label!r}")


def _check_labels(labels: TaskLabels, train: Indices) -> Iterator[str]:
    """Yield an error if nothing can be learned from the training rows' labels."""
    task, rows = labels.head.task, train[labels.has_target(train)]
    if not len(rows):
        yield f"tasks.{task.name}.label: expected a label in the training rows, given none"
    elif fault := find_kind(task.kind).find_fault(task, labels.targets, rows):
        yield f"tasks.{task.name}.{fault}"
