"""The network in private training: its item tower stays public, and weights without a gradient keep no noise."""

from collections.abc import Iterator

import torch
from torch import Tensor

from models.contract.vocabulary import OOV
from models.network.model import ChorusNetwork


@torch.no_grad()
def prepare_network(network: ChorusNetwork, user_text: bool) -> None:
    """Freeze the item tower, which then represents items by their labels and texts alone, in a random projection.

    The user tower and the scorer are trained. Without `user_text` the projection of users' texts is frozen too.
    """
    network.items.requires_grad_(False)
    network.items.ids.weight.zero_()
    network.users.text.requires_grad_(user_text)
    clear_unread_weights(network)


@torch.no_grad()
def clear_unread_weights(network: ChorusNetwork) -> None:
    """Set to 0 the weights that only noise would move, since serving may read them where training did not."""
    for weights in _list_unread_weights(network):
        weights.zero_()


def _list_unread_weights(network: ChorusNetwork) -> Iterator[Tensor]:
    """Yield views of the rows of padding and unknown tokens, and of the columns of the item statistics."""
    users = network.users
    for table in (users.actions, users.tokens, users.asked, network.scorer.last, network.scorer.context):
        yield table.weight[: OOV + 1]
    yield from network.scorer.statistics_weights()
