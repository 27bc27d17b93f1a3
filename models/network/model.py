"""The whole network: two towers and the scorer. Flat arguments; no optimiser inside."""

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
from models.network.shape import NetworkShape, shape_of
from models.network.towers import ItemTower, UserTower


class ChorusNetwork(nn.Module):
    """Towers that place users and items in one inner-product space, and a scorer with one head a task."""

    def __init__(self, config: NetworkConfig, shape: NetworkShape, heads: tuple[Head, ...]) -> None:
        super().__init__()
        self.config, self.heads = config, heads
        self.items = ItemTower(config, shape)
        self.users = UserTower(config, shape)
        self.scorer = Scorer(config, shape, heads)


def grown(network: ChorusNetwork, shape: NetworkShape) -> ChorusNetwork:
    """A copy with larger embedding tables; a new row starts as the OOV row, which stood for its token so far.

    Raises ValueError where a table would shrink or anything else would change its size.
    """
    larger = ChorusNetwork(network.config, shape, network.heads)
    tables = {
        f"{name}.weight" for name, module in network.named_modules() if isinstance(module, nn.Embedding)
    }
    weights = network.state_dict()
    for name, empty in larger.state_dict().items():
        old = weights[name]
        more = len(empty) - len(old) if name in tables else 0
        if more < 0 or (not more and empty.shape != old.shape):
            raise ValueError(
                f"expected {name} no smaller than {tuple(old.shape)}, given {tuple(empty.shape)}"
            )
        if more:
            weights[name] = torch.cat([old, old[OOV].expand(more, -1)])
    larger.load_state_dict(weights)
    return larger.to(next(network.parameters()).device)


def item_tensors(
    arrays: ItemArrays, device: torch.device | None = None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The item tower's arguments."""
    fields = (arrays.ids, arrays.tokens, arrays.numeric, arrays.content)
    ids, tokens, numeric, content = (torch.from_numpy(field).to(device) for field in fields)
    return ids, tokens, numeric, content


def load_network(folder: Path, manifest: Manifest, spec: FeatureSpec) -> ChorusNetwork:
    """The network of a bundle, ready to predict; raises BundleError where the weights do not fit the manifest."""
    config = NetworkConfig.model_validate(manifest.network)
    network = ChorusNetwork(config, shape_of(spec), manifest.heads)
    try:
        network.load_state_dict(load_file(folder / WEIGHTS))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BundleError(f"expected weights of the manifest's network in {folder}, given {error}") from error
    return network.eval()
