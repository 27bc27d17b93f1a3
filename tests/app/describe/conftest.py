"""The job and the language model of each test of `chorus describe`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.describe.shop import ITEMS, MARKS, Model
from tests.chat_server import serving


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Model]:
    server = Model()
    monkeypatch.setenv("CHORUS_CHAT_URL", f"http://127.0.0.1:{server.server_port}/v1")
    with serving(server):
        yield server


@pytest.fixture
def job(tmp_path: Path) -> Path:
    rows = [f"i{n},{MARKS[n % 4]}{n},{('Comedy', 'Drama')[n % 2]},{1980 + n}" for n in range(ITEMS)]
    (tmp_path / "items.csv").write_text("\n".join(["id,title,genres,year", *rows, "empty,,,"]) + "\n")
    (tmp_path / "events.csv").write_text("u,i,t\nann,i1,1\nann,i2,2\n")
    (tmp_path / "job.yaml").write_text(
        "name: shop\ninteractions: {path: events.csv, user: u, item: i, time: t}\n"
        "items: {path: items.csv, id: id, text: title, categories: genres, numeric: year}\n"
    )
    return tmp_path / "job.yaml"
