"""What users write with events: learned from, kept in histories, and read in serving as in training."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.pipeline.encoding import encode_user
from app.pipeline.explain.attribution import measure_attribution
from app.pipeline.query.text_query import read_plan
from app.pipeline.recommend import recommend
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from app.pipeline.types import Query
from models.contract.bundle import GOLDEN
from models.contract.catalogue import UserState
from models.contract.events import Event
from models.contract.records import GoldenRequests
from models.contract.user_vector import strip_bias
from models.ranking.rerank import Diversity

PRAISE = {"0": "tender romance, so sweet and quiet", "1": "a loud war with guns and tanks"}


def with_reviews(job: Path) -> None:
    """The shop's events with a review of each item that was liked, named after the item's cluster."""
    path = job.parent / "events.csv"
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        parity = str(int(row["item"][1:]) % 2)
        row["review"] = PRAISE[parity] if row["value"] in ("4", "5") else ""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def written(make_shop, tmp_path_factory) -> LoadedBundle:
    """A bundle over a log with reviews, checked by its golden requests and user vectors."""
    folder: Path = tmp_path_factory.mktemp("reviews")
    interactions = {
        "path": "events.csv", "user": "user", "item": "item", "time": "time", "action": "action", "text": "review",
    }  # fmt: skip
    training = {"epochs": 8, "refresh_epochs": 1, "batch_size": 16, "learning_rate": 0.02}
    job = make_shop(
        folder, interactions=interactions, items=None, users=None, tasks=None, scenes=None,
        text_encoder="use-multilingual", training=training,
        evaluation={"max_lists": 50, "max_events": 50},
    )  # fmt: skip
    with_reviews(job)
    assert main(["train", str(job), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 100)


def test_the_bundle_keeps_the_texts_of_its_histories(written: LoadedBundle) -> None:
    assert written.spec.interaction_text
    texts = {event.text for event in written.known_users.state("u1").events}
    assert texts == {"", PRAISE["0"], PRAISE["1"]} or texts == {"", PRAISE["1"]}


def test_a_golden_request_has_a_text(written: LoadedBundle) -> None:
    golden = GoldenRequests.model_validate_json((written.folder / GOLDEN).read_bytes())
    (request,) = [request for request in golden.requests if request.name == "a text of an event"]
    assert request.events[-1].text == "something new"


def test_what_a_stranger_writes_moves_the_next_list_towards_it(written: LoadedBundle) -> None:
    items = strip_bias(written.catalogue.vectors)
    is_odd = np.array([int(item_id[1:]) % 2 for item_id in written.catalogue.ids], dtype=bool)

    def lean(text: str) -> float:
        """How much higher the odd items stand than the even ones, after one event on an item of neither."""
        state = UserState(None, None, (Event("never seen", "view", 1.8e9, text=text),))
        scores = items @ strip_bias(encode_user(written, state).vector[None])[0]
        return float(scores[is_odd].mean() - scores[~is_odd].mean())

    assert lean(PRAISE["1"]) > lean("") > lean(PRAISE["0"])


def test_older_texts_than_the_newest_five_say_nothing(written: LoadedBundle) -> None:
    state = written.known_users.state("u1")
    newest = [event for event in state.events if event.text][-5:]
    forgetful = replace(
        state,
        events=tuple(event if event in newest else replace(event, text="") for event in state.events),
    )
    mute = replace(state, events=tuple(replace(event, text="") for event in state.events))
    vector = encode_user(written, state).vector
    assert np.array_equal(vector, encode_user(written, forgetful).vector)
    assert np.abs(vector - encode_user(written, mute).vector).max() > 1e-3


def test_a_column_of_texts_that_nothing_reads_is_refused(make_shop, tmp_path, capsys) -> None:
    interactions = {"path": "events.csv", "user": "user", "item": "item", "time": "time", "text": "device"}
    job = make_shop(tmp_path, interactions=interactions, tasks=None, scenes=None)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 1
    assert "interactions.text: expected a text_encoder, which reads it" in capsys.readouterr().err


def test_what_was_written_with_an_event_is_left_out_with_it(written: LoadedBundle) -> None:
    """What the reasons measure is the score with all events less that without one, and without its text."""
    events = tuple(
        Event(f"i{item}", "view", 1.7e9 + item, text=PRAISE[str(item % 2)] if item < 4 else "")
        for item in range(8)
    )
    state = UserState(events=events)
    weights = written.manifest.fusion.weights
    query = Query(state, 1.8e9, 6, {}, weights, Diversity("none"))
    slate = recommend(written, query)
    texts = read_plan(written, query.plan, None, events)
    attribution = measure_attribution(written, query, texts, encode_user(written, state), slate)
    shown = tuple(written.catalogue.ids[row] for row in slate.scored.candidates.rows[slate.order])

    def score(kept: tuple[Event, ...]) -> np.ndarray:
        return score_requests(written, [ScoreRequest(UserState(events=kept), shown, {}, 1.8e9)])[0].score

    for row, drop in zip(attribution.rows.tolist(), attribution.drop, strict=True):
        without = tuple(event for event in events if event.item_id != written.catalogue.ids[row])
        np.testing.assert_allclose(drop, score(events) - score(without), atol=1e-5)
    assert {event.item_id for event in events} == {written.catalogue.ids[row] for row in attribution.rows}
