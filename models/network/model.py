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
from models.network.scorer import Scorer
from models.network.shape import NetworkShape, infer_shape
from models.network.towers import ItemTower, UserTower


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
        return vectors if self.heads_read_ids else vectors - self.items.ids(ids)


def grow_network(network: ChorusNetwork, shape: NetworkShape) -> ChorusNetwork:
    """A copy with larger embedding tables. A new row starts as the OOV row, which represented its token before.

    Raises ValueError if a table would shrink or another weight would change its shape.
    """
    larger = ChorusNetwork(network.config, shape, network.heads)
    tables = {
        f"{name}.weight" for name, module in network.named_modules() if isinstance(module, nn.Embedding)
    }
    weights = network.state_dict()
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


def item_tensors(
    arrays: ItemArrays, device: torch.device | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The item tower's arguments as tensors: ids [n], tokens [n, M], numeric [n, Q], content [n, C]."""
    fields = (arrays.ids, arrays.tokens, arrays.numeric, arrays.content)
    ids, tokens, numeric, content = (torch.from_numpy(field).to(device) for field in fields)
    return ids, tokens, numeric, content


def load_network(folder: Path, manifest: Manifest, spec: FeatureSpec) -> ChorusNetwork:
    """Load a bundle's network in evaluation mode; raises BundleError if the weights do not fit the manifest."""
    config = NetworkConfig.model_validate_json(json.dumps(manifest.network), strict=True)
    network = ChorusNetwork(config, infer_shape(spec), manifest.heads)
    try:
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BundleError(f"expected weights of the manifest's network in {folder}, given {error}") from error
    return network.eval()
