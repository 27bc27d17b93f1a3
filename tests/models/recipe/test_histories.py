"""A job with earlier events is trained, published and served: they are history, and never counted as recent."""

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from app.user_history import merge_events
from models.contract.catalogue import UserState
from models.contract.event_features import encode_events
from models.contract.events import Event, column_events
from models.contract.statistics import STATISTICS
from models.contract.unix_time import NO_TIME
from models.contract.vocabulary import PAD
from models.ranking.rerank import Diversity
from models.recipe.evaluation_lists import build_next_event_lists, build_part_case, interactions_before
from models.recipe.ingestion import JobData
from models.training.corpus import PART_TEST, PART_TRAIN
from tests.action_log import ACTIONS, write_job

PAST = ["i3", "i60", "i3"]
"""The earlier events of u7 and of a stranger to the log; no event of the log is of i60."""


def write_with_past(folder: Path, **changes: object) -> Path:
    path = write_job(folder, ACTIONS)
    (folder / "past.jsonl").write_text(
        "".join(f'{{"user": "{user}", "items": {PAST}}}\n'.replace("'", '"') for user in ("u7", "stranger"))
    )
    job = yaml.safe_load(path.read_text())
    job["histories"] = {"path": "past.jsonl", "user": "user", "items": "items"}
    path.write_text(yaml.safe_dump(job | changes))
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, make_ingested) -> JobData:
    return make_ingested(write_with_past(tmp_path_factory.mktemp("past")))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """The bundle, whose golden requests and users' vectors the service has reproduced."""
    folder = tmp_path_factory.mktemp("bundle")
    job = write_with_past(folder)
    assert main(["train", str(job), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 300)


def test_they_come_first_and_are_training(data: JobData) -> None:
    corpus, dataset = data.corpus, data.dataset
    user = dataset.user_ids.index("u7")
    rows = slice(corpus.offsets[user], corpus.offsets[user + 1])
    assert [dataset.items[item].item_id for item in corpus.items[rows][:3]] == PAST
    assert set(corpus.part[rows][:3].tolist()) == {PART_TRAIN}
    assert (corpus.dense[rows][:4, 2] == 0).all() and (corpus.dense[rows][4:, 2] > 0).all()
    assert (corpus.context[rows][:3] == PAD).all() and (corpus.context[rows][3:, 0] != PAD).all()
    assert not any(labels.has_target(np.arange(rows.start, rows.start + 3)).any() for labels in corpus.labels)


def test_they_are_seen_in_every_protocol(data: JobData) -> None:
    item, user = [one.item_id for one in data.dataset.items].index("i60"), data.dataset.user_ids.index("u7")
    before = interactions_before(data, PART_TEST)
    assert before.matrix()[[user]].toarray()[0, item] and before.popularity()[item] == 2
    for case in (build_part_case(data, PART_TEST), build_next_event_lists(data, PART_TEST, 1_000).case):
        assert case.seen[np.flatnonzero(case.users == user)][:, [item]].toarray().all()


def test_they_count_in_total_before_the_log_and_are_never_recent(data: JobData) -> None:
    """No earlier event is counted for another one: it is not known which came first."""
    corpus = data.corpus
    item = [one.item_id for one in data.dataset.items].index("i60")
    counts = np.expm1(corpus.statistics[:, item])
    assert corpus.moments[0] == NO_TIME and not corpus.statistics[0].any()
    assert counts[1:, STATISTICS.index("total")] == pytest.approx(2.0)
    assert not counts[:, STATISTICS.index("recent")].any()
    has_no_time = corpus.log.times[corpus.log_rows] == NO_TIME
    assert (corpus.snapshot[has_no_time] == 0).all() and (corpus.snapshot[~has_no_time] > 0).all()


def test_the_service_begins_with_them(bundle: LoadedBundle) -> None:
    """The features after a new event are those of training: no gap is known before the first time."""
    trained = bundle.known_users.state("stranger")
    assert trained.events == tuple(Event(item, "view", NO_TIME) for item in PAST)
    now = 1.8e9
    events = merge_events(trained, UserState("stranger", None, (Event("i1", "click", now),)))
    assert [event.item_id for event in events] == [*PAST, "i1"]
    assert not encode_events(bundle.spec, column_events([events], lambda _: 0)).dense[:, 2].any()
    query = Query(
        state=UserState("stranger", None, events), now=now, limit=60, context={},
        weights={"next": 1.0}, diversity=Diversity("none"),
    )  # fmt: skip
    slate = recommend(bundle, query)
    listed = {bundle.catalogue.item(int(row)).item_id for row in slate.scored.candidates.rows[slate.order]}
    assert len(listed) > 50 and not listed & {*PAST, "i1"}


def test_the_report_names_their_number(bundle: LoadedBundle, capsys: pytest.CaptureFixture[str]) -> None:
    counts = json.loads((bundle.folder / "report.json").read_text())["data"]
    assert counts["earlier"] == 6
    assert counts["interactions"] == counts["train"] + counts["valid"] + counts["test"]
    assert main(["evaluate", str(bundle.folder)]) == 0
    for text in (capsys.readouterr().out, (bundle.folder / "report.html").read_text()):
        assert "6 of them earlier events without times" in " ".join(text.split())


@pytest.mark.parametrize(
    "changes",
    [
        {
            "interactions": {"path": "events.csv", "user": "user", "item": "item", "order": "time"},
            "tasks": [],
        },
        {"item_links": True, "export": {"fit": "train"}},
    ],
    ids=["an order", "item links"],
)
def test_other_jobs_with_them(tmp_path: Path, changes: dict[str, object]) -> None:
    """The service reproduces the golden requests and the vectors of known users, or the command fails."""
    job = write_with_past(tmp_path, **changes)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    loaded = open_and_check(tmp_path / "bundle", 300)
    assert [event.item_id for event in loaded.known_users.state("u7").events[:3]] == PAST


def test_private_training_takes_them_as_events_of_their_user(tmp_path: Path) -> None:
    pytest.importorskip("opacus", reason="private training needs the extra `privacy`")
    training = {"epochs": 1, "refresh_epochs": 0, "batch_size": 16, "privacy": {"epsilon": 6, "delta": 0.001}}
    job = write_with_past(tmp_path, training=training)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    open_and_check(tmp_path / "bundle", 300)
