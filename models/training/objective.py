"""One batch -> its losses: the next item at every position, and every head on what was observed."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.features import ItemArrays
from models.contract.tasks import NEXT
from models.heads.next import next_item_loss
from models.job.training_config import Balancing
from models.network.model import ChorusNetwork, item_tensors
from models.network.scorer import USER_NUMBERS, ScorerInput
from models.training.batches import Batch
from models.training.losses import task_loss

FULL_SOFTMAX_ITEMS = 20_000
"""Up to this many items the softmax is over the whole catalogue."""


class Balance(nn.Module):
    """Losses -> one: fixed weights, or each scaled by a learned variance (Kendall, Gal, Cipolla 2018)."""

    def __init__(self, weights: dict[str, float], balancing: Balancing) -> None:
        super().__init__()
        self.weights, self.balancing = weights, balancing
        learned = balancing is Balancing.UNCERTAINTY
        self.log_variance = nn.ParameterDict(
            {name: nn.Parameter(torch.zeros(()), requires_grad=learned) for name in weights}
        )

    def forward(self, losses: dict[str, Tensor]) -> Tensor:
        """The weighted sum of the named losses."""
        total = torch.zeros((), device=next(iter(losses.values())).device)
        for name, loss in losses.items():
            log_variance = self.log_variance[name]
            total = total + self.weights[name] * (torch.exp(-log_variance) * loss + log_variance)
        return total


@dataclass(frozen=True, slots=True)
class Tables:
    """What is the same for all batches, on the training device."""

    catalogue: tuple[Tensor, Tensor, Tensor, Tensor]
    statistics: Tensor  # [T, I, S]
    n_items: int
    negatives: int

    @staticmethod
    def of(
        catalogue: ItemArrays, statistics: Tensor, negatives: int, device: torch.device, full: bool = False
    ) -> "Tables":
        """Tables on a device; more items than the full softmax takes get negatives, unless `full`."""
        count = len(catalogue.ids)
        if count > FULL_SOFTMAX_ITEMS and not negatives and not full:
            negatives = FULL_SOFTMAX_ITEMS // 10
        return Tables(item_tensors(catalogue, device), statistics.to(device), count, negatives)


def batch_losses(
    network: ChorusNetwork, batch: Batch, tables: Tables, random: torch.Generator
) -> dict[str, Tensor]:
    """The mean loss of `next` and of every head over the batch's wanted events."""
    columns = _columns(batch, tables, random)
    catalogue = tables.catalogue if columns is None else tuple(field[columns] for field in tables.catalogue)
    vectors, bias = network.items(*catalogue)
    local = batch.items if columns is None else torch.searchsorted(columns, batch.items)
    states, events = encode_states(network, batch, vectors[local])
    scores = states[batch.wanted] @ vectors.T + bias
    losses = {NEXT: _next_loss(network, batch, tables, columns, scores)}
    if network.heads:
        logits = network.scorer(build_scorer_input(batch, tables, states, events, vectors[local]))
        for head, wanted, known in zip(network.heads, batch.targets, batch.known, strict=True):
            losses[head.task.name] = task_loss(
                head.task, logits[head.task.name].flatten(0, 1), wanted.flatten(0, 1), known.flatten()
            )
    return losses


def encode_states(network: ChorusNetwork, batch: Batch, items: Tensor) -> tuple[Tensor, Tensor]:
    """States [B, L, D] (state t has seen the first t events) and event representations [B, L - 1, D]."""
    profile = network.users.profile(batch.profile_tokens, batch.profile_numeric, batch.profile_text)
    events = network.users.events(items, batch.actions, batch.dense)[:, :-1]
    return network.users(profile, events), events


def build_scorer_input(
    batch: Batch, tables: Tables, states: Tensor, events: Tensor, items: Tensor
) -> ScorerInput:
    """Each state with the item that came next; a pair looks at the events before it only."""
    length = states.shape[1]
    position = torch.arange(length, device=states.device)
    attend = position[: length - 1][None] < position[:, None]  # [L, L - 1]: event j is before event t
    numbers = torch.nn.functional.pad(batch.dense[:, :-1, -USER_NUMBERS:], (0, 0, 1, 0))
    return ScorerInput(
        user=states,
        item=items,
        events=events,
        attend=attend.expand(len(states), -1, -1),
        statistics=tables.statistics[batch.snapshot, batch.items],
        numbers=numbers,
        context=batch.context,
    )


def _next_loss(
    network: ChorusNetwork, batch: Batch, tables: Tables, columns: Tensor | None, scores: Tensor
) -> Tensor:
    """Softmax over the columns' items, each with its popularity as known at the event's moment.

    `scores` [P, C] are the wanted events' logits without popularity.
    """
    positive = batch.items[batch.wanted]
    snapshots, back = torch.unique(batch.snapshot[batch.wanted], return_inverse=True)
    if columns is None:
        popularity = network.items.popularity(tables.statistics[snapshots])  # [T', I]
        return next_item_loss(scores + popularity[back], positive)
    popularity = network.items.popularity(tables.statistics[snapshots[:, None], columns])  # [T', C]
    logits = scores + popularity[back] - _correction(batch.items[batch.present], columns, tables)
    return next_item_loss(logits, torch.searchsorted(columns, positive))


def _columns(batch: Batch, tables: Tables, random: torch.Generator) -> Tensor | None:
    """The items of this step, ascending: the batch's own and uniformly drawn negatives; None: the whole catalogue."""
    if not tables.negatives:
        return None
    drawn = torch.randint(tables.n_items, (tables.negatives,), generator=random).to(batch.items.device)
    return torch.unique(torch.cat([drawn, batch.items[batch.present]]))


def _correction(items: Tensor, columns: Tensor, tables: Tables) -> Tensor:
    """Log of how often each column is expected in a sample: what a sampled softmax takes off the logits.

    (Bengio & Senécal 2008; Yi et al. 2019, with the batch's own frequency as the estimate.)
    """
    count = torch.bincount(items, minlength=tables.n_items)[columns]
    return torch.log(tables.negatives / tables.n_items + count)
