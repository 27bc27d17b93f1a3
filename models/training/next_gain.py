"""NDCG@10 of the lists before the events of a batch, by the logits of `next` alone: by it training stops.

The loss is no judge of when to stop on a small log: it rises while lists still improve, since the probabilities of rare
items become too sure long before their order gets worse (docs/quality.md).
"""

import torch
from torch import Tensor

from models.training.softmax_loss import split_into_blocks

K = 10


@torch.no_grad()
def measure_gain(
    states: Tensor,
    vectors: Tensor,
    bias: Tensor,
    group: Tensor,
    positive: Tensor,
    weights: Tensor | None = None,
) -> float:
    """The mean NDCG@10 (Jarvelin & Kekalainen 2002) of P lists over I items with one relevant item each; 0 if P is 0.

    The arguments are those of `models.training.softmax_loss.softmax_loss`. Every item can be in a list, those of the
    history too, and an item with the logit of the relevant one is above it.
    """
    if not len(positive):
        return 0.0
    order = torch.argsort(group, stable=True)
    states, group, positive = states[order].float(), group[order], positive[order]
    gains = torch.empty(len(states), device=states.device)
    for rows, number in split_into_blocks(group, len(vectors)):
        logits = torch.addmm(bias[number], states[rows], vectors.T)
        rank = (logits >= logits.gather(1, positive[rows, None])).sum(1)  # from 1
        gains[rows] = torch.where(rank <= K, 1 / torch.log2(rank + 1.0), 0.0)
    share = torch.ones_like(gains) if weights is None else weights[order]
    return float((gains * share).sum() / share.sum())
