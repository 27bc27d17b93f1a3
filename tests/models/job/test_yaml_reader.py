"""A job's YAML: what it says once, as what it says it; anything YAML would guess at is an error with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.job.errors import JobError
from models.job.spec import load_job
from models.job.yaml_reader import read_document

Write = Callable[[str, str], Path]
JOB = "name: a\ninteractions: {path: e.csv, user: u, item: i, time: t}\n"


def test_keys_and_values(write: Write) -> None:
    text = "a: &one {b: 1, c: [x, 2.5]}\nd: {<<: *one, b: 2}\ne: null\n"
    assert read_document(write("job.yaml", text)) == {
        "a": {"b": 1, "c": ["x", 2.5]},
        "d": {"b": 2, "c": ["x", 2.5]},
        "e": None,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 0.001), ("-2E5", -2e5), (".5e1", 5.0), ("1.5e3", 1500.0), ('"1e-3"', "1e-3"), ("e3", "e3")],
)  # fmt: skip
def test_a_number_with_an_exponent_is_a_number_and_in_quotes_a_text(
    write: Write, text: str, value: object
) -> None:
    found = read_document(write("job.yaml", f"a: {text}\n"))["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a: 1\nb: 2\na: 3\n", "a: expected the key once, given in line 1 and in line 3"),
        ("a:\n  b: [x, {c: 1, c: 2}]\n", "a.b.1.c: expected the key once, given in line 2 and in line 2"),
        ("a: {2: x}\n", "a: expected keys that are texts, given '2' in line 1"),
        ("on: x\n", "job: expected keys that are texts, given 'on' in line 1"),
        ("? [x, y]\n: 1\n", "job: expected keys that are texts, given none in line 1"),
        (
            "a: &x [*x]\n",
            "a.0: expected a value that does not contain itself, given an alias of a value around it",
        ),
    ],
)
def test_what_is_refused(write: Write, text: str, error: str) -> None:
    with pytest.raises(JobError) as raised:
        read_document(write("job.yaml", text))
    assert raised.value.errors == (error,)


@pytest.mark.parametrize("text", ["a: 2024-13-45\n", "a: " + "[" * 5000, "a: 1\n---\nb: 2\n", "a:\n\t- b\n"])
def test_what_is_no_yaml(write: Write, text: str) -> None:
    with pytest.raises(JobError, match=r"^job: expected YAML in [^\n]*, given [^\n]*$"):
        read_document(write("job.yaml", text))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("training: {epochs: true}", "training.epochs: expected a whole number, given True"),
        ("training: {epochs: '3'}", "training.epochs: expected a whole number, given '3'"),
        ('training: {learning_rate: "1e-3"}', "training.learning_rate: expected a number, given '1e-3'"),
        ("scenes: {home: {next: '1'}}", "scenes.home.next: expected a number, given '1'"),
        ("tasks: {name: like}", "tasks: expected a list, given {'name': 'like'}"),
        ("network: [1]", "network: expected a mapping of keys to values, given [1]"),
    ],
)
def test_a_value_of_another_type(write: Write, text: str, error: str) -> None:
    write("e.csv", "u,i,t\n")
    with pytest.raises(JobError) as raised:
        load_job(write("job.yaml", f"{JOB}{text}\n"))
    assert raised.value.errors == (error,)


def test_a_learning_rate_as_people_write_it(write: Write) -> None:
    write("e.csv", "u,i,t\n")
    found = load_job(write("job.yaml", f"{JOB}training: {{learning_rate: 1e-3, max_minutes: 5}}\n"))
    assert (found.training.learning_rate, found.training.max_minutes) == (0.001, 5.0)
