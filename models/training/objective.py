"""The training objective: next-item loss at every position, task losses on observed events, their balance."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.contract.features import ItemArrays
from models.contract.tasks import NEXT
from models.job.training_config import Balancing
from models.network.model import ChorusNetwork, item_tensors
from models.network.scorer_input import ScorerInput, UserSide, build_scorer_input, read_user_numbers
from models.training.batches import Batch
from models.training.losses import task_loss
from models.training.next_gain import measure_gain
from models.training.seen_items import SeenItems, find_columns
from models.training.softmax_loss import NextTargets, softmax_loss

FULL_SOFTMAX_ITEMS = 20_000
"""Up to this many items the softmax is over the whole catalogue."""
TASK_PAIRS = 4_096
"""The events, with padding, that the task heads learn from in a training step."""


class Balance(nn.Module):
    """Weighted sum of losses, with fixed weights or learned variances (Kendall, Gal, Cipolla 2018)."""

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
    """The inputs shared by all batches, on the training device."""

    catalogue: tuple[Tensor, Tensor, Tensor, Tensor]  # the item tower's arguments for I items
    statistics: Tensor  # [T, I, S + A]
    n_items: int
    negatives: int  # sampled per step; 0: softmax over the whole catalogue
    hides_seen: bool = False  # True: the softmax is over the items that the user has not had

    @staticmethod
    def of(
        catalogue: ItemArrays, statistics: Tensor, negatives: int, device: torch.device, full: bool = False
    ) -> "Tables":
        """Tables on a device. Above FULL_SOFTMAX_ITEMS items the default is to sample negatives, unless `full`."""
        count = len(catalogue.ids)
        if count > FULL_SOFTMAX_ITEMS and not negatives and not full:
            negatives = FULL_SOFTMAX_ITEMS // 10
        return Tables(item_tensors(catalogue, device), statistics.to(device), count, negatives)


def batch_losses(
    network: ChorusNetwork, batch: Batch, tables: Tables, random: torch.Generator
) -> dict[str, Tensor]:
    """The mean loss of `next` and of each head over the batch's target events, by name."""
    return _read_losses(_encode(network, batch, tables, random))


@torch.no_grad()
def measure_batch(
    network: ChorusNetwork, batch: Batch, tables: Tables, random: torch.Generator
) -> tuple[dict[str, float], float | None]:
    """The losses of a batch, and NDCG@10 of `next` (models.training.next_gain) over its target events.

    Among sampled items there is no NDCG@10, since the sample has the items of the batch.
    """
    encoded = _encode(network, batch, tables, random)
    losses = {name: float(loss) for name, loss in _read_losses(encoded).items()}
    return losses, None if tables.negatives else measure_gain(encoded.next_targets)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A batch with the output of the towers."""

    network: ChorusNetwork
    batch: Batch
    tables: Tables
    next_targets: NextTargets
    for_heads: tuple[Tensor, Tensor, Tensor] | None
    """States, events and the items that heads read; None without heads."""


def _encode(network: ChorusNetwork, batch: Batch, tables: Tables, random: torch.Generator) -> _Encoded:
    columns = _sample_items(batch, tables, random)
    catalogue = tables.catalogue if columns is None else tuple(field[columns] for field in tables.catalogue)
    vectors, bias = network.items(*catalogue)
    local = batch.items if columns is None else torch.searchsorted(columns, batch.items)
    states, events = encode_states(network, batch, vectors[local])
    taken = batch.weights > 0
    queries = states[taken] + network.users.ask(batch.context[taken])
    targets = _read_targets(network, batch, tables, columns, (queries, vectors, bias))
    if not network.heads:
        return _Encoded(network, batch, tables, targets, None)
    read = vectors[local] if network.heads_read_ids else _describe_items(network, batch, tables)
    return _Encoded(network, batch, tables, targets, (states, events, read))


def _read_losses(encoded: _Encoded) -> dict[str, Tensor]:
    losses = {NEXT: softmax_loss(encoded.next_targets)}
    if encoded.for_heads is not None:
        losses |= _task_losses(encoded.network, encoded.batch, encoded.tables, encoded.for_heads)
    return losses


def encode_states(network: ChorusNetwork, batch: Batch, items: Tensor) -> tuple[Tensor, Tensor]:
    """User states [B, L, D], where state t depends on the first t events, and event representations [B, L - 1, D]."""
    profile = network.users.profile(batch.profile_tokens, batch.profile_numeric, batch.profile_text)
    events = network.users.events(items, batch.actions, batch.dense)[:, :-1]
    return network.users(profile, events), events


def pair_next_items(
    batch: Batch, tables: Tables, states: Tensor, events: Tensor, items: Tensor
) -> ScorerInput:
    """Pairs of each state and its next item; a pair attends to the events before it only."""
    length = states.shape[1]
    position = torch.arange(length, device=states.device)
    attend = position[: length - 1][None] < position[:, None]  # [L, L - 1]: event j is before event t
    numbers = torch.nn.functional.pad(read_user_numbers(batch.dense[:, :-1]), (0, 0, 1, 0))
    last = torch.nn.functional.pad(batch.context[:, :-1], (0, 0, 1, 0))  # PAD is 0
    user = UserSide(states, events, attend.expand(len(states), -1, -1), numbers, last, batch.context)
    return build_scorer_input(user, items, tables.statistics[batch.snapshot, batch.items])


def _describe_items(network: ChorusNetwork, batch: Batch, tables: Tables) -> Tensor:
    """The items of the batch [B, L, D] without their IDs."""
    rows, place = torch.unique(batch.items, return_inverse=True)
    _, tokens, numeric, content = tables.catalogue
    return network.items.describe(tokens[rows], numeric[rows], content[rows])[place]


def _task_losses(
    network: ChorusNetwork,
    batch: Batch,
    tables: Tables,
    encoded: tuple[Tensor, Tensor, Tensor],
) -> dict[str, Tensor]:
    """The mean loss of each head over random windows with about TASK_PAIRS events in total.

    A pair costs far more in the scorer than in the tower, and few labels a step say as much.
    """
    windows, length = batch.items.shape
    count = max(TASK_PAIRS // length, 1)
    if windows > count and network.training:
        # By torch's own generator, whose seed private steps keep secret.
        rows = torch.randperm(windows)[:count].to(batch.items.device)
        states, events, items = encoded
        batch, encoded = batch.take(rows), (states[rows], events[rows], items[rows])
    logits = network.scorer(pair_next_items(batch, tables, *encoded))
    return {
        head.task.name: task_loss(
            head.task,
            logits[head.task.name].flatten(0, 1).float(),
            targets.flatten(0, 1),
            has_label.flatten(),
        )
        for head, targets, has_label in zip(network.heads, batch.targets, batch.has_label, strict=True)
    }


def _read_targets(
    network: ChorusNetwork,
    batch: Batch,
    tables: Tables,
    columns: Tensor | None,
    towers: tuple[Tensor, Tensor, Tensor],
) -> NextTargets:
    """The n taken events of the batch, to be found among the items `columns`, by their weights.

    `towers`: their states [n, D] in their context, item vectors [C, D] and biases [C].
    """
    queries, vectors, bias = towers
    taken = batch.weights > 0
    positive, weights = batch.items[taken], batch.weights[taken]
    snapshots, group = torch.unique(batch.snapshot[taken], return_inverse=True)
    if columns is None:
        popularity = network.items.popularity(tables.statistics[snapshots])  # [T', I]
    else:
        popularity = network.items.popularity(tables.statistics[snapshots[:, None], columns])  # [T', C]
        popularity = popularity - _log_expected_counts(batch.items[batch.present], columns, tables)
        positive = torch.searchsorted(columns, positive)
    seen = _read_seen(batch, columns) if tables.hides_seen else None
    return NextTargets(queries, vectors, (bias + popularity).float(), group, positive, weights, seen)


def _read_seen(batch: Batch, columns: Tensor | None) -> SeenItems:
    """The items that users had before the taken events, among the items `columns`."""
    window, position = torch.nonzero(batch.weights > 0, as_tuple=True)
    earlier = batch.had.shape[1] - batch.items.shape[1]
    had = batch.had if columns is None else find_columns(batch.had, columns)
    return SeenItems(had, window, earlier + position)


def _sample_items(batch: Batch, tables: Tables, random: torch.Generator) -> Tensor | None:
    """Rows of the step's items, ascending: the batch's items and uniform negatives; None: the whole catalogue."""
    if not tables.negatives:
        return None
    negatives = torch.randint(tables.n_items, (tables.negatives,), generator=random).to(batch.items.device)
    return torch.unique(torch.cat([negatives, batch.items[batch.present]]))


def _log_expected_counts(items: Tensor, columns: Tensor, tables: Tables) -> Tensor:
    """Log of each item's expected count in a sample, which a sampled softmax subtracts from the logits.

    Source: Bengio & Senécal 2008; Yi et al. 2019, with the item's frequency in the batch as estimate.
    """
    count = torch.bincount(items, minlength=tables.n_items)[columns]
    return torch.log(tables.negatives / tables.n_items + count)
