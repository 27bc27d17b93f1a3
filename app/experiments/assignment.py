"""Assign users to the variants of an experiment, by a keyed hash of the user's id."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import accumulate

from app.state.protocol import Experiment, Mode, NamedBundle, Variant

SPACE = 1 << 64
"""The number of values of the hash."""
ROUNDING = 1e-9
"""Shares that add up to 1 within this reach every user."""


def assign_variant(experiment: Experiment, user_id: str) -> Variant | None:
    """The user's variant: always the same one for the same salt and shares. None for who is in no share."""
    place = hash_user(experiment.salt, user_id)
    for variant, bound in zip(experiment.variants, find_bounds(experiment.variants), strict=True):
        if place < bound:
            return variant
    return None


def hash_user(salt: str, user_id: str) -> int:
    """A number below SPACE, uniform over users: BLAKE2b of the id (RFC 7693), with the salt as its key."""
    key = blake2b(salt.encode()).digest()
    return int.from_bytes(blake2b(user_id.encode(), digest_size=8, key=key).digest(), "big")


def find_bounds(variants: Sequence[Variant]) -> list[int]:
    """The upper bound of each variant's part of the hash's values, in their order."""
    sums = accumulate(variant.share for variant in variants)
    return [SPACE if total > 1 - ROUNDING else round(total * SPACE) for total in sums]


def is_running(experiment: Experiment, now: float) -> bool:
    """Whether requests at a time, in Unix seconds, are in the experiment."""
    starts = experiment.start is None or experiment.start <= now
    return starts and not has_ended(experiment, now)


def has_ended(experiment: Experiment, now: float) -> bool:
    """Whether the experiment's stop has passed."""
    return experiment.stop is not None and experiment.stop <= now


def list_bundles(experiments: Iterable[Experiment], now: float) -> list[NamedBundle]:
    """The bundles that experiments name which run or will run, each once, those named first first."""
    live = sorted(
        (each for each in experiments if not has_ended(each, now)), key=lambda each: each.changed_at
    )
    named = (variant.bundle for experiment in live for variant in experiment.variants)
    return list(dict.fromkeys(bundle for bundle in named if bundle is not None))


def find_running(experiments: Iterable[Experiment], scene: str | None, now: float) -> Experiment | None:
    """The experiment that runs on a scene, or on requests without one; there is one at most."""
    return find_of_mode(experiments, Mode.SPLIT, scene, now)


def find_of_mode(
    experiments: Iterable[Experiment], mode: Mode, scene: str | None, now: float
) -> Experiment | None:
    """The experiment of a mode that runs on a scene; there is one at most."""
    return next(
        (each for each in experiments if _has_place(each, mode, scene) and is_running(each, now)), None
    )


def _has_place(experiment: Experiment, mode: Mode, scene: str | None) -> bool:
    return experiment.mode == mode and experiment.scene in (None, scene)


def find_conflict(experiment: Experiment, others: Iterable[Experiment], now: float) -> Experiment | None:
    """Another experiment of the same mode that has, or will have, requests of this one."""
    if has_ended(experiment, now):
        return None
    for other in others:
        is_other = (
            other.name != experiment.name and other.mode == experiment.mode and not has_ended(other, now)
        )
        meets_scene = None in (other.scene, experiment.scene) or other.scene == experiment.scene
        if is_other and meets_scene and _overlap(experiment, other):
            return other
    return None


def _overlap(one: Experiment, other: Experiment) -> bool:
    """Whether the times of two experiments have a moment in common."""
    return _is_before(one.start, other.stop) and _is_before(other.start, one.stop)


def _is_before(start: float | None, stop: float | None) -> bool:
    return start is None or stop is None or start < stop
