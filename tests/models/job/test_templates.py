"""Templates of texts in a job: checked against the columns before any row is read."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from models.job.spec import JobError, JobSpec

EVENTS = {"path": "events.csv", "user": "u", "item": "i", "order": "n"}
FILMS = {"path": "items.jsonl", "id": "i", "text": ["title"], "categories": "genres", "vectors": ["image"]}


@pytest.fixture(autouse=True)
def events(write: Callable[[str, str], Path]) -> None:
    write("events.csv", "u,i,n\n")


def test_templates_over_the_columns(job: Callable[..., JobSpec], write: Callable[[str, str], Path]) -> None:
    write("items.jsonl", "")
    write("users.csv", "u,town\n")
    found = job(
        interactions=EVENTS,
        items=FILMS | {"template": "{title}. {genres}"},
        users={"path": "users.csv", "id": "u", "categorical": "town", "template": "{interests}, {town}"},
    )
    assert found.items is not None and found.items.template == "{title}. {genres}"
    assert found.users is not None and found.users.template == "{interests}, {town}"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"template": "{titel}"},
            "items.template: expected one of the columns genres, title in braces, given {titel}",
        ),
        (
            {"template": "{image}"},
            "items.template: expected one of the columns genres, title in braces, given {image}",
        ),
        ({"template": "{interests}"}, "items.template: expected one of the columns genres, title in braces"),
        ({"template": "title"}, "items.template: expected at least one column in braces, given 'title'"),
        ({"template": "{title"}, "items.template: expected a template such as '{title}. {genres}', given"),
        (
            {"template": "{title!r}"},
            "items.template: expected a column's name alone in braces, given '{title!r}'",
        ),
    ],
)
def test_a_template_that_cannot_be_filled_is_named(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path], changes: dict[str, str], line: str
) -> None:
    write("items.jsonl", "")
    with pytest.raises(JobError, match=re.escape(line)):
        job(interactions=EVENTS, items=FILMS | changes)


def test_a_template_or_a_text_that_nothing_reads_is_refused(
    job: Callable[..., JobSpec], write: Callable[[str, str], Path]
) -> None:
    write("items.jsonl", "")
    write("users.csv", "u,bio\n")
    with pytest.raises(
        JobError, match=r"items.template: expected a text_encoder, which reads it, given null"
    ):
        job(interactions=EVENTS, items=FILMS | {"template": "{title}"}, text_encoder=None)
    users = {"path": "users.csv", "id": "u", "text": "bio", "template": "{interests}"}
    with pytest.raises(JobError, match=r"users.template: expected every column of users.text .* none of bio"):
        job(interactions=EVENTS, users=users)
