"""The network: item tower, user tower and scorer; loading its weights and growing its tables."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from models.contract.bundle import WEIGHTS, BundleError, Manifest
from models.contract.feature_spec import FeatureSpec
from models.contract.features import ItemArrays
from models.contract.tasks import Head
from models.contract.vocabulary import OOV
from models.network.config import NetworkConfig
from models.network.scorer import LAST_LAYER, Scorer
from models.network.shape import NetworkShape, infer_shape
from models.network.towers import ItemTower, UserTower

MAPPED_BYTES = 64 << 20
"""From this size on the weights of a bundle are mapped, not copied."""


class ChorusNetwork(nn.Module):
    """Two towers that map users and items into one inner-product space, and a scorer with one head per task."""

    def __init__(self, config: NetworkConfig, shape: NetworkShape, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.config, self.heads = config, heads
        self.items = ItemTower(config, shape)
        self.users = UserTower(config, shape)
        self.scorer = Scorer(config, shape, heads)
        self.heads_read_ids = shape.heads_read_ids

    def read_for_heads(self, vectors: Tensor, ids: Tensor) -> Tensor:
        """The part [..., D] of item vectors [..., D] that the heads read, of items with these `ids` [...].

        In evaluation alone: training leaves IDs out at random, so it computes the part itself.
        """
        return vectors if self.heads_read_ids else vectors - self.items.ids.weight[ids]


def grow_network(
    network: ChorusNetwork, shape: NetworkShape, heads: tuple[Head, ...] | None = None
) -> ChorusNetwork:
    """A copy with larger embedding tables and, with `heads`, more classes.

    A new row of a table starts as the OOV row, which represented its token before; a new class as one that is as rare
    as the rarest and depends on nothing. Raises ValueError if a table would shrink or another weight would change its
    shape.
    """
    larger = ChorusNetwork(network.config, shape, network.heads if heads is None else heads)
    tables = {
        f"{name}.weight" for name, module in network.named_modules() if isinstance(module, nn.Embedding)
    }
    weights = network.state_dict()
    _grow_classes(weights, network, larger)
    for name, target in larger.state_dict().items():
        weight = weights[name]
        new_rows = len(target) - len(weight) if name in tables else 0
        if new_rows < 0 or (not new_rows and target.shape != weight.shape):
            raise ValueError(
                f"expected {name} no smaller than {tuple(weight.shape)}, given {tuple(target.shape)}"
            )
        if new_rows:
            weights[name] = torch.cat([weight, weight[OOV].expand(new_rows, -1)])
    larger.load_state_dict(weights)
    return larger.to(next(network.parameters()).device)


def _grow_classes(weights: dict[str, Tensor], network: ChorusNetwork, larger: ChorusNetwork) -> None:
    """Add rows to the last layer of each head whose classes begin with those that it had."""
    before = {head.task.name: head for head in network.heads}
    for head in larger.heads:
        old = before[head.task.name]
        new_rows = head.width - old.width
        if new_rows <= 0 or head.classes[: len(old.classes)] != old.classes or not old.classes:
            continue
        name = f"scorer.towers.{head.task.name}.{LAST_LAYER}"
        weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        weights[f"{name}.weight"] = torch.cat([weight, torch.zeros_like(weight[:1]).expand(new_rows, -1)])
        weights[f"{name}.bias"] = torch.cat([bias, bias.min().expand(new_rows)])


def item_tensors(
    arrays: ItemArrays, device: torch.device | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The item tower's arguments as tensors: ids [n], tokens [n, M], numeric [n, Q], content [n, C]."""
    fields = (arrays.ids, arrays.tokens, arrays.numeric, arrays.content)
    ids, tokens, numeric, content = (torch.from_numpy(field).to(device) for field in fields)
    return ids, tokens, numeric, content


def load_network(folder: Path, manifest: Manifest, spec: FeatureSpec) -> ChorusNetwork:
    """Load a bundle's network in evaluation mode; raises BundleError if the weights do not fit the manifest.

    Weights of MAPPED_BYTES or more, most of which are embeddings of item IDs, stay a private map of their file.
    """
    config = NetworkConfig.model_validate_json(json.dumps(manifest.network), strict=True)
    network = ChorusNetwork(config, infer_shape(spec), manifest.heads)
    try:
        large = (folder / WEIGHTS).stat().st_size >= MAPPED_BYTES
        network.load_state_dict(load_file(folder / WEIGHTS), assign=large)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BundleError(f"expected weights of the manifest's network in {folder}, given {error}") from error
    return network.eval()
