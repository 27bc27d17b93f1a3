"""Kept encodings: the same answer, and a new one for everything that it depends on."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import encode_states, encode_user, read_columns
from app.pipeline.query.text_query import read_plan
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from models.language.plan import Plan

LIKES = tuple(Event(f"i{item}", "rate", 1.7e9 + item, 5.0) for item in (0, 4, 8))
STATE = UserState("u", events=LIKES)


@pytest.fixture
def bundle(learnt: LoadedBundle) -> LoadedBundle:
    """The bundle without kept encodings: a changed bundle begins without any."""
    changed = replace(learnt)
    assert not len(changed.encodings)
    return changed


def test_an_unchanged_history_is_encoded_once(bundle: LoadedBundle) -> None:
    first, again = (
        encode_user(bundle, STATE),
        encode_user(bundle, replace(STATE, user_id="of the same taste")),
    )
    assert first is again and len(bundle.encodings) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda state: replace(state, events=LIKES[:2]),
        lambda state: replace(state, events=(*LIKES[:2], replace(LIKES[2], value=1.0))),
        lambda state: replace(state, events=(*LIKES[:2], replace(LIKES[2], timestamp=1.8e9))),
        lambda state: replace(state, events=(*LIKES[:2], replace(LIKES[2], action="view"))),
        lambda state: replace(state, events=(*LIKES[:2], replace(LIKES[2], context={"device": "tv"}))),
        lambda state: replace(state, profile=User("u", {"gender": "F"})),
    ],
)
def test_any_change_is_encoded_anew(bundle: LoadedBundle, change: Callable[[UserState], UserState]) -> None:
    encode_user(bundle, STATE)
    encode_user(bundle, change(STATE))
    assert len(bundle.encodings) == 2


def test_a_kept_encoding_is_that_of_an_empty_cache(bundle: LoadedBundle, learnt: LoadedBundle) -> None:
    """Also after the moment and the session of another request."""
    moment = ({"device": "tv"}, 1.9e9)
    encode_user(bundle, STATE, moment=moment)
    encode_user(bundle, replace(STATE, in_session=True), moment=moment)
    kept = encode_user(bundle, STATE, moment=moment)
    np.testing.assert_array_equal(kept.vector, encode_user(replace(learnt), STATE, moment=moment).vector)
    assert not kept.in_session


def test_a_text_is_not_kept(bundle: LoadedBundle) -> None:
    encode_user(bundle, STATE, "quiet comedies")
    assert not len(bundle.encodings)


def test_what_named_items_add_is_not_kept(bundle: LoadedBundle) -> None:
    """ "Like i3": no text, and yet other logits."""
    plan = Plan(like=("i3",))
    texts = read_plan(bundle, plan, None)
    assert texts.text is None and texts.logits is not None
    encode_states(bundle, [STATE], [texts])
    assert encode_user(bundle, STATE).text_logits is None


def test_the_columns_of_an_unchanged_history_are_made_once(bundle: LoadedBundle) -> None:
    """Those of a user with a newer event are not kept, as the next request has other ones."""
    known = bundle.known_users.state("u6")
    first, again = (read_columns(bundle, [bundle.known_users.state("u6")]) for _ in range(2))
    assert first is again and len(first) == len(known.events)
    newer = replace(known, events=(*known.events, *LIKES))
    assert len(read_columns(bundle, [newer])) == len(known.events) + len(LIKES)
    assert read_columns(bundle, [known]) is first and len(bundle.encodings) == 1


def test_a_user_at_a_moment_is_kept_apart_from_one_within_a_session(bundle: LoadedBundle) -> None:
    """The second pass finds what the first one kept."""
    moment = ({"device": "tv"}, 1.9e9)
    first, second = (encode_user(bundle, STATE, moment=moment) for _ in range(2))
    np.testing.assert_array_equal(first.vector, second.vector)
    within = encode_user(bundle, replace(STATE, in_session=True), moment=moment)
    expected = encode_user(replace(bundle), replace(STATE, in_session=True), moment=moment)
    np.testing.assert_array_equal(within.vector, expected.vector)
