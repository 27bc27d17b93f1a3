"""The collaborative step, fitted: on which scale each head speaks, and how much each one counts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812

from models.contract.arrays import Floats, Indices
from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse
from models.contract.tasks import NEXT
from models.evaluation.metrics.ndcg import ndcg

FOLDS = 5
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Tried for each head beside `next`, whose weight is 1."""
MIN_GAIN = 1e-3
"""A head is taken in only where the other folds' choice gains this much NDCG@10 on the fold left out."""
K = 10
FAR_LOW, FAR_HIGH = 0.01, 1.0
"""Quantiles of a head's values that its utility maps to 0 and 1."""


@dataclass(frozen=True, slots=True)
class ValidationLists:
    """C validation lists of K' candidates each, with every head's value, and which of them were right."""

    values: Mapping[str, Floats]  # head -> [C, K']
    relevant: np.ndarray  # bool [C, K']
    there: np.ndarray  # bool [C, K']: a candidate; a list may have fewer than K'
    wanted: Indices  # [C] relevant items of each list, also those that are no candidates


def fit_fusion(judged: ValidationLists, method: FusionMethod) -> Fusion:
    """Utilities and weights from validation lists; weights by cross-validation over the lists."""
    utilities = {
        name: fit_utility(values[judged.there], log=name == NEXT) for name, values in judged.values.items()
    }
    fusion = Fusion(method=method, utilities=utilities)
    if len(judged.values) == 1 or len(judged.wanted) < 2 * FOLDS:
        return fusion
    if method is FusionMethod.STACKING:
        return fusion.model_copy(update={"weights": _stacked(fusion, judged)})
    return fusion.model_copy(update={"weights": _searched(fusion, judged)})


def fit_utility(values: Floats, *, log: bool) -> Utility:
    """The scale of one head: quantiles of its values [n] (their logs) over validation candidates."""
    if not len(values):
        return Utility(low=0.0, high=1.0, log=log)
    raw = np.log(np.maximum(values, 1e-12)) if log else values
    low, high = (float(np.quantile(raw, share)) for share in (FAR_LOW, FAR_HIGH))
    return Utility(low=low, high=high if high > low + 1e-6 else low + 1.0, log=log)


def measure_lists(fusion: Fusion, judged: ValidationLists, weights: Mapping[str, float]) -> Floats:
    """NDCG@10 [C] of the fused order of every list."""
    found = np.zeros(len(judged.wanted), dtype=np.float32)
    for number in range(len(found)):
        there = judged.there[number]
        values = {name: value[number][there] for name, value in judged.values.items()}
        score = fuse(contributions(fusion, values, weights))
        top = np.argsort(-score, kind="stable")[:K]
        hits = np.zeros((1, K), dtype=np.bool_)
        hits[0, : len(top)] = judged.relevant[number][there][top]
        found[number] = ndcg(hits, judged.wanted[number : number + 1])[0]
    return found


def _searched(fusion: Fusion, judged: ValidationLists) -> dict[str, float]:
    """Greedy: the head and weight that gain most, kept while the gain holds on lists left out."""
    weights = {NEXT: 1.0}
    quality = measure_lists(fusion, judged, weights)
    left = [name for name in judged.values if name != NEXT]
    while left:
        trials = {
            (name, weight): measure_lists(fusion, judged, {**weights, name: weight})
            for name in left
            for weight in WEIGHTS[1:]
        }
        held_out = _held_out_gain(trials, quality)
        name, weight = max(trials, key=lambda trial: float(trials[trial].mean()))
        if held_out < MIN_GAIN:
            break
        weights[name], quality = weight, trials[name, weight]
        left.remove(name)
    return weights | dict.fromkeys(left, 0.0)


def _held_out_gain(trials: Mapping[tuple[str, float], Floats], before: Floats) -> float:
    """What choosing on the other folds gains on each fold, on average."""
    folds = np.arange(len(before)) % FOLDS
    gains = []
    for fold in range(FOLDS):
        out = folds == fold
        best = max(trials.values(), key=lambda quality: float(quality[~out].mean()))
        gains.append(float((best - before)[out].mean()))
    return float(np.mean(gains))


def _stacked(fusion: Fusion, judged: ValidationLists) -> dict[str, float]:
    """A logistic meta-learner over the utilities (Wolpert 1992): its coefficients are the weights."""
    names = list(judged.values)
    inputs = np.stack(
        [fusion.utilities[name].of(judged.values[name][judged.there]) for name in names], axis=1
    )
    x, y = torch.from_numpy(inputs), torch.from_numpy(judged.relevant[judged.there].astype(np.float32))
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
    found = dict(zip(names, layer.weight.detach()[0].tolist(), strict=True))
    return found if any(found.values()) else {NEXT: 1.0}
