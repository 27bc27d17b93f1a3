"""The user as a vector: what the tower reads, what a dislike pushes, what texts add."""

from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import encode_user
from models.contract.catalogue import User, UserState
from models.contract.events import Event
from models.contract.item_links import FittedLinks, ItemLinks, LinkGains, LinkTable
from models.contract.recency import SESSION_GAP_S, RecencyGains
from models.contract.user_vector import DISLIKE_PUSH, PUSHING_ITEMS, SKIP_PUSH, strip_bias
from models.language.text_preference import WORDS_SHARE

LIKES = tuple(Event(f"i{item}", "rate", 1.7e9 + item, 5.0) for item in (0, 4, 8))


def state(*events: Event, **more: object) -> UserState:
    return replace(UserState("u", events=(*LIKES, *events)), **more)


def dislike(item: int, moment: float = 1.8e9) -> Event:
    return Event(f"i{item}", "dislike", moment)


def centred(bundle: LoadedBundle) -> np.ndarray:
    return strip_bias(bundle.catalogue.vectors) - bundle.mean_vector


def test_a_dislike_lowers_each_item_by_how_alike_it_is(learnt: LoadedBundle) -> None:
    """Against the mean item: the item itself by DISLIKE_PUSH, any other by that times cos * |x| / |v|."""
    encoded = encode_user(learnt, state(dislike(5)))
    pushed = strip_bias(encoded.vector) - encoded.user.base
    away = centred(learnt)
    length = np.linalg.norm(away, axis=1)
    cosine = away @ away[5] / length / length[5]
    np.testing.assert_allclose(away @ pushed, -DISLIKE_PUSH * cosine * length / length[5], atol=1e-4)
    assert (away @ pushed)[5] == pytest.approx(-DISLIKE_PUSH, abs=1e-4)


def test_a_dislike_that_training_never_met_is_no_interest(learnt: LoadedBundle) -> None:
    """The tower does not read it; the scorer's history, which knows its value, does."""
    without, after = encode_user(learnt, state()), encode_user(learnt, state(dislike(5)))
    np.testing.assert_allclose(without.user.base, after.user.base, atol=1e-5)
    assert after.history_rows.tolist() == [0, 4, 8, 5] and len(after.user.history) == 4


def test_only_the_last_word_on_an_item_counts(learnt: LoadedBundle) -> None:
    forgiven = encode_user(learnt, state(dislike(5), Event("i5", "like", 1.9e9)))
    np.testing.assert_array_equal(strip_bias(forgiven.vector), forgiven.user.base)
    again = encode_user(learnt, state(Event("i5", "like", 1.7e9), dislike(5)))
    assert not np.array_equal(strip_bias(again.vector), again.user.base)


def test_dislikes_add_up_to_the_newest_ten(learnt: LoadedBundle) -> None:
    def push(*items: int) -> np.ndarray:
        encoded = encode_user(learnt, state(*(dislike(item, 1.8e9 + n) for n, item in enumerate(items))))
        return strip_bias(encoded.vector) - encoded.user.base

    np.testing.assert_allclose(push(5, 6), push(5) + push(6), atol=1e-5)
    many = tuple(range(10, 10 + PUSHING_ITEMS + 3))
    np.testing.assert_allclose(push(*many), push(*many[-PUSHING_ITEMS:]), atol=1e-5)


def test_a_dislike_of_an_unknown_item_pushes_nothing(learnt: LoadedBundle) -> None:
    encoded = encode_user(learnt, state(Event("never", "dislike", 1.8e9)))
    np.testing.assert_array_equal(strip_bias(encoded.vector), encoded.user.base)
    assert encoded.history_rows.tolist() == [0, 4, 8]


def test_an_event_changes_the_vector_and_a_newcomer_has_one(learnt: LoadedBundle) -> None:
    nobody = encode_user(learnt, UserState())
    assert np.isfinite(nobody.vector).all() and nobody.user.history.shape == (0, learnt.dim)
    assert not np.allclose(nobody.user.base, encode_user(learnt, state()).user.base, atol=1e-3)
    assert nobody.text is nobody.text_logits is None and nobody.vector[-2] == 1


def test_a_skip_that_training_never_met_is_no_interest_and_pushes_a_little(learnt: LoadedBundle) -> None:
    without, after = encode_user(learnt, state()), encode_user(learnt, state(Event("i5", "skip", 1.8e9)))
    np.testing.assert_allclose(without.user.base, after.user.base, atol=1e-5)
    assert after.history_rows.tolist() == [0, 4, 8]
    assert (centred(learnt) @ (strip_bias(after.vector) - after.user.base))[5] == pytest.approx(
        -SKIP_PUSH, abs=1e-4
    )
    both = encode_user(learnt, state(dislike(5), Event("i5", "skip", 1.9e9)))
    np.testing.assert_allclose(both.vector, encode_user(learnt, state(dislike(5))).vector, atol=1e-5)
    praised = encode_user(learnt, state(Event("i5", "skip", 1.8e9), Event("i5", "like", 1.9e9)))
    np.testing.assert_array_equal(strip_bias(praised.vector), praised.user.base)


def test_words_leave_little_of_popularity_and_of_a_stranger(learnt: LoadedBundle) -> None:
    encoded = encode_user(learnt, state(), "robots")
    assert encoded.vector[-2] == pytest.approx(WORDS_SHARE)
    np.testing.assert_array_equal(strip_bias(encoded.vector), encoded.user.base)
    for newcomer in (
        encode_user(learnt, UserState(), "robots"),
        encode_user(learnt, UserState("u", User("u", interests="robots"))),
    ):
        assert newcomer.vector[-2] == pytest.approx(WORDS_SHARE)
        np.testing.assert_allclose(strip_bias(newcomer.vector), WORDS_SHARE * newcomer.user.base)


def test_a_blank_query_is_none(learnt: LoadedBundle) -> None:
    blank = encode_user(learnt, state(), "  \n")
    np.testing.assert_allclose(blank.vector, encode_user(learnt, state()).vector, atol=1e-6)
    assert blank.text is None


def test_the_newest_dislikes_push_and_only_praise_takes_one_back(learnt: LoadedBundle) -> None:
    def pushed(*events: tuple[int, str]) -> np.ndarray:
        made = tuple(Event(f"i{item}", action, float(at)) for at, (item, action) in enumerate(events))
        encoded = encode_user(learnt, replace(UserState("u"), events=made))
        return strip_bias(encoded.vector) - encoded.user.base

    alone = pushed((0, "dislike"))
    assert alone.any()
    assert np.allclose(pushed((0, "dislike"), (0, "view"), (0, "skip")), alone, atol=1e-5)
    assert np.allclose(pushed((0, "dislike"), (0, "like")), 0, atol=1e-5)
    many = [(item, "dislike") for item in range(1, PUSHING_ITEMS + 2)]
    met_first_disliked_last = pushed((0, "view"), *many, (0, "dislike"))
    assert np.allclose(met_first_disliked_last, pushed(*many[2:], (0, "dislike")), atol=1e-4)


def with_gains(bundle: LoadedBundle) -> LoadedBundle:
    recency = RecencyGains(in_session=0.5, returning=3.0)
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"recency": recency}))


def test_recent_popularity_counts_more_after_half_an_hour_and_for_strangers(learnt: LoadedBundle) -> None:
    bundle, newest = with_gains(learnt), LIKES[-1].timestamp
    for pause, expected in ((SESSION_GAP_S - 1, 0.5), (SESSION_GAP_S, 3.0)):
        encoded = encode_user(bundle, state(), moment=({}, newest + pause))
        assert encoded.vector[-1] == expected and encoded.vector[-2] == 1
    assert encode_user(bundle, state()).vector[-1] == 0.5  # of no moment
    for moment in (None, ({}, newest)):
        assert encode_user(bundle, UserState(), moment=moment).vector[-1] == 3.0


def test_links_have_other_gains_after_a_pause(learnt: LoadedBundle) -> None:
    """Item 0 is linked to item 1 alone. Within a session that counts 2 logits, after a pause none."""
    rows, weights = np.zeros((80, 1), dtype=np.int32), np.zeros((80, 1), dtype=np.float32)
    rows[0], weights[0] = 1, 1.0
    table = LinkTable(rows, weights)
    gains = LinkGains(least_events=(1,), transition=(2.0,), regression=(0.0,), returning=(0.0, 0.0))
    bundle = replace(learnt, links=FittedLinks(ItemLinks(table, table), gains))
    one = UserState("u", events=LIKES[:1])
    session = encode_user(bundle, one, moment=({}, LIKES[0].timestamp + 60)).link_logits
    assert session is not None and session[1] == 2 and np.count_nonzero(session) == 1
    assert encode_user(bundle, one, moment=({}, LIKES[0].timestamp + 86_400)).link_logits is None


def test_a_request_with_session_events_is_within_a_session_whatever_their_times(learnt: LoadedBundle) -> None:
    bundle, later = with_gains(learnt), ({}, LIKES[-1].timestamp + 9e6)
    assert encode_user(bundle, state(), moment=later).vector[-1] == 3.0
    assert encode_user(bundle, state(in_session=True), moment=later).vector[-1] == 0.5
