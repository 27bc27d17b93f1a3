"""Fit of score fusion on validation lists: each head's utility scale, and the heads' weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Doubles, Floats, Mask
from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse
from models.contract.tasks import NEXT
from models.evaluation.metrics.graded_ndcg import graded_ndcg

FOLDS = 5
"""Folds of lists in the cross-validation of the weights."""
WEIGHTS = (0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.4, 0.8)
"""Candidate weights of a head that is added; the weight of `next` is 1."""
SURE = 2.0
"""The standard errors above which a cross-validated gain is sure."""
LEAST_WORTH = 1e-3
"""A mean worth of an item below this counts as this."""
K = 10
"""Length of the lists for NDCG."""
LOW_QUANTILE, HIGH_QUANTILE = 0.01, 1.0
"""The quantiles of a head's values with utility 0 and 1."""


class Worth(NamedTuple):
    """The worth of a head's outcome, and the range of the head's values that is an outcome of 0 to 1."""

    weight: float
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class ValidationLists:
    """C validation lists of at most M candidates, with the values of all heads and what each candidate is worth."""

    values: Mapping[str, Floats]  # head -> [C, M]
    gains: Floats  # [C, M] by the job's objective; 0 for an item that is not relevant
    is_candidate: Mask  # [C, M] False: padding of a list with fewer than M candidates
    ideal: Doubles  # [C] the discounted gains of the best list of K items, retrieved as candidates or not
    outcomes: Mapping[str, Floats] = field(default_factory=dict)
    """Head of the objective -> [C, M] the outcome in [0, 1] of each candidate (models.recipe.objective)."""

    def __len__(self) -> int:
        """C, the number of lists."""
        return len(self.ideal)


def fit_fusion(lists: ValidationLists, method: FusionMethod, objective: Mapping[str, Worth]) -> Fusion:
    """Fit utilities and weights; with one head or fewer than 2 * FOLDS lists, only `next` has a weight.

    `objective`: head -> what its outcome is worth, by the job's objective.
    """
    utilities = {
        name: fit_utility(values[lists.is_candidate], log=name == NEXT)
        for name, values in lists.values.items()
    }
    fusion = Fusion(method=method, utilities=utilities)
    if len(lists.values) == 1 or len(lists) < 2 * FOLDS:
        return fusion
    if method is FusionMethod.STACKING:
        return fusion.model_copy(update={"weights": _fit_stacking(fusion, lists)})
    weights = _search_weights(fusion, lists)
    if method is FusionMethod.WEIGHTED_MEAN:
        weights = _add_valued(fusion, lists, weights, objective)
    return fusion.model_copy(update={"weights": weights})


def join_lists(parts: Sequence[ValidationLists]) -> ValidationLists:
    """All lists of several protocols, which have the same heads, padded to the longest."""
    width = max(part.gains.shape[1] for part in parts)

    def pad(table: Floats | Mask) -> Any:
        return np.pad(table, ((0, 0), (0, width - table.shape[1])))

    return ValidationLists(
        values={name: np.concatenate([pad(part.values[name]) for part in parts]) for name in parts[0].values},
        gains=np.concatenate([pad(part.gains) for part in parts]),
        is_candidate=np.concatenate([pad(part.is_candidate) for part in parts]),
        ideal=np.concatenate([part.ideal for part in parts]),
        outcomes={
            name: np.concatenate([pad(part.outcomes[name]) for part in parts]) for name in parts[0].outcomes
        },
    )


def fit_utility(values: Floats, *, log: bool) -> Utility:
    """Fit one head's utility: quantiles of its values [n], or of their logs, over validation candidates."""
    if not len(values):
        return Utility(low=0.0, high=1.0, log=log)
    raw = np.log(np.maximum(values, 1e-12)) if log else values
    low, high = (float(np.quantile(raw, share)) for share in (LOW_QUANTILE, HIGH_QUANTILE))
    return Utility(low=low, high=high if high > low + 1e-6 else low + 1.0, log=log)


class Quality(NamedTuple):
    """The quality of C lists in one order."""

    ndcg: Floats  # [C] graded NDCG@10: the objective
    outcomes: Mapping[
        str, Floats
    ]  # head of the objective -> [C] the sum of the outcomes of the K shown items


def measure_lists(fusion: Fusion, lists: ValidationLists, weights: Mapping[str, float]) -> Quality:
    """The lists in the order of their fused scores."""
    top = np.full((len(lists), K), -1, dtype=np.int64)
    for number in range(len(lists)):
        candidates = np.flatnonzero(lists.is_candidate[number])
        values = {name: value[number][candidates] for name, value in lists.values.items()}
        score = fuse(contributions(fusion, values, weights))
        shown = candidates[np.argsort(-score, kind="stable")[:K]]
        top[number, : len(shown)] = shown

    def read(table: Floats) -> Floats:
        return np.asarray(np.take_along_axis(table, top.clip(0), axis=1) * (top >= 0), dtype=np.float32)

    return Quality(
        ndcg=graded_ndcg(read(lists.gains), lists.ideal).astype(np.float32),
        outcomes={name: read(table).sum(axis=1) for name, table in lists.outcomes.items()},
    )


def _search_weights(fusion: Fusion, lists: ValidationLists) -> dict[str, float]:
    """Greedy forward selection: add the head and weight with the greatest NDCG while the gain is sure."""
    weights = {NEXT: 1.0}
    before = measure_lists(fusion, lists, weights).ndcg
    remaining = [name for name in lists.values if name != NEXT]
    while remaining:
        trials = {
            (name, weight): measure_lists(fusion, lists, {**weights, name: weight}).ndcg
            for name in remaining
            for weight in WEIGHTS
        }
        if not is_sure(_cross_validate_gain(trials, before)):
            break
        name, weight = max(trials, key=lambda trial: float(trials[trial].mean()))
        weights[name], before = weight, trials[name, weight]
        remaining.remove(name)
    return weights | dict.fromkeys(remaining, 0.0)


def _cross_validate_gain(trials: Mapping[tuple[str, float], Floats], before: Floats) -> Doubles:
    """Gain in NDCG [C] of each list by the trial that is best on the other folds."""
    folds = np.arange(len(before)) % FOLDS
    gains = np.zeros(len(before))
    for fold in range(FOLDS):
        held_out = folds == fold
        best = max(trials.values(), key=lambda quality: float(quality[~held_out].mean()))
        gains[held_out] = (best - before)[held_out]
    return gains


def _add_valued(
    fusion: Fusion, lists: ValidationLists, weights: dict[str, float], objective: Mapping[str, Worth]
) -> dict[str, float]:
    """Add the heads of the objective whose outcome surely gains by their worth, while the objective does not lose.

    No weight is searched for, so that no list is fitted: see `weigh_value`.
    """
    before = measure_lists(fusion, lists, weights)
    for name in objective:
        if name == NEXT or name not in lists.values or weights[name]:
            continue
        trial = {**weights, name: weigh_value(name, fusion, lists, objective)}
        after = measure_lists(fusion, lists, trial)
        is_gain = is_sure(after.outcomes[name] - before.outcomes[name])
        if is_gain and after.ndcg.mean() >= before.ndcg.mean():
            weights, before = trial, after
    return weights


def weigh_value(name: str, fusion: Fusion, lists: ValidationLists, objective: Mapping[str, Worth]) -> float:
    """The weight of a head beside `next` with 1, in an order by the expected gain of an item.

    The expected gain is the probability of `next` times S, the sum of what the outcomes are worth. Its log is linear in
    `next`'s utility, and in a head's value to first order around the candidates' means: worth / S a unit.
    """
    there, total = lists.is_candidate, 0.0
    for head, worth in objective.items():
        if head == NEXT:
            total += worth.weight
        elif head in lists.values:
            mean = float(lists.values[head][there].mean())
            total += worth.weight * (mean - worth.low) / (worth.high - worth.low)
    own, following, worth = fusion.utilities[name], fusion.utilities[NEXT], objective[name]
    slope = worth.weight / (worth.high - worth.low) / max(total, LEAST_WORTH)  # nats a unit of the value
    return slope * (own.high - own.low) / (following.high - following.low)


def is_sure(gains: Doubles | Floats) -> bool:
    """Whether the mean of gains [C] is more than SURE of its standard errors above 0."""
    return bool(gains.mean() > SURE * standard_error(gains))


def standard_error(figures: Doubles | Floats) -> float:
    """The standard error of the mean of figures [C]."""
    return float(figures.std() / np.sqrt(max(len(figures), 1)))


def _fit_stacking(fusion: Fusion, lists: ValidationLists) -> dict[str, float]:
    """Weights from a logistic meta-learner over the utilities (Wolpert 1992): its coefficients."""
    names = [
        name for name, values in lists.values.items() if name == NEXT or _orders(values, lists.is_candidate)
    ]
    inputs = np.stack(
        [fusion.utilities[name].of(lists.values[name][lists.is_candidate]) for name in names], axis=1
    )
    gains = lists.gains[lists.is_candidate].astype(np.float32)
    x, y = torch.from_numpy(inputs), torch.from_numpy(gains / max(float(gains.max(initial=0.0)), 1e-12))
    layer = torch.nn.Linear(len(names), 1)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        penalty = 1e-3 * layer.weight.square().sum()
        loss = F.binary_cross_entropy_with_logits(layer(x).squeeze(1), y) + penalty
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimiser.step(closure)  # type: ignore[no-untyped-call]
    weights = dict(zip(names, layer.weight.detach()[0].tolist(), strict=True))
    return dict.fromkeys(lists.values, 0.0) | weights if any(weights.values()) else {NEXT: 1.0}


def _orders(values: Floats, is_candidate: Mask) -> bool:
    """Whether a head's values [C, M] differ within any list: a head a user has one for all candidates."""
    highest = np.where(is_candidate, values, -np.inf).max(axis=1, initial=-np.inf)
    lowest = np.where(is_candidate, values, np.inf).min(axis=1, initial=np.inf)
    return bool((highest > lowest).any())
