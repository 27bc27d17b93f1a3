"""Fit of score fusion on validation lists: each head's utility scale, and the heads' weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Doubles, Floats, Mask
from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse
from models.contract.tasks import NEXT
from models.evaluation.metrics.graded_ndcg import graded_ndcg

FOLDS = 5
"""Folds of lists in the cross-validation of the weights."""
WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Candidate weights of each head; the weight of `next` is 1."""
SURE = 2.0
"""A head is added only if its cross-validated gain in NDCG@10 is at least this many standard errors."""
K = 10
"""Length of the lists for NDCG."""
LOW_QUANTILE, HIGH_QUANTILE = 0.01, 1.0
"""The quantiles of a head's values with utility 0 and 1."""


@dataclass(frozen=True, slots=True)
class ValidationLists:
    """C validation lists of at most M candidates, with the values of all heads and what each candidate is worth."""

    values: Mapping[str, Floats]  # head -> [C, M]
    gains: Floats  # [C, M] by the job's objective; 0 for an item that is not relevant
    is_candidate: Mask  # [C, M] False: padding of a list with fewer than M candidates
    ideal: Doubles  # [C] the discounted gains of the best list of K items, retrieved as candidates or not

    def __len__(self) -> int:
        """C, the number of lists."""
        return len(self.ideal)


def fit_fusion(lists: ValidationLists, method: FusionMethod) -> Fusion:
    """Fit utilities and weights; with one head or fewer than 2 * FOLDS lists, only `next` has a weight."""
    utilities = {
        name: fit_utility(values[lists.is_candidate], log=name == NEXT)
        for name, values in lists.values.items()
    }
    fusion = Fusion(method=method, utilities=utilities)
    if len(lists.values) == 1 or len(lists) < 2 * FOLDS:
        return fusion
    if method is FusionMethod.STACKING:
        return fusion.model_copy(update={"weights": _fit_stacking(fusion, lists)})
    return fusion.model_copy(update={"weights": _search_weights(fusion, lists)})


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
    )


def fit_utility(values: Floats, *, log: bool) -> Utility:
    """Fit one head's utility: quantiles of its values [n], or of their logs, over validation candidates."""
    if not len(values):
        return Utility(low=0.0, high=1.0, log=log)
    raw = np.log(np.maximum(values, 1e-12)) if log else values
    low, high = (float(np.quantile(raw, share)) for share in (LOW_QUANTILE, HIGH_QUANTILE))
    return Utility(low=low, high=high if high > low + 1e-6 else low + 1.0, log=log)


def measure_lists(fusion: Fusion, lists: ValidationLists, weights: Mapping[str, float]) -> Floats:
    """Graded NDCG@10 [C] of each list in the order of its fused scores."""
    listed = np.zeros((len(lists), K), dtype=np.float32)
    for number in range(len(lists)):
        candidates = lists.is_candidate[number]
        values = {name: value[number][candidates] for name, value in lists.values.items()}
        score = fuse(contributions(fusion, values, weights))
        top = np.argsort(-score, kind="stable")[:K]
        listed[number, : len(top)] = lists.gains[number][candidates][top]
    return graded_ndcg(listed, lists.ideal).astype(np.float32)


def _search_weights(fusion: Fusion, lists: ValidationLists) -> dict[str, float]:
    """Greedy forward selection: add the head and weight with the greatest NDCG while the cross-validated gain holds."""
    weights = {NEXT: 1.0}
    quality = measure_lists(fusion, lists, weights)
    remaining = [name for name in lists.values if name != NEXT]
    while remaining:
        trials = {
            (name, weight): measure_lists(fusion, lists, {**weights, name: weight})
            for name in remaining
            for weight in WEIGHTS[1:]
        }
        gain = _cross_validate_gain(trials, quality)
        if not gain.mean() > SURE * standard_error(gain):
            break
        name, weight = max(trials, key=lambda trial: float(trials[trial].mean()))
        weights[name], quality = weight, trials[name, weight]
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


def standard_error(figures: Doubles) -> float:
    """The standard error of the mean of figures [C]."""
    return float(figures.std() / np.sqrt(max(len(figures), 1)))


def _fit_stacking(fusion: Fusion, lists: ValidationLists) -> dict[str, float]:
    """Weights from a logistic meta-learner over the utilities (Wolpert 1992): its coefficients."""
    names = list(lists.values)
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
    return weights if any(weights.values()) else {NEXT: 1.0}
