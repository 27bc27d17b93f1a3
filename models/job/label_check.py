"""What a job's data has, and whether a task's label fits it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.contract.feature_spec import FieldKind
from models.contract.features import DAYPARTS, WEEKDAYS
from models.contract.predicate import Compare, Operator, comparisons
from models.contract.tasks import TaskKind
from models.job.label_expression import ExpressionError, Operand, parse, write_operator

TIME_FIELDS = {"daypart": DAYPARTS, "weekday": WEEKDAYS}
"""What is known of a moment, and the names it takes."""


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """Which operands there are."""

    value: bool = False
    action: bool = False
    timed: bool = True
    contexts: tuple[str, ...] = ()
    item: Mapping[str, FieldKind] = field(default_factory=dict)
    user: Mapping[str, FieldKind] = field(default_factory=dict)


def check_label(kind: TaskKind, label: str, columns: LabelColumns) -> None:
    """Raises ExpressionError, with expected and given, where a label does not suit task and columns."""
    expression = parse(label)
    if kind is TaskKind.BINARY:
        if isinstance(expression, Operand):
            raise ExpressionError(f'expected a condition such as "value >= 4", given {label!r}')
        for comparison in comparisons(expression):
            _check_comparison(comparison, columns)
        return
    if not isinstance(expression, Operand):
        raise ExpressionError(f"expected {_WANTED[kind]}, given a condition: {label!r}")
    sources, wanted = _ALONE[kind]
    if operand_kind(expression, columns) is not wanted or expression.source not in sources:
        raise ExpressionError(f"expected {_WANTED[kind]}, given {label!r}")


_ALONE = {
    TaskKind.REGRESSION: (("value", "item"), FieldKind.NUMERIC),
    TaskKind.MULTILABEL: (("item",), FieldKind.CATEGORIES),
    TaskKind.CONTEXT: (("time", "context"), FieldKind.CATEGORICAL),
}
_WANTED = {
    TaskKind.REGRESSION: "value, or item. and a numeric field",
    TaskKind.MULTILABEL: "item. and a categories field",
    TaskKind.CONTEXT: "time.daypart, time.weekday, or context. and a context column",
}


def operand_kind(operand: Operand, columns: LabelColumns) -> FieldKind:
    """NUMERIC, CATEGORICAL or CATEGORIES; raises ExpressionError for what the job's data does not have."""
    match operand.source, operand.field:
        case "value", None:
            return _given(columns.value, FieldKind.NUMERIC, "interactions.value to be set, for value")
        case "action", None:
            return _given(columns.action, FieldKind.CATEGORICAL, "interactions.action to be set, for action")
        case "time", str(name) if name in TIME_FIELDS:
            return _given(columns.timed, FieldKind.CATEGORICAL, f"interactions.time, for time.{name}")
        case "context", str(name) if name in columns.contexts:
            return FieldKind.CATEGORICAL
        case "item", str(name) if name in columns.item:
            return columns.item[name]
        case "user", str(name) if name in columns.user:
            return columns.user[name]
    raise ExpressionError(f"expected one of {', '.join(_operands(columns))}, given {str(operand)!r}")


def _given(there: bool, kind: FieldKind, expected: str) -> FieldKind:
    if not there:
        raise ExpressionError(f"expected {expected}, given none")
    return kind


def _operands(columns: LabelColumns) -> Iterator[str]:
    if columns.value:
        yield "value"
    if columns.action:
        yield "action"
    if columns.timed:
        yield from (f"time.{name}" for name in TIME_FIELDS)
    yield from (f"context.{name}" for name in columns.contexts)
    yield from (f"item.{name}" for name in columns.item)
    yield from (f"user.{name}" for name in columns.user)


def _check_comparison(comparison: Compare, columns: LabelColumns) -> None:
    operand, op = Operand.of(comparison.field), comparison.op
    literals = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    kind = operand_kind(operand, columns)
    if kind not in (FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.CATEGORIES):
        raise ExpressionError(
            f"expected a categorical, categories or numeric field, given the {kind} {operand}"
        )
    wanted = float if kind is FieldKind.NUMERIC else str
    if not all(isinstance(literal, wanted) for literal in literals):
        noun = "a number" if wanted is float else "a text in quotes"
        raise ExpressionError(f"expected {noun} to compare {operand} with, given {literals[0]!r}")
    if wanted is str and op not in (Operator.EQ, Operator.NE, Operator.IN):
        raise ExpressionError(f"expected ==, != or in after {operand}, given {write_operator(op)!r}")
    if kind is FieldKind.CATEGORIES and op is not Operator.IN:
        raise ExpressionError(
            f"expected in [...] after the categories {operand}, given {write_operator(op)!r}"
        )
    names = TIME_FIELDS.get(str(operand.field), ()) if operand.source == "time" else literals
    if unknown := [literal for literal in literals if literal not in names]:
        raise ExpressionError(
            f"expected {operand} to be one of {', '.join(map(str, names))}, given {unknown[0]!r}"
        )
