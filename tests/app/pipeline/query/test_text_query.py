"""A request's texts, read against the catalogue."""

from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.query.text_query import read_request
from models.contract.catalogue import User
from models.contract.feature_spec import FieldKind, FieldSpec
from models.language.text_preference import (
    INTERESTS_GAIN,
    QUERY_GAIN,
    UNWANTED_FROM,
    UNWANTED_GAIN,
    WORDS_SHARE,
)

ANIMALS = User("u", interests="wild animals")


def standard(bundle: LoadedBundle, text: str) -> np.ndarray:
    cosine = bundle.catalogue.text @ bundle.encode_text(text)
    return (cosine - cosine.mean()) / cosine.std()


def test_a_query_adds_its_standardised_cosine_to_every_item(learnt: LoadedBundle) -> None:
    texts = read_request(learnt, " robots ", None)
    np.testing.assert_array_equal(texts.text, learnt.encode_text("robots"))
    np.testing.assert_allclose(np.asarray(texts.logits), QUERY_GAIN * standard(learnt, "robots"), atol=1e-4)
    assert texts.query is not None and texts.interests is None and not texts.profile.any()


def test_interests_and_query_both_count_and_the_query_is_the_text(learnt: LoadedBundle) -> None:
    said, asked = read_request(learnt, "", ANIMALS), read_request(learnt, "robots", None)
    both = read_request(learnt, "robots", ANIMALS)
    np.testing.assert_allclose(
        np.asarray(said.logits), INTERESTS_GAIN * standard(learnt, "wild animals"), atol=1e-4
    )
    assert said.logits is not None and asked.logits is not None
    np.testing.assert_allclose(np.asarray(both.logits), said.logits + asked.logits, atol=1e-4)
    np.testing.assert_array_equal(both.text, asked.text)
    np.testing.assert_array_equal(said.text, said.profile)
    assert said.interests is not None and said.query is None


def test_what_is_not_wanted_loses_and_nothing_gains_by_it(learnt: LoadedBundle) -> None:
    texts = read_request(learnt, "nothing about robots", None)
    past = np.maximum(standard(learnt, "about robots") - UNWANTED_FROM, 0)
    np.testing.assert_allclose(np.asarray(texts.logits), -UNWANTED_GAIN * past, atol=1e-3)
    assert texts.query is None and texts.text is None
    assert [text.words for text in texts.unwanted] == ["about robots"]
    both = read_request(learnt, "animals, nothing about robots", None)
    wanted = read_request(learnt, "animals", None)
    assert wanted.logits is not None and texts.logits is not None
    np.testing.assert_allclose(np.asarray(both.logits), wanted.logits + texts.logits, atol=1e-3)
    np.testing.assert_array_equal(both.text, wanted.text)


def test_a_title_with_a_no_in_it_is_asked_for(learnt: LoadedBundle) -> None:
    title = str(learnt.catalogue.item(0).attributes["title"])
    assert read_request(learnt, title, None).unwanted == ()
    assert read_request(learnt, f"no {title}", None).query is None


def test_blank_texts_are_none(learnt: LoadedBundle) -> None:
    texts = read_request(learnt, "  \n", User("u", interests=" "))
    assert texts.text is texts.logits is None
    assert texts.query is texts.interests is None and not texts.profile.any()


def test_the_tower_reads_the_profile_whole_and_its_wants_are_the_stated_interests(
    learnt: LoadedBundle,
) -> None:
    """As in training, which knows no interests and no negations."""
    fields = (*learnt.spec.user_fields, FieldSpec(name="bio", kind=FieldKind.TEXT))
    bundle = replace(learnt, spec=learnt.spec.model_copy(update={"user_fields": fields}))
    told = User("u", {"bio": "I love robots"})
    texts = read_request(bundle, "", told)
    assert texts.interests is texts.logits is texts.text is None
    np.testing.assert_array_equal(texts.profile, learnt.encode_text("I love robots"))
    both = read_request(bundle, "", User("u", {"bio": "I love robots"}, "animals, no crime"))
    np.testing.assert_array_equal(both.profile, learnt.encode_text("animals, no crime. I love robots"))
    assert both.interests is not None and both.interests.words == "animals"
    assert [text.words for text in both.unwanted] == ["crime"]


def test_interests_stand_in_for_popularity_until_a_user_is_known(learnt: LoadedBundle) -> None:
    stated, asked = read_request(learnt, "", ANIMALS), read_request(learnt, "robots", ANIMALS)
    shares = [stated.popularity_share(count) for count in range(7)]
    assert shares[0] == WORDS_SHARE and shares == sorted(shares) and shares[5] == shares[6] == 1
    assert {asked.popularity_share(count) for count in (0, 9)} == {WORDS_SHARE}
    assert {read_request(learnt, "", None).popularity_share(count) for count in (0, 9)} == {1.0}
    assert shares[1] == pytest.approx(WORDS_SHARE + (1 - WORDS_SHARE) / 5)
