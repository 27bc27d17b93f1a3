"""Roles of actions: the defaults, a job's own, and the name under which each action is read."""

import pytest
from pydantic import ValidationError

from models.contract.catalogue import UserState
from models.contract.events import Event
from models.contract.roles import (
    NO_ROLES,
    ActionRole,
    Role,
    name_opinions,
    read_action,
    role_of,
    seen_items,
    weigh_actions,
)

OWN = {
    "hide": ActionRole(role=Role.NEGATIVE),
    "banner": ActionRole(role=Role.EXPOSURE),
    "purchase": ActionRole(weight=3),
    "skip": ActionRole(role=Role.EXPOSURE),
}


@pytest.mark.parametrize(
    ("roles", "action", "role", "name"),
    [
        (NO_ROLES, "view", Role.TARGET, "view"),
        (NO_ROLES, "cart", Role.TARGET, "cart"),
        (NO_ROLES, "a new one", Role.TARGET, "a new one"),
        (NO_ROLES, "impression", Role.EXPOSURE, "impression"),
        (NO_ROLES, "dislike", Role.NEGATIVE, "dislike"),
        (NO_ROLES, "skip", Role.NEGATIVE, "skip"),
        (OWN, "hide", Role.NEGATIVE, "dislike"),
        (OWN, "banner", Role.EXPOSURE, "impression"),
        (OWN, "skip", Role.EXPOSURE, "impression"),
        (OWN, "purchase", Role.TARGET, "purchase"),
        (OWN, "dislike", Role.NEGATIVE, "dislike"),
    ],
)
def test_defaults_and_a_jobs_own(roles, action, role, name):
    assert (role_of(action, roles), read_action(action, roles)) == (role, name)


@pytest.mark.parametrize("action", ["impression", "dislike", "skip"])
def test_a_name_that_always_means_untaken_is_no_target(action):
    with pytest.raises(ValueError, match=f"expected another name for a target than {action}"):
        read_action(action, {action: ActionRole()})


def test_only_what_was_taken_has_a_weight():
    names = ("view", "purchase", "impression", "dislike", "skip")
    assert weigh_actions(names, OWN).tolist() == [1, 3, 0, 0, 0]
    with pytest.raises(ValidationError, match="expected a weight beside the role target alone"):
        ActionRole(role=Role.EXPOSURE, weight=2)


def test_an_exposure_is_not_seen():
    events = [("a", "view"), ("b", "impression"), ("c", "banner"), ("c", "dislike"), ("d", "banner")]
    state = UserState("u", events=tuple(Event(item, action, 1.0) for item, action in events))
    assert seen_items(state, NO_ROLES) == {"a", "c", "d"}
    assert seen_items(state, OWN) == {"a", "c"}


def test_opinions_in_words_are_a_like_and_a_dislike_or_the_rejection_of_the_job() -> None:
    renamed = {"dislike": ActionRole(role=Role.EXPOSURE), "thumb_down": ActionRole(role=Role.NEGATIVE)}
    assert name_opinions(NO_ROLES) == ("like", "dislike")
    assert name_opinions({"return": ActionRole(role=Role.NEGATIVE)}) == ("like", "dislike")
    assert name_opinions(renamed) == ("like", "thumb_down")
