"""A Redis that hangs, refuses, or has forgotten everything."""

import os
import shutil
import signal
from collections.abc import Callable

import httpx
import redis

from app.state.embedded.server import EmbeddedRedis
from tests.e2e.conftest import Load, Running, until
from tests.faults.site import Site, administrating, until_more
from tests.faults.tally import Tally
from tests.faults.written import OUTAGE, Written

Change = Callable[["redis.Redis"], object]


def stop_redis(site: Site) -> Tally:
    """Redis hangs under load and goes on later."""
    tally, written = Tally(), Written("hung")
    service = site.start(CHORUS_REDIS_TIMEOUT_S="0.5")
    asking, writing = Load(service.url), written.load(service)
    with asking.running(callers=1), writing.running(callers=1):
        until_more(writing)
        hung = service.redis_pid
        os.kill(hung, signal.SIGSTOP)
        try:
            until("events are refused", lambda: len(writing.answers) > writing.ok)
            site.last()
        finally:
            os.kill(hung, signal.SIGCONT)
        until_more(writing)
    return _finish(tally, service, asking, written)


def fill_redis(site: Site) -> Tally:
    """Redis has no memory left, and then has."""
    return _refuse(site, "full", take_memory, give_memory)


def take_memory(client: "redis.Redis") -> None:
    """Let Redis refuse whatever needs memory."""
    client.config_set("maxmemory-policy", "noeviction")
    client.config_set("maxmemory", "1")


def give_memory(client: "redis.Redis") -> None:
    """Let Redis take all again."""
    client.config_set("maxmemory", "0")


def make_redis_a_replica(site: Site) -> Tally:
    """Redis is a read-only replica, and then a primary again."""
    return _refuse(
        site,
        "replica",
        lambda client: client.execute_command("REPLICAOF", "127.0.0.1", "1"),
        lambda client: client.execute_command("REPLICAOF", "NO", "ONE"),
    )


def _refuse(site: Site, name: str, begin: Change, end: Change) -> Tally:
    """Redis refuses writes under load, and takes them again."""
    tally, written, service = Tally(), Written(name), site.start()
    asking, writing = Load(service.url), written.load(service)
    with administrating(service) as client, asking.running(callers=1), writing.running(callers=1):
        until_more(writing)
        begin(client)
        until("events are refused", lambda: len(writing.answers) > writing.ok)
        site.last()
        end(client)
        until_more(writing)
    return _finish(tally, service, asking, written)


def _finish(tally: Tally, service: Running, asking: Load, written: Written) -> Tally:
    tally.take_load(asking)
    tally.take_load(written.loads[0], OUTAGE)
    written.compare(service, tally)
    return tally


def forget_everything(site: Site) -> Tally:
    """A Redis of one's own comes back empty: events and cursors from before are gone, and nothing else is wrong."""
    tally, before, after = Tally(), Written("before"), Written("after")
    folder = site.folder / "redis"
    first = EmbeddedRedis(folder).start()
    try:
        service = site.start(CHORUS_REDIS_URL=first.url)
        writing = before.load(service)
        with writing.running(callers=1):
            until_more(writing)
        cursor = service.recommend(user_id="u1", limit=2)["cursor"]
        before.compare(service, tally)
        asking = Load(service.url)
        with asking.running(callers=1):
            first.close()
            shutil.rmtree(folder)
            with EmbeddedRedis(folder):
                until("it is found", lambda: service.recommend(user_id="u1")["degraded"] == [])
                page = service.http.post("/v1/recommend", json={"cursor": cursor})
                tally.take(page, (httpx.codes.OK, httpx.codes.UNPROCESSABLE_ENTITY))
                again = after.load(service)
                with again.running(callers=1):
                    site.last()
                tally.take_load(again)
                after.compare(service, tally)
                service.end()
    finally:
        first.close()
    tally.take_load(writing)
    tally.take_load(asking, may_break=True)
    return tally
