"""Losses of the item and user tables: rows without an id, and cells that cannot be read."""

from collections.abc import Callable
from pathlib import Path

from models.data.dataset import load_dataset
from models.job.spec import JobSpec

Write = Callable[[str, str], Path]


def test_losses_of_the_other_tables(job: Callable[..., JobSpec], write: Write, tmp_path: Path) -> None:
    write("events.csv", "u,i,n\nann,A,1\nbob,B,2\n")
    write("items.csv", "id,price\nA,cheap\nB,2\n,3\nA,4\n")
    spec = job(
        interactions={"path": "events.csv", "user": "u", "item": "i", "order": "n"},
        items={"path": "items.csv", "id": "id", "numeric": "price"},
    )
    log, items, users = load_dataset(spec, tmp_path / "q.jsonl").losses
    assert (log.is_large, items.is_large, users.is_large) == (False, True, False)
    assert [(loss.reason, loss.rows) for loss in items.losses] == [
        ("missing: id is empty", 1),
        ("unparsable: price is not a finite number; kept without it", 1),
    ]
