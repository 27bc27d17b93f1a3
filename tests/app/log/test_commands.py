"""`chorus log export`: at a Redis, again and again, and as the data of a job."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from app.cli import main
from app.erasure.receipts import ErasureReceipts
from app.installation_key import InstallationKey
from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import Impression, RecordedEvent
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.erasures import FILE_NAME, ErasureList
from models.contract.events import Event
from models.job.spec import load_job
from models.recipe.ingestion import ingest

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("CHORUS_REDIS_URL", raising=False)
    (tmp_path / "redis").mkdir()
    with EmbeddedRedis(tmp_path / "redis") as running:
        yield running.url


def store_events(
    url: str, events: Sequence[RecordedEvent], tenant: str = "", shown: Sequence[Impression] = ()
) -> None:
    async def append() -> None:
        store = RedisStore(RedisSettings(url, timeout_s=10, write_timeout_s=10))
        await (store.of_tenant(tenant) if tenant else store).append(events)
        await store.impressions.add(shown)
        await store.close()

    asyncio.run(append())


def history(users: int, length: int) -> list[RecordedEvent]:
    return [
        RecordedEvent(
            f"u{user}", Event(f"i{(user + step) % 7}", "click", 1.7e9 + 3600 * step, context={"device": "tv"})
        )
        for step in range(length)
        for user in range(users)
    ]


def export(capsys: Capture, *arguments: str) -> dict[str, object]:
    assert main(["log", "export", *arguments]) == 0, capsys.readouterr().err
    (line,) = capsys.readouterr().out.splitlines()
    told: dict[str, object] = json.loads(line)
    return told


def test_a_job_reads_the_folder_as_it_is(capsys: Capture, url: str, tmp_path: Path) -> None:
    shown = Impression("r", "u1", 1.7e9, "v1", ("i1",), (0.5,), {}, (("popular",),))
    store_events(url, history(users=12, length=10), shown=[shown])
    out = tmp_path / "log"
    assert export(capsys, "--out", str(out), "--redis", url) == {
        "events": 120,
        "erased_events": 0,
        "impressions": 0,
        "waiting_impressions": 1,
        "erased_impressions": 0,
    }
    job = tmp_path / "job.yaml"
    job.write_text(
        "name: shop\n"
        "interactions: {path: log, user: user_id, item: item_id, time: timestamp, action: action, context: [device]}\n"
    )
    data = ingest(load_job(job), tmp_path / "bundle", Console(quiet=True))
    assert data.dataset.cleaning.kept == 120 and len(data.dataset.user_ids) == 12


def test_each_tenant_has_its_log(capsys: Capture, url: str, tmp_path: Path) -> None:
    store_events(url, history(2, 1))
    store_events(url, history(3, 1), "shop")
    out = str(tmp_path / "shop")
    assert export(capsys, "--out", out, "--redis", url, "--tenant", "shop")["events"] == 3
    assert main(["log", "export", "--out", out, "--redis", url]) == 1
    assert "expected the log of the tenant shop" in capsys.readouterr().err, (
        "its position is another stream's"
    )
    assert main(["log", "export", "--out", out, "--redis", url, "--tenant", "No Tenant"]) == 1
    assert "expected a tenant" in capsys.readouterr().err


def test_the_window_is_that_of_the_folder_and_the_bundle_is_one(
    capsys: Capture, url: str, tmp_path: Path
) -> None:
    store_events(url, history(2, 1))
    arguments = ("log", "export", "--out", str(tmp_path / "log"), "--redis", url)
    shown = Impression("r", "u1", 1.7e9, "v1", ("i1",), (0.5,), {}, (("popular",),))
    store_events(url, [], shown=[shown])
    assert main([*arguments, "--window", "30m"]) == 0
    assert main(list(arguments)) == 1
    assert "given 86400 s" in capsys.readouterr().err
    assert main([*arguments, "--window", "30m", "--bundle", str(tmp_path)]) == 1
    assert "expected a bundle with a readable manifest.json" in capsys.readouterr().err


@pytest.mark.parametrize("every", ["0s", "soon", "1d", "5"])
def test_a_duration_that_is_none_is_refused(capsys: Capture, every: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["log", "export", "--out", str(tmp_path), "--every", every])
    assert "expected a duration such as 30s, 15m or 1h" in capsys.readouterr().err


def test_it_goes_on_until_it_is_stopped(capsys: Capture, url: str, tmp_path: Path) -> None:
    """And no second command writes the folder meanwhile."""
    store_events(url, history(2, 1))
    out = tmp_path / "log"
    command = ("-m", "app.cli", "log", "export", "--out", str(out), "--redis", url, "--every", "1s")
    with subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "CHORUS_STATE_DIR": str(tmp_path)},
    ) as process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["events"] == 2
            assert main(["log", "export", "--out", str(out), "--redis", url]) == 1
            assert "expected one command at a time to write" in capsys.readouterr().err
            store_events(url, history(5, 1))
            assert json.loads(process.stdout.readline())["events"] == 5
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert export(capsys, "--out", str(out), "--redis", url)["events"] == 0


def test_a_redis_that_is_gone_is_one_line(capsys: Capture, tmp_path: Path) -> None:
    assert main(["log", "export", "--out", str(tmp_path / "log"), "--redis", "redis://127.0.0.1:1"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("chorus: ")


def test_the_erased_users_are_listed(capsys: Capture, url: str, tmp_path: Path) -> None:
    """Those without any event too, if a bundle knows them: the job's files still have what they did."""
    out = tmp_path / "log"
    store_events(url, history(users=2, length=2))

    async def erase() -> None:
        store = RedisStore(RedisSettings(url, timeout_s=10, write_timeout_s=10))
        receipts = ErasureReceipts("", store, InstallationKey(store))
        await receipts.erase("offline", 1.8e9, is_known=True, model_version="v")
        await receipts.erase("invented", 1.8e9, is_known=False, model_version="v")
        await store.close()

    asyncio.run(erase())
    export(capsys, "--out", str(out), "--redis", url)
    erased = ErasureList.read(out / FILE_NAME)
    assert erased.find(["offline", "invented", "u0"]) == {"offline": 1.8e9}
