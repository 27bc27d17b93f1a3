"""The labels of binary heads that an event tells: conditions on its value and its action."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from models.contract.events import Event
from models.contract.predicate import Compare, Operator, Predicate, Truth, comparisons, evaluate
from models.contract.tasks import Head
from models.heads.binary import BINARY
from models.job.label_expression import ExpressionError, Operand, parse_label

READABLE = frozenset({"value", "action"})
"""What an event has; conditions on items, users, contexts and times are not read."""
COMPARED = {
    Operator.EQ: np.equal,
    Operator.NE: np.not_equal,
    Operator.LT: np.less,
    Operator.LTE: np.less_equal,
    Operator.GT: np.greater,
    Operator.GTE: np.greater_equal,
}


@lru_cache(maxsize=16)
def read_conditions(heads: tuple[Head, ...]) -> Mapping[str, Predicate]:
    """Head -> its condition, of the binary heads whose label an event tells.

    A label with a window is told by no event alone: the absence of later ones says as much.
    """
    conditions = {}
    for head in heads:
        if head.task.kind != BINARY.name:
            continue
        try:
            label = parse_label(head.task.label)
        except ExpressionError:
            continue
        condition = label.expression
        if label.within_s is not None or isinstance(condition, Operand):
            continue
        if all(node.field in READABLE for node in comparisons(condition)):
            conditions[head.task.name] = condition
    return conditions


def tell_labels(conditions: Mapping[str, Predicate], event: Event) -> dict[str, bool]:
    """Head -> whether its condition is true for an event; without those of which the event says nothing."""
    truths = {
        name: evaluate(condition, lambda node: _compare(node, event), 1)
        for name, condition in conditions.items()
    }
    return {name: bool(truth.true[0]) for name, truth in truths.items() if truth.known[0]}


def _compare(node: Compare, event: Event) -> Truth:
    """The truth [1] of a comparison; unknown for an event without a value, and for values of another type."""
    given = event.value if node.field == "value" else event.action
    wanted = node.value if isinstance(node.value, tuple) else (node.value,)
    if given is None or any(isinstance(given, str) != isinstance(literal, str) for literal in wanted):
        return Truth(np.zeros(1, dtype=np.bool_), np.zeros(1, dtype=np.bool_))
    if node.op is Operator.IN:
        holds = given in wanted
    elif isinstance(given, str):
        holds = (given == wanted[0]) == (node.op is Operator.EQ)
    else:  # in the precision of training
        holds = bool(COMPARED[node.op](np.float32(given), np.float32(float(wanted[0]))))
    return Truth(np.array([holds]), np.array([not holds]))
