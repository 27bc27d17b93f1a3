"""Processes that end, and two that want the same folder."""

import os
import resource
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.conftest import quiet_environment, write_shop
from tests.e2e.conftest import Load, Running, is_running, until
from tests.faults.site import Site, run_command, until_more
from tests.faults.tally import Tally
from tests.faults.written import OUTAGE, Written

FREE_BYTES = 16 << 10
"""What a full disk still takes."""


def kill_service(site: Site) -> Tally:
    """The service is killed while events are written; all calls are then sent again."""
    tally, written, service = Tally(), Written("killed"), site.start()
    state, redis = service.state_dir, service.redis_pid
    writing = written.load(service)
    with writing.running(callers=3):
        until_more(writing)
        site.last()
        service.end(signal.SIGKILL)
    tally.take_load(writing, may_break=True)
    until("the killed service's Redis is gone", lambda: not is_running(redis))
    again = site.start(state=state)
    written.compare(again, tally)
    sent_again = written.load(again)
    with sent_again.running(callers=3):
        until("all are sent again", lambda: len(sent_again.answers) >= len(writing.answers) + 10)
    tally.take_load(sent_again)
    written.compare(again, tally)
    return tally


def end_service(site: Site) -> Tally:
    """The service is told to end under load: what it took it answers, and what it acknowledged is stored."""
    tally, written, service = Tally(), Written("ended"), site.start()
    writing = written.load(service)
    with writing.running(callers=3):
        until_more(writing)
        site.last()
        tally.check(service.end() == 0, "expected exit code 0 after SIGTERM")
    tally.take_load(writing, may_break=True)
    taken = sum(line.get("route") == "/v1/events" for line in service.lines())
    tally.check(taken == len(writing.answers), f"expected {taken} answers, given {len(writing.answers)}")
    written.compare(site.start(state=service.state_dir), tally)
    return tally


def kill_redis(site: Site) -> Tally:
    """Redis is killed twice while events are written and recommendations asked for."""
    tally, written, service = Tally(), Written("redis"), site.start()
    asking, writing = Load(service.url), written.load(service)
    with asking.running(callers=1), writing.running(callers=2):
        for _ in range(2):
            until_more(writing)
            redis = service.redis_pid
            os.kill(redis, signal.SIGKILL)
            until("Redis is started again", partial(_is_gone, redis))
            until_more(writing)
            site.last()
    tally.take_load(asking)
    tally.take_load(writing, OUTAGE)
    written.compare(service, tally)
    return tally


def _is_gone(pid: int) -> bool:
    return not is_running(pid)


def fill_disk(site: Site) -> Tally:
    """The files of Redis cannot grow, as on a full disk; the limit is then lifted."""
    tally, written, service = Tally(), Written("full-disk"), site.start()
    asking, writing = Load(service.url), written.load(service)
    with asking.running(callers=1), writing.running(callers=2):
        until_more(writing)
        _limit_files(service, FREE_BYTES + _largest_file(service.state_dir))
        until("the disk is full", lambda: len(writing.answers) > writing.ok)
        site.last()
        _limit_files(service, resource.RLIM_INFINITY)
        until_more(writing)
    tally.take_load(asking)
    tally.take_load(writing, OUTAGE)
    written.compare(service, tally)
    return tally


def _largest_file(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _limit_files(service: Running, most: int) -> None:
    """Set the soft limit of file sizes, of the service and of the Redis that it runs or starts next."""
    for pid in (service.process.pid, *service.children):
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


def train_twice(site: Site) -> Tally:
    """Two trainers publish to one folder: one of them does, the other says why not, and the bundle is whole."""
    tally, out = Tally(), site.folder / "trained"
    command = [sys.executable, "-m", "app.cli", "train", str(write_shop(site.folder)), "--out", str(out)]
    started = [
        subprocess.Popen(
            command, env=quiet_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ended = [(process.communicate(timeout=600)[1], process.returncode) for process in started]
    tally.check(sorted(code for _, code in ended) == [0, 1], f"expected one trainer, given {ended}")
    refusals = [errors.splitlines()[-1] for errors, code in ended if code]
    tally.check(
        all(line.startswith("chorus: expected") for line in refusals), f"expected a reason, given {refusals}"
    )
    tally.check(run_command("inspect", out).returncode == 0, "expected a whole bundle")
    return tally


def forbid_writing(site: Site) -> Tally:
    """The state folder cannot be written: the service ends at once, with one line."""
    tally = Tally()
    (site.folder / "file").write_text("")
    for name in ("file", "file/below"):
        arguments = ("serve", site.bundle, "--port", "0")
        ended = run_command(*arguments, CHORUS_STATE_DIR=str(site.folder / name))
        lines = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
        tally.check(ended.returncode == 1, f"expected exit code 1, given {ended.returncode}")
        is_one = len(lines) == 1 and lines[0].startswith("chorus: expected")
        tally.check(is_one, f"expected one line, given {lines}")
    return tally
