"""NDCG@10 of the lists before the events of a batch, by the logits of `next` alone, for the report and a search."""

import torch

from models.training.softmax_loss import NextTargets, split_into_blocks

K = 10


@torch.no_grad()
def measure_gain(targets: NextTargets) -> float:
    """The mean NDCG@10 (Jarvelin & Kekalainen 2002) of P lists over I items with one relevant item each; 0 if P is 0.

    Seen items are in the lists, unless the targets say what is seen. An item with the logit of the relevant one is
    above it.
    """
    if not len(targets.positive):
        return 0.0
    states, vectors, bias, group, positive, weights, seen = targets.sort()
    gains = torch.empty(len(states), device=states.device)
    for rows, number in split_into_blocks(group, len(vectors)):
        logits = torch.addmm(bias[number], states[rows].float(), vectors.T)
        places = positive[rows, None]
        if seen is not None:
            seen.take(rows).hide(logits, places)
        rank = (logits >= logits.gather(1, places)).sum(1)  # from 1
        gains[rows] = torch.where(rank <= K, 1 / torch.log2(rank + 1.0), 0.0)
    return float(gains.mean() if weights is None else (gains * weights).sum() / weights.sum())
