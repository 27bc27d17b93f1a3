"""The roles of actions: what `next` learns to predict, what was only shown, and what rejects an item.

A log's action is read under a name that carries its role: an exposure as an impression, a rejection as a dislike or a
skip, a target under its own name. Training reads the log so, and the service each event, so that all other rules need
to know three names only.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.contract.arrays import Floats
from models.contract.catalogue import UserState
from models.contract.events import EXPOSURE_ACTIONS, REJECTING_ACTIONS, UNTAKEN_ACTIONS, Action


class Role(StrEnum):
    """The meaning of an event for its item, by its action."""

    TARGET = "target"  # taken: what `next` learns, and what counts as right
    EXPOSURE = "exposure"  # shown, not taken: no target, and not seen
    NEGATIVE = "negative"  # rejected: no target, and a push away


class ActionRole(BaseModel):
    """The role of one action; the weight is that of its events in the loss of `next`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role = Role.TARGET
    weight: float = Field(default=1.0, gt=0, le=1000, allow_inf_nan=False)

    @model_validator(mode="after")
    def check_weight(self) -> Self:
        """Only a target has a weight, since nothing else is in the loss of `next`."""
        if self.role is not Role.TARGET and "weight" in self.model_fields_set:
            raise ValueError(f"expected a weight beside the role target alone, given it beside {self.role}")
        return self


Roles = Mapping[str, ActionRole]
"""Action -> the role that a job gives it; others have their default."""
NO_ROLES: Roles = MappingProxyType({})


def role_of(action: str, roles: Roles) -> Role:
    """The role of an action: the job's, or negative for a dislike and a skip, exposure for an impression."""
    if action in roles:
        return roles[action].role
    if action in EXPOSURE_ACTIONS:
        return Role.EXPOSURE
    return Role.NEGATIVE if action in REJECTING_ACTIONS else Role.TARGET


def take_value(action: str, value: float | None, roles: Roles) -> float:
    """The worth of a target event: its value, or the weight of its action where it has none."""
    if value is not None:
        return value
    return roles[action].weight if action in roles else 1.0


def read_action(action: str, roles: Roles) -> str:
    """The name under which an event with the action is read; raises ValueError where it would have another role."""
    match role_of(action, roles):
        case Role.EXPOSURE:
            return Action.IMPRESSION.value
        case Role.NEGATIVE:
            return action if action in REJECTING_ACTIONS else Action.DISLIKE.value
        case Role.TARGET:
            if action in UNTAKEN_ACTIONS:
                raise ValueError(
                    f"expected another name for a target than {action}, which always means that an item was not taken "
                    "(interactions.action_names gives names)"
                )
            return action


def name_opinions(roles: Roles) -> tuple[str, str]:
    """The actions under which praise and refusal in words are stored: a like, and a dislike.

    A job that gives `dislike` another role has its first action of the role negative in its place, if there is one.
    """
    rejections = (Action.DISLIKE.value, *roles)
    refusal = next(
        (name for name in rejections if role_of(name, roles) is Role.NEGATIVE), Action.DISLIKE.value
    )
    return Action.LIKE.value, refusal


def weigh_actions(names: Sequence[str], roles: Roles) -> Floats:
    """[m] the weights of events with these names in the loss of `next`; 0 for what was not taken."""
    weights = [
        0.0 if name in UNTAKEN_ACTIONS else roles[name].weight if name in roles else 1.0 for name in names
    ]
    return np.array(weights, dtype=np.float32)


def seen_items(state: UserState, roles: Roles) -> frozenset[str]:
    """Ids of the items that a user interacted with: of all events but exposures."""
    shown = {
        action
        for action in {event.action for event in state.events}
        if role_of(action, roles) is Role.EXPOSURE
    }
    return state.past_items.union(event.item_id for event in state.events if event.action not in shown)
