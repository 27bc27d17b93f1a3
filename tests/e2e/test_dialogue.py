"""A dialogue about a list: what is said about it, in English and in Chinese, makes the next list better."""

from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Running

GENRES = ("space", "romance", "crime", "animals")
WORDS = {
    "en": (
        "the first two are great, not the third, more like that",
        "number {}",
        " and ",
        "{} are good, all others bad",
    ),
    "zh": ("前两个很棒，不要第三个，多来点类似的", "第{}个", "和", "{}很棒，其他的都不要"),
}
QUERIES = {"en": "space films", "zh": "太空电影"}


def ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def share(answer: dict[str, Any], genre: str) -> float:
    return mean(genre in item["fields"]["genres"] for item in answer["items"])


@pytest.mark.parametrize("language", WORDS)
def test_three_films_of_which_two_are_liked_and_one_is_refused(service: "Running", language: str) -> None:
    user, how = f"critic-{language}", {"limit": 3, "fields": ["genres"]}
    first = service.recommend(user_id=user, query=QUERIES[language], **how)
    critique = {"of": first["recommendation_id"], "text": WORDS[language][0]}
    second = service.recommend(user_id=user, critique=critique, **how)
    praised, refused = ids(first)[:2], ids(first)[2:]
    assert (second["critique"]["praised"], second["critique"]["refused"]) == (praised, refused)
    assert second["plan"]["like"] == praised and second["plan"]["unlike"] == refused
    assert second["plan"]["direction"] == first["plan"]["direction"], (
        "the dialogue goes on from what was asked"
    )
    assert second["plan"]["wanted"] == first["plan"]["wanted"]
    assert share(first, "space") == share(second, "space") == 1
    assert not set(ids(first)) & set(ids(second))
    assert service.events_of(user) == [*praised, *refused]
    assert refused[0] not in service.ids(user_id=user, limit=70), "the refusal stays"


@pytest.mark.parametrize("language", WORDS)
def test_the_next_list_has_more_of_what_was_praised(service: "Running", language: str) -> None:
    """The genre is praised by places alone and never named; the share of it rises by .2 and more, over all genres."""
    _, place, joint, sentence = WORDS[language]
    before, after = [], []
    for genre in GENRES:
        user, how = f"praiser-{language}-{genre}", {"limit": 10, "fields": ["genres"]}
        first = service.recommend(user_id=user, **how)
        good = [item["rank"] for item in first["items"] if genre in item["fields"]["genres"]]
        if not good or len(good) > 7:
            continue
        text = sentence.format(joint.join(place.format(rank) for rank in good))
        second = service.recommend(
            user_id=user, critique={"of": first["recommendation_id"], "text": text}, **how
        )
        before.append(share(first, genre))
        after.append(share(second, genre))
    assert len(before) >= 2 and mean(after) >= mean(before) + 0.2


def test_a_film_that_was_not_shown_can_be_refused(service: "Running") -> None:
    first = service.recommend(user_id="refuser", limit=2)
    hidden = "The Killer 2"
    text = f"I did not like {hidden}"
    second = service.recommend(
        user_id="refuser",
        limit=70,
        fields=["title"],
        critique={"of": first["recommendation_id"], "text": text},
    )
    assert second["critique"]["stored"] == 1 and not second["critique"]["praised"]
    assert hidden not in {item["fields"]["title"] for item in second["items"]}
    assert service.events_of("refuser") == second["critique"]["refused"]


def test_an_answer_is_still_known_after_a_restart(trained: Any, launch: Any, tmp_path: Any) -> None:
    """The impression that waits when the service is stopped is written, and another process finds it."""
    service = launch(trained, tmp_path / "state")
    first = service.recommend(user_id="u1", limit=3)
    assert service.end() == 0
    again = launch(trained, tmp_path / "state")
    critique = {"of": first["recommendation_id"], "text": "the last one is great"}
    assert again.recommend(user_id="u1", critique=critique)["critique"]["praised"] == ids(first)[2:]
