"""Fit of score fusion on validation lists: each head's utility scale, and the heads' weights."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Floats, Indices, Mask
from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse
from models.contract.tasks import NEXT
from models.evaluation.metrics.ndcg import ndcg

FOLDS = 5
"""Folds of lists in the cross-validation of the weights."""
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Candidate weights of each head; the weight of `next` is 1."""
MIN_GAIN = 1e-3
"""A head is added only if its cross-validated gain in NDCG@10 is at least this."""
K = 10
"""Length of the lists for NDCG."""
LOW_QUANTILE, HIGH_QUANTILE = 0.01, 1.0
"""The quantiles of a head's values with utility 0 and 1."""


@dataclass(frozen=True, slots=True)
class ValidationLists:
    """C validation lists of at most M candidates, with the values of all heads and the relevant candidates."""

    values: Mapping[str, Floats]  # head -> [C, M]
    relevant: Mask  # [C, M]
    is_candidate: Mask  # [C, M] False: padding of a list with fewer than M candidates
    relevant_counts: Indices  # [C] relevant items of each list, retrieved as candidates or not


def fit_fusion(lists: ValidationLists, method: FusionMethod) -> Fusion:
    """Fit utilities and weights; with one head or fewer than 2 * FOLDS lists, only `next` has a weight."""
    utilities = {
        name: fit_utility(values[lists.is_candidate], log=name == NEXT)
        for name, values in lists.values.items()
    }
    fusion = Fusion(method=method, utilities=utilities)
    if len(lists.values) == 1 or len(lists.relevant_counts) < 2 * FOLDS:
        return fusion
    if method is FusionMethod.STACKING:
        return fusion.model_copy(update={"weights": _fit_stacking(fusion, lists)})
    return fusion.model_copy(update={"weights": _search_weights(fusion, lists)})


def fit_utility(values: Floats, *, log: bool) -> Utility:
    """Fit one head's utility: quantiles of its values [n], or of their logs, over validation candidates."""
    if not len(values):
        return Utility(low=0.0, high=1.0, log=log)
    raw = np.log(np.maximum(values, 1e-12)) if log else values
    low, high = (float(np.quantile(raw, share)) for share in (LOW_QUANTILE, HIGH_QUANTILE))
    return Utility(low=low, high=high if high > low + 1e-6 else low + 1.0, log=log)


def measure_lists(fusion: Fusion, lists: ValidationLists, weights: Mapping[str, float]) -> Floats:
    """NDCG@10 [C] of each list in the order of its fused scores."""
    quality = np.zeros(len(lists.relevant_counts), dtype=np.float32)
    for number in range(len(quality)):
        candidates = lists.is_candidate[number]
        values = {name: value[number][candidates] for name, value in lists.values.items()}
        score = fuse(contributions(fusion, values, weights))
        top = np.argsort(-score, kind="stable")[:K]
        hits = np.zeros((1, K), dtype=np.bool_)
        hits[0, : len(top)] = lists.relevant[number][candidates][top]
        quality[number] = ndcg(hits, lists.relevant_counts[number : number + 1])[0]
    return quality


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
        if _cross_validate_gain(trials, quality) < MIN_GAIN:
            break
        name, weight = max(trials, key=lambda trial: float(trials[trial].mean()))
        weights[name], quality = weight, trials[name, weight]
        remaining.remove(name)
    return weights | dict.fromkeys(remaining, 0.0)


def _cross_validate_gain(trials: Mapping[tuple[str, float], Floats], before: Floats) -> float:
    """Mean gain [NDCG] on each fold of the trial that is best on the other folds."""
    folds = np.arange(len(before)) % FOLDS
    gains = []
    for fold in range(FOLDS):
        held_out = folds == fold
        best = max(trials.values(), key=lambda quality: float(quality[~held_out].mean()))
        gains.append(float((best - before)[held_out].mean()))
    return float(np.mean(gains))


def _fit_stacking(fusion: Fusion, lists: ValidationLists) -> dict[str, float]:
    """Weights from a logistic meta-learner over the utilities (Wolpert 1992): its coefficients."""
    names = list(lists.values)
    inputs = np.stack(
        [fusion.utilities[name].of(lists.values[name][lists.is_candidate]) for name in names], axis=1
    )
    x, y = torch.from_numpy(inputs), torch.from_numpy(lists.relevant[lists.is_candidate].astype(np.float32))
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
