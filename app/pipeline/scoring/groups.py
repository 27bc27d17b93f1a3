"""Score groups of candidates, each for a user at a moment: the one scoring path.

It serves recommendation and ranking (a single group), batch scoring and leave-one-out attribution.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.predictor import PairBatch
from app.pipeline.encoding import add_moments, encode_states, find_returns
from app.pipeline.query.text_query import list_words, read_request
from app.pipeline.scoring.fusion import FusedScores, fuse_groups, replace_non_finite
from app.pipeline.scoring.scoring import (
    calibrate_logits,
    candidate_values,
    log_partitions,
    next_logits,
)
from app.pipeline.types import Candidates, Encoded, Moment, Query, Scored
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.features import encode_context
from models.contract.tasks import NEXT


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """A user, the items to score (all in the catalogue), and the moment."""

    state: UserState
    item_ids: tuple[str, ...]
    context: Mapping[str, str]
    now: float


@dataclass(frozen=True, slots=True)
class Groups:
    """G groups with P pairs in total, by group; users and moments are indices into distinct ones."""

    rows: Indices  # [P] catalogue rows
    users: Indices  # [P] indices into the encoded users, each in the context of the pair's moment, and returning or not
    moments: Indices  # [P] indices into `at`
    at: Sequence[Moment]
    sizes: Sequence[int]  # [G] pairs of each group


@dataclass(frozen=True, slots=True)
class GroupScores:
    """The scores of all groups' pairs."""

    fused: list[FusedScores]  # G groups
    predictions: Mapping[str, Floats]  # head -> [P, width] calibrated


def score_candidates(
    bundle: LoadedBundle, encoded: Encoded, candidates: Candidates, query: Query, *, every_head: bool = True
) -> tuple[Scored, Mapping[str, Floats]]:
    """The scored K candidates of one request, and head -> calibrated predictions [K, width].

    Without `every_head`, of the heads with a weight alone: the others have no part in the order.
    """
    names = bundle.heads if every_head else list_weighted(query)
    scores = score_groups(bundle, [encoded], _one_group(query, candidates.rows), query.weights, names)
    (fused,) = scores.fused
    return Scored(candidates, fused.values, fused.contributions, fused.score), scores.predictions


def list_weighted(query: Query) -> list[str]:
    """The heads with a weight other than 0: the others have no part in a score."""
    return [name for name, weight in query.weights.items() if weight]


def score_unweighted(
    bundle: LoadedBundle, encoded: Encoded, scored: Scored, query: Query, order: Indices
) -> Scored:
    """The scored candidates with the values of the heads without a weight, too.

    They are computed where `order` [N] stands, and 0 for the other candidates, of which nothing is shown.
    """
    names = [name for name in bundle.heads if name not in scored.values]
    if not names:
        return scored
    groups = _one_group(query, scored.candidates.rows[order])
    predictions, zeros = _predict(bundle, [encoded], groups, names), np.zeros_like(scored.score)
    shown = candidate_values(bundle, predictions, groups.rows, groups.at, groups.moments)
    values = dict(scored.values)
    for name in names:
        values[name] = zeros.copy()
        values[name][order] = replace_non_finite(shown[name], 0.0)
    return replace(
        scored,
        values={name: values[name] for name in bundle.heads},
        contributions={name: scored.contributions.get(name, zeros) for name in bundle.heads},
    )


def score_requests(bundle: LoadedBundle, requests: Sequence[ScoreRequest]) -> list[FusedScores]:
    """Score requests with the bundle's fitted weights. Requests that share a state object share the tower's pass.

    All are computed at once; the caller bounds their cost (batching.split_by_cost).
    """
    if not requests:
        return []
    sizes = [len(request.item_ids) for request in requests]
    first_users, users = _index_distinct(
        [(id(request.state.events), id(request.state.profile)) for request in requests]
    )
    first_moments, moments = _index_distinct(
        [(request.now, *sorted(request.context.items())) for request in requests]
    )
    at = [(requests[first].context, requests[first].now) for first in first_moments]
    states = _encode_distinct(bundle, [requests[first].state for first in first_users])
    contexts = [encode_context(bundle.spec, *moment).tobytes() for moment in at]
    returns = find_returns(bundle, [states[user] for user in users], [at[moment] for moment in moments])
    keys = zip(users.tolist(), moments.tolist(), returns.tolist(), strict=True)
    first_asked, asked = _index_distinct([(user, contexts[moment], back) for user, moment, back in keys])
    encoded = add_moments(
        bundle,
        [states[users[first]] for first in first_asked],
        [at[moments[first]] for first in first_asked],
    )
    groups = Groups(
        rows=bundle.rows([item_id for request in requests for item_id in request.item_ids]),
        users=np.repeat(asked, sizes),
        moments=np.repeat(moments, sizes),
        at=at,
        sizes=sizes,
    )
    return score_groups(bundle, encoded, groups, bundle.manifest.fusion.weights).fused


def score_groups(
    bundle: LoadedBundle,
    encoded: Sequence[Encoded],
    groups: Groups,
    weights: Mapping[str, float],
    names: Collection[str] | None = None,
) -> GroupScores:
    """Score groups for encoded users with these weights, by the heads in `names`; None for all of them.

    A head with a weight must be among them.
    """
    names = bundle.heads if names is None else names
    predictions = _predict(bundle, encoded, groups, names)
    values = candidate_values(bundle, predictions, groups.rows, groups.at, groups.moments)
    used = {name: weight for name, weight in weights.items() if weight or name in values}
    return GroupScores(fuse_groups(values, groups.sizes, bundle.manifest.fusion, used), predictions)


def _one_group(query: Query, rows: Indices) -> Groups:
    """The rows [K] as the only group: one user, one moment."""
    zeros = np.zeros(len(rows), dtype=np.int64)
    return Groups(rows, zeros, zeros, [(query.context, query.now)], [len(rows)])


def _predict(
    bundle: LoadedBundle, encoded: Sequence[Encoded], groups: Groups, names: Collection[str]
) -> dict[str, Floats]:
    """Head -> calibrated predictions [P, width] of the heads in `names`."""
    logits = group_logits(bundle, encoded, groups, names)
    partitions = log_partitions(bundle, encoded)[groups.users] if NEXT in names else np.zeros(1)
    return calibrate_logits(bundle, logits, partitions)


def group_logits(
    bundle: LoadedBundle, encoded: Sequence[Encoded], groups: Groups, names: Collection[str] | None = None
) -> dict[str, Floats]:
    """Uncalibrated logits [P, width] of the heads in `names`, None for all of them; `next` has width 1."""
    names = bundle.heads if names is None else names
    logits = {NEXT: pair_next_logits(bundle, encoded, groups)[:, None]} if NEXT in names else {}
    tasks = [name for name in names if name != NEXT]
    if not tasks:
        return logits
    tokens = np.stack([encode_context(bundle.spec, *moment) for moment in groups.at])
    pairs = PairBatch(groups.users, groups.rows, tokens[groups.moments])
    users = [encoding.user for encoding in encoded]
    return logits | bundle.predictor.score_pairs(users, bundle.item_table, pairs, tasks)


def pair_next_logits(bundle: LoadedBundle, encoded: Sequence[Encoded], groups: Groups) -> Floats:
    """The `next` logits [P] of all groups' pairs."""
    if len(encoded) == 1:
        return next_logits(bundle, encoded[0], groups.rows)
    next_values = np.empty(len(groups.rows), dtype=np.float32)
    order = np.argsort(groups.users, kind="stable")
    ends = np.cumsum(np.bincount(groups.users, minlength=len(encoded)))[:-1]
    for encoding, positions in zip(encoded, np.split(order, ends), strict=True):
        next_values[positions] = next_logits(bundle, encoding, groups.rows[positions])
    return next_values


def _index_distinct(keys: Sequence[Hashable]) -> tuple[list[int], Indices]:
    """The index of the first occurrence of each distinct key, and the number of every key's distinct key."""
    numbers: dict[Hashable, int] = {}
    inverse = np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
    firsts = np.unique(inverse, return_index=True)[1]
    return firsts.tolist(), inverse


def _encode_distinct(bundle: LoadedBundle, states: Sequence[UserState]) -> list[Encoded]:
    """Encode the states; equal words are encoded once."""
    words = [list_words(bundle, state.profile, state.events) for state in states]
    first = dict(zip(words, states, strict=True))
    texts = {text: read_request(bundle, "", state.profile, state.events) for text, state in first.items()}
    return encode_states(bundle, states, [texts[text] for text in words])
