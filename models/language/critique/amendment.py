"""Amend the plan of an answer by what a critique of it says."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.language.plan import Plan, PlannedLabel, PlannedNumber
from models.language.plan_limits import fit_plan, join_directions


def amend_plan(plan: Plan, wishes: Sequence[Plan], liked: Sequence[str], unliked: Sequence[str]) -> Plan:
    """The plan with what the wishes add and with the items of the critique; the newer word counts.

    It is within the limits of a plan, however many critiques came before.
    """
    for wish in wishes:
        plan = _join(plan, wish)
    return fit_plan(
        replace(
            plan,
            like=_append(plan.like, liked, without=unliked),
            unlike=_append(plan.unlike, unliked, without=liked),
        )
    )


def _join(plan: Plan, wish: Plan) -> Plan:
    """Both plans, in which a label, a number or a text of the wish replaces what the plan says against it."""
    conditions = (part for part in plan.conditions if not _is_replaced(part, wish.conditions))
    return Plan(
        direction=join_directions(plan.direction, wish.direction),
        avoid=(*(text for text in plan.avoid if text not in wish.avoid), *wish.avoid),
        wanted=_join_labels(plan.wanted, wish.wanted, wish.unwanted),
        unwanted=_join_labels(plan.unwanted, wish.unwanted, wish.wanted),
        conditions=(*conditions, *wish.conditions),
        like=_append(plan.like, wish.like, without=wish.unlike),
        unlike=_append(plan.unlike, wish.unlike, without=wish.like),
        limit=plan.limit if wish.limit is None else wish.limit,
        weights=wish.weights or plan.weights,
        diversity=plan.diversity if wish.diversity is None else wish.diversity,
    )


def _join_labels(
    before: Sequence[PlannedLabel], added: Sequence[PlannedLabel], opposite: Sequence[PlannedLabel]
) -> tuple[PlannedLabel, ...]:
    """The labels of before without those of the opposite, and the added ones."""
    against = {(label.field, value) for label in opposite for value in label.values}
    kept = []
    for label in before:
        values = tuple(value for value in label.values if (label.field, value) not in against)
        if values:
            kept.append(PlannedLabel(label.field, values))
    return tuple(dict.fromkeys((*kept, *added)))


def _is_replaced(part: PlannedNumber, added: Iterable[PlannedNumber]) -> bool:
    """Whether an added condition on the field bounds it from the same side, or says the number itself."""
    sides = [str(other.op)[0] for other in added if other.field == part.field]
    return str(part.op)[0] in sides or "e" in sides


def _append(before: Sequence[str], added: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    barred = {*without, *added}
    return (*(item for item in before if item not in barred), *dict.fromkeys(added))
