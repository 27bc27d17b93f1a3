"""The kinds of fault by their names."""

from collections.abc import Callable

from tests.faults.kinds import bodies, bundles, callers, connections, processes, stores, writes
from tests.faults.site import Site
from tests.faults.tally import Tally

Kind = Callable[[Site], Tally]

KINDS: dict[str, Kind] = {
    "the service is killed": processes.kill_service,
    "the service is told to end": processes.end_service,
    "Redis is killed": processes.kill_redis,
    "Redis hangs": stores.stop_redis,
    "Redis is full": stores.fill_redis,
    "Redis is read-only": stores.make_redis_a_replica,
    "Redis comes back empty": stores.forget_everything,
    "the disk is full": processes.fill_disk,
    "an unwritable state folder": processes.forbid_writing,
    "bundles swapped under load": bundles.swap_bundles,
    "damaged bundles": bundles.load_damaged_bundles,
    "unsigned bundles": bundles.load_unsigned_bundles,
    "two trainers on one folder": processes.train_twice,
    "huge headers": connections.send_huge_headers,
    "slow headers": connections.send_slow_headers,
    "slow bodies": connections.send_slow_bodies,
    "silent connections": connections.stay_silent,
    "too many connections": connections.open_too_many,
    "no HTTP": connections.send_no_http,
    "hostile JSON": bodies.send_hostile_json,
    "forged cursors": bodies.forge_cursors,
    "guessed keys": callers.guess_keys,
    "callers who leave": callers.leave_early,
    "overload": callers.overload,
    "repeated and changed events": writes.repeat_events,
    "erasure under load": writes.erase_under_load,
    "erasure from a full Redis": writes.erase_from_full_redis,
}
"""A new kind is a function and a line here."""
