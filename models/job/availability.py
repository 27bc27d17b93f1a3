"""The rule of availability: a condition over an item's fields, in the grammar of label expressions."""

from collections.abc import Mapping

from models.contract.feature_spec import FieldKind
from models.contract.predicate import Predicate, PredicateError
from models.contract.predicate_check import check
from models.job.label_expression import ExpressionError, Operand, parse


def parse_rule(text: str, fields: Mapping[str, FieldKind]) -> Predicate:
    """The condition, such as `stock > 0`; an item's fields are written without a source.

    Raises ExpressionError for a text outside the grammar, an unknown field, or a value of another kind than the field.
    """
    rule = parse(text)
    if isinstance(rule, Operand):
        raise ExpressionError(f"expected a condition such as stock > 0, given {text!r}")
    try:
        check(rule, fields)
    except PredicateError as error:
        raise ExpressionError(error.message) from error
    return rule
