"""Check that the texts in label conditions occur in the data: a misspelt one would be a condition without effect."""

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches

import numpy as np

from models.contract.predicate import Compare, Operator, comparisons
from models.contract.tasks import Task
from models.data.conditions import read_codes
from models.data.dataset import Dataset
from models.job.errors import JobError
from models.job.label_expression import Operand, parse_label

LISTED = 10
"""The most values in a message: the nearest to the given one."""


def check_constants(tasks: Sequence[Task], dataset: Dataset) -> tuple[str, ...]:
    """Warnings about texts in a list of a label, of which others occur in the compared column.

    Raises JobError for a text after == or !=, and for a list without any text, that occurs.
    """
    errors: list[str] = []
    warnings: list[str] = []
    for task in tasks:
        expression = parse_label(task.label).expression
        if isinstance(expression, Operand):
            continue
        for comparison in comparisons(expression):
            faults, is_error = _find_absent(comparison, dataset)
            lines = [f"tasks.{task.name}.label: {fault}" for fault in faults]
            (errors if is_error else warnings).extend(lines)
    if errors:
        raise JobError(*errors)
    return tuple(dict.fromkeys(warnings))


def _find_absent(comparison: Compare, dataset: Dataset) -> tuple[list[str], bool]:
    """A line for each text that does not occur, and True if the comparison is without effect."""
    literals = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    texts = [literal for literal in literals if isinstance(literal, str)]
    if not texts:
        return [], False
    operand = Operand.of(comparison.field)
    names = set(_occurring_names(operand, dataset))
    absent = [text for text in texts if text not in names]
    lines = [
        f"expected a value of {operand} that occurs in the data ({_list_names(text, names)}), given {text!r}"
        for text in absent
    ]
    return lines, comparison.op is not Operator.IN or len(absent) == len(texts)


def _occurring_names(operand: Operand, dataset: Dataset) -> Iterator[str]:
    """Yield the values that a text operand has in the log, or in the table of items or users."""
    if operand.source in ("item", "user"):
        for holder in dataset.items if operand.source == "item" else dataset.users:
            value = holder.attributes.get(str(operand.field))
            if isinstance(value, tuple):
                yield from value
            elif isinstance(value, str):
                yield value
        return
    names, codes = read_codes(operand, dataset)
    yield from (names[code] for code in np.unique(codes[codes >= 0]).tolist())


def _list_names(text: str, names: Collection[str]) -> str:
    """The names, sorted; of many the nearest to `text`."""
    if not names:
        return "it has none"
    if len(names) <= LISTED:
        return ", ".join(sorted(names))
    return ", ".join([*get_close_matches(text, sorted(names), LISTED, 0.0), "…"])
