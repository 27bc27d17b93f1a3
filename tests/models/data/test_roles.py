"""A log by roles: outcomes in columns, rows that were not taken, and labels of the log's own actions."""

import numpy as np
import pytest

from models.data.conditions import evaluate_condition
from models.data.dataset import load_dataset
from models.data.roles import read_roles
from models.job.errors import JobError
from models.job.label_expression import parse

OUTCOMES = "u,i,t,click,long\nann,A,1,1,0.5\nann,B,2,0,\nbob,A,3,,2\nbob,C,4,1,no\n"
SECTION = {"path": "log.csv", "user": "u", "item": "i", "time": "t"}


def names_of(dataset) -> list[str]:
    log = dataset.interactions
    return [log.action_names[code] for code in log.actions]


def test_rows_that_were_not_taken_are_impressions(job, write, tmp_path):
    write("log.csv", OUTCOMES)
    spec = job(interactions=SECTION | {"labels": ["click", "long"], "taken": "label.click == 1"})
    found = read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))
    assert names_of(found) == ["view", "impression", "impression", "view"]
    assert found.interactions.weigh({}).tolist() == [1, 0, 0, 1]
    np.testing.assert_array_equal(found.interactions.labels["click"], [1, 0, np.nan, 1])
    np.testing.assert_array_equal(found.interactions.labels["long"], [0.5, np.nan, 2, np.nan])
    assert "long is not a number" in (tmp_path / "q.jsonl").read_text()


def test_the_rarest_outcome_of_a_taken_row_is_its_action(job, write, tmp_path):
    rows = [
        "ann,A,1,1,1,0",
        "ann,B,2,1,1,1",
        "bob,A,3,0,1,1",
        "bob,B,4,1,0,0",
        "bob,C,5,1,1,",
        "cat,A,6,1,0,0",
    ]
    write("log.csv", "u,i,t,click,long,heart\n" + "\n".join(rows))
    section = SECTION | {"labels": ["click", "long", "heart"], "taken": "label.click == 1"}
    spec = job(interactions=section | {"action_names": {"heart": "like"}})
    found = read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))
    assert names_of(found) == ["long", "like", "impression", "view", "long", "view"]
    assert found.interactions.weigh({}).tolist() == [1, 1, 0, 1, 1, 1]
    raw = evaluate_condition(parse('action == "view"'), found)
    assert raw.true.all()  # labels read the log's own actions


def test_a_label_reads_the_columns_of_its_row(job, write, tmp_path):
    write("log.csv", OUTCOMES)
    spec = job(interactions=SECTION | {"labels": ["click", "long"]})
    found = evaluate_condition(parse("label.long >= 1"), load_dataset(spec, tmp_path / "q.jsonl"))
    assert (found.true.tolist(), found.false.tolist()) == (
        [False, False, True, False],
        [True, False, False, False],
    )


def test_labels_read_the_logs_own_actions(job, write, tmp_path):
    write("log.csv", "u,i,t,a\nann,A,1,buy\nann,B,2,shown\nann,C,3,hide\nann,D,4,skip\n")
    roles = {"shown": {"role": "exposure"}, "hide": {"role": "negative"}, "buy": {"weight": 2}}
    spec = job(interactions=SECTION | {"action": "a"}, actions=roles)
    found = read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))
    assert names_of(found) == ["buy", "impression", "dislike", "skip"]
    assert found.interactions.weigh(spec.actions).tolist() == [2, 0, 0, 0]
    hidden = evaluate_condition(parse('action == "hide"'), found)
    assert hidden.true.tolist() == [False, False, True, False]


def test_earlier_events_were_taken(job, write, tmp_path):
    write("log.csv", OUTCOMES)
    write("past.jsonl", '{"user": "ann", "items": ["D"]}\n')
    spec = job(
        interactions=SECTION | {"labels": ["click"], "taken": "label.click == 1"},
        histories={"path": "past.jsonl", "user": "user", "items": "items"},
    )
    found = read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))
    assert names_of(found)[0] == "view" and found.interactions.earlier == 1


def test_a_log_without_a_target_is_refused(job, write, tmp_path):
    write("log.csv", "u,i,t,a\nann,A,1,impression\n")
    spec = job(interactions=SECTION | {"action": "a"})
    with pytest.raises(
        JobError, match="expected a row whose action has the role target, given impression alone"
    ):
        read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"taken": "label.click == 1"}, "interactions.taken: expected one of"),
        ({"labels": ["click"], "taken": "label.click"}, "interactions.taken: expected a condition"),
        ({"labels": ["click"], "context": ["click"]}, "expected labels that are no features, given click"),
        ({"labels": ["click", "click"]}, "expected distinct columns in labels"),
    ],
)
def test_rules_that_cannot_be_are_named(job, write, keys, message):
    write("log.csv", OUTCOMES)
    with pytest.raises(JobError, match=message):
        job(interactions=SECTION | keys)


def test_a_role_that_cannot_be_is_named(job, write):
    write("log.csv", OUTCOMES)
    with pytest.raises(JobError, match=r"actions\.skip: expected another name for a target"):
        job(interactions=SECTION, actions={"skip": {"role": "target"}})


def test_an_outcome_that_takes_no_item_names_no_taken_row(job, write, tmp_path):
    """A column `skip` is a label alone; a name that the job gives must be of an action that takes the item."""
    write("log.csv", "u,i,t,click,skip\nann,A,1,1,1\nann,B,2,1,0\nbob,A,3,0,1")
    section = SECTION | {"labels": ["click", "skip"], "taken": "label.click == 1"}
    spec = job(interactions=section)
    found = read_roles(spec, load_dataset(spec, tmp_path / "q.jsonl"))
    assert names_of(found) == ["view", "view", "impression"]
    named = job(interactions=section | {"action_names": {"skip": "dislike"}})
    with pytest.raises(
        JobError, match=r"action_names\.skip: expected an action with the role target.*'dislike'"
    ):
        read_roles(named, load_dataset(named, tmp_path / "q.jsonl"))
