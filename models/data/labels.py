"""Tasks -> heads with their classes, and every interaction's targets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.labels import field_labels, hot_labels
from models.contract.tasks import Head, Task, TaskKind
from models.data.conditions import codes_of, numbers_of, truth
from models.data.dataset import Codes, Dataset
from models.data.validation import nearly_all
from models.job.errors import JobError
from models.job.label_expression import Operand, parse

MAX_CLASSES = 200


@dataclass(frozen=True, slots=True)
class TaskLabels:
    """One task's targets for the n interactions of the log.

    Binary: 0 or 1. Regression: the number. Multilabel: 0 or 1 a class. Context: one-hot.
    """

    head: Head
    targets: Floats  # [n, head.width], 0 where not known
    known: Mask  # [n]
    by_item: Floats | None = None  # multilabel: [I, width] every item's own labels, also of one never taken

    def targets_at(self, rows: Indices) -> Floats:
        """Targets [..., width] of the interactions at `rows` [...]."""
        return self.targets[rows]

    def known_at(self, rows: Indices) -> Mask:
        """Which of the interactions at `rows` [...] have a target: bool [...]."""
        return self.known[rows]

    def reordered(self, order: Indices) -> "TaskLabels":
        """The labels of the interactions in another order, or of some of them."""
        return replace(self, targets=self.targets[order], known=self.known[order])


def label(tasks: Sequence[Task], dataset: Dataset, train: Indices) -> tuple[TaskLabels, ...]:
    """The labels of every interaction. Classes are those of the training rows alone, at most the MAX_CLASSES
    most frequent, sorted. Raises JobError for a task that has nothing to learn there: no label,
    one class of two, or a range that the labels are not in.
    """
    found = tuple(_label(task, dataset, train) for task in tasks)
    if errors := [error for one in found for error in _errors(one, train)]:
        raise JobError(*errors)
    return found


def _errors(labels: TaskLabels, train: Indices) -> Iterator[str]:
    """Why nothing can be learned from the training rows' labels."""
    task, known = labels.head.task, labels.targets[train][labels.known[train]]
    if not len(known):
        yield f"tasks.{task.name}.label: expected a label in the training rows, given none"
    elif task.kind is TaskKind.BINARY and len(found := np.unique(known)) == 1:
        given = "none" if found[0] == 0 else "all"
        yield (
            f"tasks.{task.name}.label: expected training rows for which it holds and others, "
            f"given {given} of {len(known):,} for which {task.label} holds"
        )
    elif task.range is not None and task.kind is TaskKind.REGRESSION:
        low, high = task.range
        outside = int(((known < low) | (known > high)).sum())
        if nearly_all(outside, len(known)):
            yield (
                f"tasks.{task.name}.range: expected a range that the labels of the training rows lie in, given "
                f"[{low:g}, {high:g}] for labels from {known.min():g} to {known.max():g}"
            )


def _label(task: Task, dataset: Dataset, train: Indices) -> TaskLabels:
    expression = parse(task.label)
    if not isinstance(expression, Operand):
        found = truth(expression, dataset)
        return TaskLabels(Head(task=task), found.true[:, None].astype(np.float32), found.known)
    if task.kind is TaskKind.REGRESSION:
        numbers = numbers_of(expression, dataset)
        known = np.isfinite(numbers)
        return TaskLabels(Head(task=task), np.where(known, numbers, 0)[:, None].astype(np.float32), known)
    if task.kind is TaskKind.CONTEXT:
        return _moments(task, codes_of(expression, dataset), train)
    return _labels(task, str(expression.field), dataset, train)


def _moments(task: Task, column: Codes, train: Indices) -> TaskLabels:
    """One-hot; a context that training never met is not known."""
    seen = column.codes[train]
    counts = np.bincount(seen[seen >= 0], minlength=len(column.names))
    classes = _classes(column.names, counts)
    place = {name: number for number, name in enumerate(classes)}
    table = np.array([*(place.get(name, -1) for name in column.names), -1], dtype=np.int64)
    places = table[column.codes]  # -1 finds the last, -1
    targets = np.zeros((len(places), max(len(classes), 1)), dtype=np.float32)
    rows = np.flatnonzero(places >= 0)
    targets[rows, places[rows]] = 1
    return TaskLabels(Head(task=task, classes=classes), targets, places >= 0)


def _labels(task: Task, field: str, dataset: Dataset, train: Indices) -> TaskLabels:
    """The labels that the item carries; an item without any is not known."""
    sets = [field_labels(item, field) for item in dataset.items]
    names = tuple(sorted({name for found in sets for name in found}))
    place = {name: number for number, name in enumerate(names)}
    items = np.repeat(np.arange(len(sets)), [len(found) for found in sets])
    labels = np.array([place[name] for found in sets for name in found], dtype=np.int64)
    weight = np.bincount(dataset.interactions.items[train], minlength=len(sets))
    classes = _classes(names, np.bincount(labels, weights=weight[items], minlength=len(names)))
    head = Head(task=task, classes=classes)
    table = hot_labels(head, dataset.items)
    described = np.array([len(found) > 0 for found in sets], dtype=bool)
    return TaskLabels(
        head, table[dataset.interactions.items], described[dataset.interactions.items], by_item=table
    )


def _classes(names: Sequence[str], counts: Sequence[float] | np.ndarray) -> tuple[str, ...]:
    """The most frequent names that occur at all, sorted; of equally frequent ones the first by name."""
    frequent = sorted((name for name, count in zip(names, counts, strict=True) if count > 0))
    count_of = dict(zip(names, counts, strict=True))
    return tuple(sorted(sorted(frequent, key=lambda name: -count_of[name])[:MAX_CLASSES]))
