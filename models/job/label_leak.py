"""Check that a label is not a leak: something that its head is given as input, so that there is nothing to predict."""

from collections.abc import Collection, Mapping

from models.contract.tasks import Per
from models.heads.protocol import HeadKind, TowerInput
from models.job.label_expression import ExpressionError, Operand

FEATURE_KEYS = {"context": "interactions.context", "item": "items", "user": "users"}
"""Source of features -> the key of the job that lists their columns."""


def check_leak(
    kind: HeadKind,
    label: str,
    operands: Collection[Operand],
    copies: Mapping[str, tuple[str, ...]],
    per: Per = Per.EVENT,
) -> None:
    """Raises ExpressionError if the head's tower is given all operands, or a copy of one of them.

    `copies`: value or action -> the sources of features that have the same column. A label that also depends on value
    or action is no leak: the features have only those of earlier events.
    """
    given = read_sources(kind.tower) if per is Per.EVENT else {"user"}  # of later events nothing is given
    for operand in operands:
        if places := [FEATURE_KEYS[source] for source in copies.get(operand.source, ()) if source in given]:
            raise ExpressionError(
                f"expected a label that the head is not given as a feature, given {str(operand)!r}, "
                f"whose column is also in {' and '.join(places)}"
            )
    if all(operand.source in given for operand in operands):
        names = ", ".join(dict.fromkeys(map(str, operands)))
        raise ExpressionError(
            f"expected a label with value or action, given {label!r}: a {kind.name} head is given {names} "
            "as a feature; name the column to predict as interactions.value or interactions.action, "
            "or use a context head"
        )


def read_sources(tower: TowerInput) -> frozenset[str]:
    """The sources of operands that a head's tower is given."""
    pair = {"item"} if tower.pair else set()
    context = {"context", "time"} if tower.context else set()
    return frozenset({"user"} | pair | context)
