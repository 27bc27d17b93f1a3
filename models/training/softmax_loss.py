"""Cross-entropy of the softmax over the catalogue, in blocks of rows that fit the processor's cache.

The logits of a whole batch over the catalogue take more time to write and read than to compute. Each block's logits are
used at once, for the loss and for the gradients, and are never stored (as in Liger Kernel, Hsu et al. 2024, and
Wijmans et al. 2024, "Cut your losses in large-vocabulary language models").
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from models.training.seen_items import SeenItems

BLOCK_CELLS = 500_000
"""The logits of a block: about 2 MB in float32."""
CARD_CELLS = 64_000_000
"""The same on a graphics card, whose time is in the number of products."""


class NextTargets(NamedTuple):
    """P events to predict among I items, by the logits states @ vectors.T + bias[group]."""

    states: Tensor  # [P, D]
    vectors: Tensor  # [I, D]
    bias: Tensor  # [G, I]
    group: Tensor  # [P] rows of `bias`
    positive: Tensor  # [P] columns
    weights: Tensor | None = None  # [P] above 0; None: equal ones
    seen: SeenItems | None = None  # of the P events; None: every item is in the softmax

    def sort(self) -> "NextTargets":
        """The same events, with those of one group one after another, as `split_into_blocks` reads them."""
        if len(self.bias) == 1:
            return self
        order = torch.argsort(self.group, stable=True)
        return self._replace(
            states=self.states[order],
            group=self.group[order],
            positive=self.positive[order],
            weights=None if self.weights is None else self.weights[order],
            seen=None if self.seen is None else self.seen.take(order),
        )


def softmax_loss(targets: NextTargets) -> Tensor:
    """The mean cross-entropy of the events in nats, by their weights; 0 if there are none.

    The softmax is over the items that the user has not had, if the targets say what is seen, and the right one.

    The products are computed in the type of the states or of autocast, which also rounds the sums over the catalogue.
    """
    if not len(targets.positive):
        return targets.states.sum() * 0
    states, vectors, bias, group, positive, weights, seen = targets.sort()
    if torch.is_autocast_enabled(states.device.type):
        states = states.to(torch.get_autocast_dtype(states.device.type))
    apply: Callable[..., Tensor] = _SoftmaxLoss.apply  # torch has no type of it
    if weights is not None:
        weights = None if bool((weights == weights[0]).all()) else weights / weights.mean()
    return apply(states, vectors, bias, _Targets(group, positive, weights, seen), torch.is_grad_enabled())


class _Targets(NamedTuple):
    """P rows' group, column of the positive, weight with mean 1 (None: equal weights) and seen items."""

    group: Tensor
    positive: Tensor
    weights: Tensor | None
    seen: SeenItems | None


class _SoftmaxLoss(torch.autograd.Function):
    """The loss of rows whose groups ascend; its gradients are computed with it."""

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,
        vectors: Tensor,
        bias: Tensor,
        targets: "_Targets",
        differentiate: bool,
    ) -> Tensor:
        group, positive, weights, seen = targets
        low = vectors.to(states.dtype)
        losses = torch.empty(len(states), dtype=torch.float32, device=states.device)
        if differentiate:
            by_state = torch.empty_like(states)
            by_vector = torch.zeros(vectors.shape, dtype=torch.float32, device=vectors.device)
            by_bias = torch.zeros(bias.shape, dtype=torch.float32, device=bias.device)
        for rows, number in split_into_blocks(group, len(vectors)):
            logits = torch.addmm(bias[number].to(states.dtype), states[rows], low.T)  # [b, I]
            places = positive[rows, None]
            if seen is not None:
                seen.take(rows).hide(logits, places)
            peak, picked = logits.amax(1, keepdim=True), logits.gather(1, places)
            total = logits.sub_(peak).exp_().sum(1, keepdim=True).float()
            losses[rows] = (total.log() + peak.float() - picked.float()).squeeze(1)
            if not differentiate:
                continue
            # [b, I] the softmax, and less 1 at the positive the gradient of the logits
            shares = logits.mul_((1 / total).to(logits.dtype))
            shares.scatter_add_(1, places, torch.full_like(picked, -1.0))
            if weights is not None:
                shares.mul_(weights[rows, None].to(shares.dtype))
            by_state[rows] = shares @ low
            by_vector += shares.T @ states[rows]
            by_bias[number] += shares.sum(0)
        if differentiate:
            ctx.save_for_backward(by_state, by_vector, by_bias)
            ctx.kinds = states.dtype, vectors.dtype, bias.dtype
        return losses.mean() if weights is None else (losses * weights).mean()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        by_state, by_vector, by_bias = ctx.saved_tensors
        scale = gradients[0] / len(by_state)
        scaled = (
            (values * scale).to(kind)
            for values, kind in zip((by_state, by_vector, by_bias), ctx.kinds, strict=True)
        )
        return (*scaled, None, None)


def split_into_blocks(group: Tensor, columns: int) -> Iterator[tuple[slice, int]]:
    """Yield slices of rows of one group each, with its number, for ascending groups [P] and a number of columns."""
    size = max((BLOCK_CELLS if group.device.type == "cpu" else CARD_CELLS) // columns, 1)
    numbers, counts = torch.unique_consecutive(group, return_counts=True)
    begin = 0
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        for start in range(begin, begin + count, size):
            yield slice(start, min(start + size, begin + count)), number
        begin += count
