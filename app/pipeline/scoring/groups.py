"""Groups of candidates, each for a user at a moment, scored together: the one scoring path.

A single request is one group. Recommendations, ranking, batch scoring and the reasons' leave-one-out all come here.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.predictor import PairBatch
from app.pipeline.encoding import encode_states
from app.pipeline.query.text_query import read_request
from app.pipeline.scoring.fusion import FusedScores, fuse_groups
from app.pipeline.scoring.scoring import (
    Moment,
    calibrate_logits,
    candidate_values,
    log_partitions,
    next_logits,
)
from app.pipeline.types import Candidates, Encoded, Query, Scored
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.features import encode_context, user_text
from models.contract.tasks import NEXT


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A user, items of the catalogue to score for them, and the moment."""

    state: UserState
    item_ids: tuple[str, ...]
    context: Mapping[str, str]
    now: float


@dataclass(frozen=True, slots=True)
class Groups:
    """G groups with P pairs in all, a group's pairs together, between distinct users and distinct moments."""

    rows: Indices  # [P] catalogue rows
    users: Indices  # [P] positions among the encoded users
    moments: Indices  # [P] positions among `at`
    at: Sequence[Moment]
    sizes: Sequence[int]  # [G] pairs of each group


@dataclass(frozen=True, slots=True)
class GroupScores:
    """The scores of all groups' pairs."""

    fused: list[FusedScores]  # G groups
    predictions: Mapping[str, Floats]  # head -> [P, width] calibrated


def score_candidates(
    bundle: LoadedBundle, encoded: Encoded, candidates: Candidates, query: Query
) -> tuple[Scored, Mapping[str, Floats]]:
    """One request's K candidates scored, and every head's calibrated predictions [K, width]."""
    count = len(candidates.rows)
    nobody_else = np.zeros(count, dtype=np.int64)
    moment = (query.context, query.now)
    groups = Groups(candidates.rows, nobody_else, nobody_else, [moment], [count])
    scores = score_groups(bundle, [encoded], groups, query.weights)
    (fused,) = scores.fused
    return Scored(candidates, fused.values, fused.contributions, fused.score), scores.predictions


def score_requests(bundle: LoadedBundle, requests: Sequence[ScoreRequest]) -> list[FusedScores]:
    """Every request scored by the bundle's weights. Requests that share a state share its encoding.

    All is computed at once: the caller bounds how much that is (batching.split_by_cost).
    """
    if not requests:
        return []
    sizes = [len(request.item_ids) for request in requests]
    first_users, users = _distinct([(id(ask.state.events), id(ask.state.profile)) for ask in requests])
    first_moments, moments = _distinct([(ask.now, *sorted(ask.context.items())) for ask in requests])
    groups = Groups(
        rows=bundle.rows([item_id for request in requests for item_id in request.item_ids]),
        users=np.repeat(users, sizes),
        moments=np.repeat(moments, sizes),
        at=[(requests[first].context, requests[first].now) for first in first_moments],
        sizes=sizes,
    )
    encoded = _encode_distinct(bundle, [requests[first].state for first in first_users])
    return score_groups(bundle, encoded, groups, bundle.manifest.fusion.weights).fused


def score_groups(
    bundle: LoadedBundle, encoded: Sequence[Encoded], groups: Groups, weights: Mapping[str, float]
) -> GroupScores:
    """Every group scored by these weights, for encoded users."""
    logits = group_logits(bundle, encoded, groups)
    predictions = calibrate_logits(bundle, logits, log_partitions(bundle, encoded)[groups.users])
    values = candidate_values(bundle, predictions, groups.rows, groups.at, groups.moments)
    return GroupScores(fuse_groups(values, groups.sizes, bundle.manifest.fusion, weights), predictions)


def group_logits(bundle: LoadedBundle, encoded: Sequence[Encoded], groups: Groups) -> dict[str, Floats]:
    """Uncalibrated logits [P, width] of every head; `next` has width 1."""
    following = np.empty(len(groups.rows), dtype=np.float32)
    order = np.argsort(groups.users, kind="stable")
    ends = np.cumsum(np.bincount(groups.users, minlength=len(encoded)))[:-1]
    for encoding, positions in zip(encoded, np.split(order, ends), strict=True):
        following[positions] = next_logits(bundle, encoding, groups.rows[positions])
    tokens = np.stack([encode_context(bundle.spec, *moment) for moment in groups.at])
    pairs = PairBatch(groups.users, groups.rows, tokens[groups.moments])
    users = [encoding.user for encoding in encoded]
    return {NEXT: following[:, None], **bundle.predictor.score_pairs(users, bundle.item_table, pairs)}


def _distinct(keys: Sequence[Hashable]) -> tuple[list[int], Indices]:
    """The position of each distinct key's first occurrence, and every key's number among the distinct ones."""
    numbers: dict[Hashable, int] = {}
    every = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    firsts = np.unique(every, return_index=True)[1]
    return firsts.tolist(), every


def _encode_distinct(bundle: LoadedBundle, states: Sequence[UserState]) -> list[Encoded]:
    """The states encoded; equal profile texts are read once."""
    words = [
        ("" if state.profile is None else state.profile.interests, user_text(bundle.spec, state.profile))
        for state in states
    ]
    profiles = {text: state.profile for text, state in zip(words, states, strict=True)}
    texts = {text: read_request(bundle, "", profile) for text, profile in profiles.items()}
    return encode_states(bundle, states, [texts[text] for text in words])
