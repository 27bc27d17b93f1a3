"""Written descriptions enter a job as the field `description` of its items."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.data.dataset import load_dataset
from models.job.errors import JobError
from models.job.spec import JobSpec

Write = Callable[[str, str], Path]
ITEMS = "id,title\na,Heat\na,Heat again\nb,Alien\n"
TEXTS = (
    '{"item_id": "b", "variant": 1, "text": "One."}\n{"item_id": "x", "text": "Of no item."}\n'
    '{"item_id": "b", "variant": 2, "text": "Two."}\n{"item_id": "b", "variant": 3, "text": "One."}\n'
)


def described(job: Callable[..., JobSpec], write: Write, items: dict[str, object]) -> JobSpec:
    write("events.csv", "u,i,t\nann,a,1\nann,b,2\n")
    write("items.csv", ITEMS)
    return job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
        items={"path": "items.csv", "id": "id", **items},
    )


def test_texts_of_an_item_are_one_field(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("texts.jsonl", TEXTS)
    items = {"text": "title", "descriptions": "texts.jsonl", "template": "{title}: {description}"}
    dataset = load_dataset(described(job, write, items), tmp_path / "q.jsonl")
    first, second = dataset.items
    assert dataset.warnings == (
        "items.descriptions: 1 row is of an item that is not in the item table, and without effect",
    )
    assert dict(first.attributes) == {"title": "Heat"}
    assert dict(second.attributes) == {"title": "Alien", "description": "One. Two."}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"item_id": "x", "text": "Of no item."}\n', "texts of the items' ids in texts.jsonl, given none"),
        ('{"item_id": "a", "words": "One."}\n', "the columns item_id and text in"),
        ("{\n", "items.descriptions: "),
        (
            '{"item_id": "a", "text": "One."}\n{"item_id": "b", "te\n',
            r"rows that can be read, given row 2 of .*texts.jsonl: ",
        ),
    ],
)
def test_files_without_texts_of_the_items_are_refused(
    job: Callable[..., JobSpec], write: Write, tmp_path: Path, content: str, message: str
) -> None:
    write("texts.jsonl", content)
    with pytest.raises(JobError, match=message):
        load_dataset(described(job, write, {"descriptions": "texts.jsonl"}), tmp_path / "q.jsonl")


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({"text": "description", "descriptions": "items.csv"}, "no column description beside `descriptions`"),
        ({"descriptions": "nowhere.jsonl"}, "expected a file, given 'nowhere.jsonl'"),
        ({"text": "title", "template": "{description}"}, "one of the columns title in braces"),
        (
            {"text": "title", "template": "{title}", "descriptions": "items.csv"},
            r"items.template: expected \{description\} in it beside items.descriptions",
        ),
    ],
)
def test_a_job_that_cannot_have_descriptions_is_refused(
    job: Callable[..., JobSpec], write: Write, items: dict[str, object], message: str
) -> None:
    with pytest.raises((JobError, ValueError), match=message):
        described(job, write, items)


def test_descriptions_that_no_encoder_reads_are_refused(job: Callable[..., JobSpec], write: Write) -> None:
    write("events.csv", "u,i,t\nann,a,1\n")
    write("items.csv", ITEMS)
    with pytest.raises(JobError, match=r"items.descriptions: expected a text_encoder, which reads them"):
        job(
            interactions={"path": "events.csv", "user": "u", "item": "i", "time": "t"},
            items={"path": "items.csv", "id": "id", "text": "title", "descriptions": "items.csv"},
            text_encoder=None,
        )
