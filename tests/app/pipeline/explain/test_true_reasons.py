"""Every reason, held against the user's history, the item's fields and the request, over all users of the shop."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.pipeline.explain import reasons as reasons_module
from app.pipeline.explain.evidence import Evidence, Finding, Findings, title_of
from app.pipeline.explain.reasons import Code, ReasonKind
from app.pipeline.explain.wording.catalogues import CATALOGUES
from app.pipeline.recommend import recommend
from app.pipeline.types import Query, Reason
from models.contract.catalogue import User, UserState
from models.contract.events import Event

NOW = 1.701e9
HOME = {"next": 0.6, "like": 0.4}
WEIGHTS: tuple[Mapping[str, float], ...] = (
    HOME,
    {"genre": 1.0},
    {"next": 0.5, "genre": 0.5, "daypart": 0.0},
    {"next": -1.0},
    {"next": -1.0, "like": -0.5},
    {"genre": -1.0, "like": 0.2},
)
Told = list[tuple[str, Reason, Mapping[str, float]]]
"""Item id, reason, and the contributions of the heads."""


def told(bundle: LoadedBundle, query: Query) -> Told:
    """All reasons of an answer."""
    slate = recommend(bundle, query)
    found: Told = []
    for position, reasons in zip(slate.order.tolist(), slate.reasons, strict=True):
        parts = {name: float(part[position]) for name, part in slate.scored.contributions.items()}
        item_id = bundle.catalogue.ids[int(slate.scored.candidates.rows[position])]
        assert reasons
        found += [(item_id, reason, parts) for reason in reasons]
    return found


def told_to_all(
    bundle: LoadedBundle, make_query: Callable[..., Query], weights: Mapping[str, float]
) -> list[tuple[UserState, Told]]:
    """What every user of the shop is told, who each also gave one film of each genre three of five stars."""
    found = []
    for user in range(40):
        known = bundle.known_users.state(f"u{user}")
        taken = {event.item_id for event in known.events}
        new = [f"i{item}" for item in range(80) if f"i{item}" not in taken]
        so_so = tuple(Event(item_id, "rate", NOW - 9 + at, 3.0) for at, item_id in enumerate(new[:4]))
        state = replace(known, events=(*known.events, *so_so))
        query = make_query(state=state, now=NOW, weights=weights, explain=True, limit=12)
        found.append((state, told(bundle, query)))
    return found


def genre(bundle: LoadedBundle, item_id: str) -> str:
    (label,) = bundle.catalogue.labels[bundle.rows([item_id])[0]]
    return label


def test_who_is_told_that_they_liked_an_item_gave_it_four_stars_or_five(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    said = {"Because you liked": 0, "Because of your interest in": 0}
    for state, reasons in told_to_all(learnt, make_query, {"like": 1.0}):
        stars = {event.item_id: event.value for event in state.events}
        for _, reason, _ in reasons:
            if reason.code == Code.LIKED:
                (because,) = reason.item_ids
                title = learnt.catalogue.item(int(learnt.rows([because])[0])).attributes["title"]
                words = "Because you liked" if stars[because] in (4, 5) else "Because of your interest in"
                assert stars[because] in (3, 4, 5) and reason.text == f"{words} {title}"
                said[words] += 1
    assert min(said.values()) > 0


def test_a_taste_is_for_what_the_item_is_and_the_user_likes_more_often_than_chance(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    found = 0
    for state, reasons in told_to_all(learnt, make_query, {"genre": 1.0}):
        liked = [genre(learnt, event.item_id) for event in state.events if event.value in (4, 5)]
        for item_id, reason, _ in reasons:
            if reason.code == Code.TASTE:
                assert reason.text == f"Fits your taste for {genre(learnt, item_id)}"
                assert liked.count(genre(learnt, item_id)) >= len(liked) / 4
                found += 1
    assert found > 0


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_only_a_head_with_a_weight_is_named_and_it_speaks_most_for_the_item(
    learnt: LoadedBundle, make_query: Callable[..., Query], weights: Mapping[str, float]
) -> None:
    nobody = (UserState(), told(learnt, make_query(now=NOW, weights=weights, explain=True, limit=40)))
    found = 0
    for _, reasons in [*told_to_all(learnt, make_query, weights), nobody]:
        for _, reason, parts in reasons:
            if reason.code == Code.RANKED:
                head = reason.text.split("'")[1]
                weighted = {name for name, weight in weights.items() if weight}
                assert head in weighted and reason.strength == pytest.approx(parts[head])
                assert reason.strength == pytest.approx(max(parts[name] for name in weighted))
                assert reason.text.startswith("Ranked here mostly") == (reason.strength > 0)
                found += 1
            if reason.code == Code.TASTE:
                assert max(weights.values()) > 0
            if reason.code == Code.MOMENT:
                assert max(weights.get("next", 0), weights.get("daypart", 0)) > 0
    assert found > 0


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_a_stranger_is_told_nothing_of_themselves(
    learnt: LoadedBundle, make_query: Callable[..., Query], weights: Mapping[str, float]
) -> None:
    asked = make_query(state=UserState("stranger"), now=NOW, weights=weights, explain=True, limit=40)
    codes = {reason.code for _, reason, _ in told(learnt, asked)}
    assert codes <= {Code.POPULAR, Code.RANKED, Code.MOMENT}


def test_what_was_asked_for_is_of_the_genre_and_the_profile_is_no_query(
    learnt: LoadedBundle, make_query: Callable[..., Query]
) -> None:
    """The same words as a query and as interests: the same items, told apart."""
    matched: dict[Code, set[str]] = {Code.QUERY: set(), Code.INTERESTS: set()}
    for user in range(12):
        known = replace(learnt.known_users.state(f"u{user}"), profile=None)
        interested = replace(known, profile=User(f"u{user}", interests="romance"))
        for state, text, code in ((known, "romance", Code.QUERY), (interested, "", Code.INTERESTS)):
            query = make_query(state=state, text=text, now=NOW, explain=True, limit=50, exclude_seen=False)
            for item_id, reason, _ in told(learnt, query):
                if reason.code in matched:
                    assert reason.code == code and genre(learnt, item_id) == "romance"
                    row = int(learnt.rows([item_id])[0])
                    cosine = learnt.catalogue.text[row] @ np.asarray(learnt.encode_text("romance"))
                    assert reason.strength == pytest.approx(cosine, abs=1e-5)
                    matched[code].add(item_id)
    assert len(matched[Code.QUERY]) > 5 and len(matched[Code.INTERESTS]) > 5


def test_a_reason_from_one_place_appears_in_an_answer(
    learnt: LoadedBundle, make_query: Callable[..., Query], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A toy reason: the third item of the slate is named."""

    def find_third(evidence: Evidence) -> Findings:
        title = title_of(evidence.catalogue.item(int(evidence.rows[2])), evidence.text_fields)
        return {2: Finding(5.0, {"title": title})}

    toy = ReasonKind("third", find_third)
    monkeypatch.setitem(CATALOGUES, "en", {**CATALOGUES["en"], "third": "Third: {title}"})
    monkeypatch.setattr(reasons_module, "REASONS", (*reasons_module.REASONS, toy))
    slate = recommend(learnt, make_query(now=1.7e9, explain=True))
    first = [of_item[0].code for of_item in slate.reasons]
    assert first.index("third") == 2 and first.count("third") == 1
    row = int(slate.scored.candidates.rows[slate.order[2]])
    assert slate.reasons[2][0].text == f"Third: {learnt.catalogue.item(row).attributes['title']}"
