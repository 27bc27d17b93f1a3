"""The limits of a plan, which bound the time of its answer, and the plan within them: words never give a larger one."""

from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from models.language.plan import Plan, PlannedLabel

Part = TypeVar("Part", bound=Hashable)

MOST_CHARACTERS = 2000
"""Characters of the direction, as many as an encoder reads."""
MOST_AVOIDED_CHARACTERS = 200
"""Characters of an avoided text: all of them together have no more than the direction."""
MOST_AVOIDED = 10
"""Avoided texts, each of which is encoded and compared with every item."""
MOST_LABELS = 30
"""Wanted, and unwanted, labels; each is looked up for every item."""
MOST_VALUES = 200
"""Labels of which one is enough."""
MOST_CONDITIONS = 20
"""Conditions on numbers."""
MOST_ITEMS = 50
"""Liked, and unliked, items."""
SEPARATOR = ", "
"""What stands between the parts of a direction."""


def fit_plan(plan: Plan) -> Plan:
    """The plan within the limits, each part of it once; of a list that is too long the newest, last ones stay."""
    return replace(
        plan,
        direction=_fit_text(plan.direction),
        avoid=_newest((text[:MOST_AVOIDED_CHARACTERS] for text in plan.avoid if text), MOST_AVOIDED),
        wanted=_newest(map(_fit_label, plan.wanted), MOST_LABELS),
        unwanted=_newest(map(_fit_label, plan.unwanted), MOST_LABELS),
        conditions=_newest(plan.conditions, MOST_CONDITIONS),
        like=_newest(plan.like, MOST_ITEMS),
        unlike=_newest(plan.unlike, MOST_ITEMS),
    )


def join_directions(before: str, added: str) -> str:
    """Both directions, with each part that both have at its newer place, without the oldest where it is too long."""
    newer = added.split(SEPARATOR)
    older = (part for part in before.split(SEPARATOR) if part not in newer)
    return _fit_text(SEPARATOR.join(part for part in (*older, *dict.fromkeys(newer)) if part))


def _fit_text(text: str) -> str:
    """A direction without its oldest parts where it is too long; one part that is too long alone is cut."""
    while len(text) > MOST_CHARACTERS and SEPARATOR in text:
        text = text.partition(SEPARATOR)[2]
    return text[:MOST_CHARACTERS]


def _fit_label(label: PlannedLabel) -> PlannedLabel:
    return PlannedLabel(label.field, _newest(label.values, MOST_VALUES))


def _newest(parts: Iterable[Part], most: int) -> tuple[Part, ...]:
    return tuple(dict.fromkeys(parts))[-most:]
