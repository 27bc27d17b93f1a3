"""The job without some of its users has no row of theirs, and all rows of the others."""

from pathlib import Path

import pytest

from benchmarks.cold_users.leave_out import draw_users, find_newest, write_job
from models.job.spec import load_job

USERS = [f"u{number}" for number in range(20)]


def test_equal_seeds_draw_equal_users() -> None:
    drawn = draw_users(USERS * 2, 0.1, 0)
    assert len(drawn) == 2 and drawn == draw_users(USERS[::-1], 0.1, 0)
    assert len(draw_users(USERS[:3], 0.1, 0)) == 1
    assert {draw_users(USERS, 0.1, seed) for seed in range(9)} != {drawn}


def test_the_newest_are_those_whose_first_event_came_last() -> None:
    assert find_newest(["a", "b", "c", "a", "b"], [1, 3, 2, 9, 4], 0.1) == {"b"}
    assert find_newest(["a", "b", "c"], [1, 3, 2], 0.7) == {"b", "c"}


@pytest.mark.parametrize(("newest", "out"), [(True, {"u18", "u19"}), (False, draw_users(USERS, 0.1, 0))])
def test_the_written_job_lacks_the_users_alone(tmp_path: Path, newest: bool, out: frozenset[str]) -> None:
    events = [
        f"{user},i{item},{100 * number + item}" for number, user in enumerate(USERS) for item in range(3)
    ]
    (tmp_path / "events.csv").write_text("\n".join(["u,i,t", *events]) + "\n")
    (tmp_path / "users.csv").write_text("\n".join(["id,age", *(f"{user},30" for user in USERS)]) + "\n")
    (tmp_path / "job.yaml").write_text(
        "name: shop\ninteractions: {path: events.csv, user: u, item: i, time: t}\n"
        "users: {path: users.csv, id: id, numeric: age}\nexport: {fit: train}\n"
    )
    job = load_job(write_job(tmp_path / "job.yaml", tmp_path / "without", newest=newest))
    assert job.export.fit == "all"
    left = [line for line in events if line.split(",")[0] not in out]
    assert job.interactions.path[0].read_text().splitlines() == ["u,i,t", *left]
    assert job.users is not None
    kept = [f"{user},30" for user in USERS if user not in out]
    assert job.users.path[0].read_text().splitlines() == ["id,age", *kept]


def test_a_job_without_users_is_refused(tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("u,i,t\nann,a,1\n")
    (tmp_path / "job.yaml").write_text(
        "name: shop\ninteractions: {path: events.csv, user: u, item: i, time: t}\n"
    )
    with pytest.raises(ValueError, match="a job with users and without histories"):
        write_job(tmp_path / "job.yaml", tmp_path / "without", newest=False)


def write_shop(folder: Path, times: tuple[str, str] = ("1", "2")) -> Path:
    files = {
        "events.csv": f"u,i,t\nann,a,{times[0]}\nbob,a,{times[1]}\n",
        "users.csv": "id,age\nann,30\nbob,31\n",
        "items.csv": "id,title\na,Heat\n",
        "texts.jsonl": '{"item_id": "a", "text": "Hot."}\n',
        "_erasures.json": "{}",
        "gone.json": "{}",
        "job.yaml": "name: shop\ninteractions: {path: events.csv, user: u, item: i, time: t, time_unit: iso}\n"
        "items: {path: items.csv, id: id, text: title, descriptions: texts.jsonl}\n"
        "users: {path: users.csv, id: id, numeric: age}\nerasures: gone.json\n",
    }
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder / "job.yaml"


@pytest.mark.parametrize("link", [False, True])
def test_the_files_of_the_job_stay(tmp_path: Path, link: bool) -> None:
    job = write_shop(tmp_path / "shop")
    target = tmp_path / "linked" if link else tmp_path / "shop"
    if link:
        target.mkdir()
        (target / "interactions.csv").symlink_to(tmp_path / "shop" / "events.csv")
    before = {path: path.read_bytes() for path in job.parent.iterdir()}
    with pytest.raises(ValueError, match="a folder without files of the job, given"):
        write_job(job, target, newest=False)
    assert {path: path.read_bytes() for path in job.parent.iterdir()} == before


def test_descriptions_and_erasures_are_found_from_the_new_folder(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    job = load_job(write_job(write_shop(shop), tmp_path / "without", newest=False))
    assert job.items is not None and job.items.descriptions == (shop / "texts.jsonl",)
    assert job.erasures == (shop / "gone.json", shop / "_erasures.json")


def test_times_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    job = write_shop(tmp_path / "shop", ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"))
    message = r"Unix times in the column t of .*events.csv, given '2024-01-01T00:00:00Z'"
    with pytest.raises(ValueError, match=message):
        write_job(job, tmp_path / "without", newest=True)
