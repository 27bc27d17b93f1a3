"""Check that a task's label suits its head kind and the columns of the job, and is not a leak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from models.contract.calendar import DAYPARTS, WEEKDAYS
from models.contract.feature_spec import FieldKind
from models.contract.predicate import Compare, Operator, Predicate, comparisons
from models.contract.tasks import Per
from models.heads.protocol import HeadKind, LabelRule
from models.job.label_expression import ExpressionError, Label, Operand, parse, parse_label, write_operator
from models.job.label_leak import check_leak

TIME_FIELDS = {"daypart": DAYPARTS, "weekday": WEEKDAYS}
"""Field of a moment -> its labels."""


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """The columns of a job that labels may name."""

    value: bool = False
    action: bool = False
    timed: bool = True
    contexts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # of numbers
    item: Mapping[str, FieldKind] = field(default_factory=dict)
    user: Mapping[str, FieldKind] = field(default_factory=dict)
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """value or action -> the sources of features (context, item, user) that have the same column."""


def check_label(kind: HeadKind, label: str, columns: LabelColumns, per: Per = Per.EVENT) -> None:
    """Raises ExpressionError for a label that does not suit the head kind or the columns, or is a leak."""
    parsed = parse_label(label)
    expression = parsed.expression
    _check_expression(kind.label, label, expression, columns)
    _check_window(parsed, columns, per)
    operands = (
        [expression]
        if isinstance(expression, Operand)
        else [Operand.of(comparison.field) for comparison in comparisons(expression)]
    )
    check_leak(kind, label, operands, columns.copies, per)


def check_condition(text: str, columns: LabelColumns) -> None:
    """Raises ExpressionError for a text that is no condition, or does not suit the columns."""
    expression = parse(text)
    if isinstance(expression, Operand):
        raise ExpressionError(f"expected a condition such as label.clicked == 1, given {text!r}")
    for comparison in comparisons(expression):
        _check_comparison(comparison, columns)


def _check_expression(
    rule: LabelRule, label: str, expression: Predicate | Operand, columns: LabelColumns
) -> None:
    """Raises ExpressionError for an expression that does not suit the rule or the columns."""
    if isinstance(expression, Operand):
        if rule.column is None:
            raise ExpressionError(f"expected {rule.expected}, given {label!r}")
        if operand_kind(expression, columns) is not rule.column or expression.source not in rule.sources:
            raise ExpressionError(f"expected {rule.expected}, given {label!r}")
        return
    if rule.column is not None:
        raise ExpressionError(f"expected {rule.expected}, given a condition: {label!r}")
    for comparison in comparisons(expression):
        _check_comparison(comparison, columns)


def _check_window(label: Label, columns: LabelColumns, per: Per) -> None:
    """Raises ExpressionError for a window in a log without times, and for a label a user without one."""
    if per is Per.USER and label.within_s is None:
        raise ExpressionError(
            "expected a label of later events, such as one with 'within 7d' at its end, given none"
        )
    if label.within_s is not None and not columns.timed:
        raise ExpressionError("expected interactions.time, for a label with 'within', given none")


def operand_kind(operand: Operand, columns: LabelColumns) -> FieldKind:
    """The kind of an operand's column; raises ExpressionError for a column that the job does not have."""
    match operand.source, operand.field:
        case "value", None:
            return _require(columns.value, FieldKind.NUMERIC, "interactions.value to be set, for value")
        case "action", None:
            return _require(
                columns.action, FieldKind.CATEGORICAL, "interactions.action to be set, for action"
            )
        case "time", str(name) if name in TIME_FIELDS:
            return _require(columns.timed, FieldKind.CATEGORICAL, f"interactions.time, for time.{name}")
        case "context", str(name) if name in columns.contexts:
            return FieldKind.CATEGORICAL
        case "label", str(name) if name in columns.labels:
            return FieldKind.NUMERIC
        case "item", str(name) if name in columns.item:
            return columns.item[name]
        case "user", str(name) if name in columns.user:
            return columns.user[name]
    raise ExpressionError(f"expected one of {', '.join(_operand_names(columns))}, given {str(operand)!r}")


def _require(is_set: bool, kind: FieldKind, expected: str) -> FieldKind:
    if not is_set:
        raise ExpressionError(f"expected {expected}, given none")
    return kind


def _operand_names(columns: LabelColumns) -> Iterator[str]:
    """Yield the operands that labels may name, for an error message."""
    if columns.value:
        yield "value"
    if columns.action:
        yield "action"
    if columns.timed:
        yield from (f"time.{name}" for name in TIME_FIELDS)
    yield from (f"context.{name}" for name in columns.contexts)
    yield from (f"label.{name}" for name in columns.labels)
    yield from (f"item.{name}" for name in columns.item)
    yield from (f"user.{name}" for name in columns.user)


def _check_comparison(comparison: Compare, columns: LabelColumns) -> None:
    """Raises ExpressionError if the operator or a literal does not suit the kind of the compared column."""
    operand, op = Operand.of(comparison.field), comparison.op
    literals = comparison.value if isinstance(comparison.value, tuple) else (comparison.value,)
    kind = operand_kind(operand, columns)
    if kind not in (FieldKind.NUMERIC, FieldKind.CATEGORICAL, FieldKind.CATEGORIES):
        raise ExpressionError(
            f"expected a categorical, categories or numeric field, given the {kind} {operand}"
        )
    literal_type = float if kind is FieldKind.NUMERIC else str
    if not all(isinstance(literal, literal_type) for literal in literals):
        noun = "a number" if literal_type is float else "a text in quotes"
        raise ExpressionError(f"expected {noun} to compare {operand} with, given {literals[0]!r}")
    if literal_type is str and op not in (Operator.EQ, Operator.NE, Operator.IN):
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
