"""Many groups of pairs, each a user with items, scored in a few passes: what each group alone would get."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.encoding import encode_states
from app.pipeline.padding import alike, padded
from app.pipeline.query.text_query import read_request
from app.pipeline.scoring.fusion import fuse_heads
from app.pipeline.scoring.scoring import (
    CHUNK,
    Moment,
    calibrated,
    log_partitions,
    next_logits,
    scorer_logits,
    values_at,
)
from app.pipeline.types import Candidates, Encoded
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.features import encode_context, user_text
from models.contract.fusion import FusionMethod
from models.contract.tasks import NEXT

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

EVENTS = 8_192
"""Events, padding among them, at which one pass's candidates look."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A user, known items to be scored for them, and the moment."""

    state: UserState
    item_ids: tuple[str, ...]
    context: Mapping[str, str]
    now: float


@dataclass(frozen=True, slots=True)
class PairScores:
    """The scores of a group's K items, in its order."""

    score: Floats  # [K]
    values: Mapping[str, Floats]  # head -> [K]


@dataclass(frozen=True, slots=True)
class FlatPairs:
    """The P pairs of G groups, a group's together, between distinct users and items at distinct moments."""

    rows: Indices  # [P] catalogue rows
    users: Indices  # [P] places among the users
    moments: Indices  # [P] places among `at`
    at: Sequence[Moment]
    sizes: Sequence[int]  # [G] pairs a group


def score_pairs(bundle: "LoadedBundle", groups: Sequence[Pairs]) -> list[PairScores]:
    """Every group scored with the bundle's own weights. Groups that share a state share its encoding.

    All is computed at once: the caller bounds how much that is.
    """
    if not groups:
        return []
    sizes = [len(group.item_ids) for group in groups]
    of_users, users = _distinct([(id(group.state.events), id(group.state.profile)) for group in groups])
    of_moments, moments = _distinct([(group.now, *sorted(group.context.items())) for group in groups])
    pairs = FlatPairs(
        rows=bundle.rows([item_id for group in groups for item_id in group.item_ids]),
        users=np.repeat(users, sizes),
        moments=np.repeat(moments, sizes),
        at=[(groups[place].context, groups[place].now) for place in of_moments],
        sizes=sizes,
    )
    encoded = _encoded(bundle, [groups[place].state for place in of_users])
    return score_flat(bundle, encoded, pairs, bundle.manifest.fusion.weights)


def score_flat(
    bundle: "LoadedBundle", encoded: Sequence[Encoded], pairs: FlatPairs, weights: Mapping[str, float]
) -> list[PairScores]:
    """Every group scored by these weights, with the users encoded."""
    tokens = np.stack([encode_context(bundle.spec, *moment) for moment in pairs.at])
    logits = _logits(bundle, encoded, pairs, tokens[pairs.moments])
    predicted = calibrated(bundle, logits, log_partitions(bundle, encoded)[pairs.users])
    values = values_at(bundle, predicted, pairs.rows, pairs.at, pairs.moments)
    return _fused(bundle, pairs, values, weights)


def _distinct(keys: Sequence[Hashable]) -> tuple[list[int], Indices]:
    """The places of the first of each key, and for every key its own place among those."""
    numbers: dict[Hashable, int] = {}
    found = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    firsts = np.unique(found, return_index=True)[1]
    return firsts.tolist(), found


def _encoded(bundle: "LoadedBundle", states: Sequence[UserState]) -> list[Encoded]:
    """The states encoded, the words of their profiles once for all who say the same."""
    said = [(_interests(state), user_text(bundle.spec, state.profile)) for state in states]
    stated = dict(zip(said, states, strict=True))
    texts = {words: read_request(bundle, "", state.profile) for words, state in stated.items()}
    return encode_states(bundle, states, [texts[words] for words in said])


def _interests(state: UserState) -> str:
    return "" if state.profile is None else state.profile.interests


def _logits(
    bundle: "LoadedBundle", encoded: Sequence[Encoded], pairs: FlatPairs, tokens: Indices
) -> dict[str, Floats]:
    """Logits [P, width] of every head, with the pairs' context tokens [P, C]."""
    heads = bundle.manifest.heads
    found = {head.task.name: np.empty((len(pairs.rows), head.width), dtype=np.float32) for head in heads}
    found[NEXT] = np.empty((len(pairs.rows), 1), dtype=np.float32)
    work: list[tuple[Encoded, Indices]] = []
    order = np.argsort(pairs.users, kind="stable")
    ends = np.cumsum(np.bincount(pairs.users, minlength=len(encoded)))[:-1]
    for user, places in zip(encoded, np.split(order, ends), strict=True):
        found[NEXT][places, 0] = next_logits(bundle, user, pairs.rows[places])
        work += [(user, places[at : at + CHUNK]) for at in range(0, len(places), CHUNK)]
    if heads:
        for batch in alike([(len(places), len(user.history)) for user, places in work], (CHUNK, EVENTS)):
            users = [work[place][0] for place in batch]
            places, own = padded([work[place][1] for place in batch])
            logits = scorer_logits(bundle, users, pairs.rows[places], tokens[places])
            for name, value in logits.items():
                found[name][places[own]] = value[own]
    return found


def _fused(
    bundle: "LoadedBundle", pairs: FlatPairs, values: Mapping[str, Floats], weights: Mapping[str, float]
) -> list[PairScores]:
    """Values [P] as each group's scores: a vote is among a group's own items, and so is a worst value."""
    ends = np.cumsum(pairs.sizes).tolist()
    groups = [slice(end - size, end) for end, size in zip(ends, pairs.sizes, strict=True)]
    finite = all(np.isfinite(value).all() for value in values.values())
    if finite and bundle.manifest.fusion.method is not FusionMethod.VOTE:
        whole = _fused_group(bundle, pairs.rows, values, weights)
        return [_part(whole, group) for group in groups]
    parts = [{name: value[group] for name, value in values.items()} for group in groups]
    return [
        _fused_group(bundle, pairs.rows[group], part, weights)
        for group, part in zip(groups, parts, strict=True)
    ]


def _fused_group(
    bundle: "LoadedBundle", rows: Indices, values: Mapping[str, Floats], weights: Mapping[str, float]
) -> PairScores:
    candidates = Candidates(rows, ("asked",), np.ones((1, len(rows)), dtype=np.bool_), len(rows))
    scored = fuse_heads(candidates, values, bundle.manifest.fusion, weights)
    return PairScores(scored.score, scored.values)


def _part(whole: PairScores, part: slice) -> PairScores:
    return PairScores(whole.score[part], {name: value[part] for name, value in whole.values.items()})
