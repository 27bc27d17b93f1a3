"""The bare matrix products of a bundle's scorer, at the sizes of one user's pairs: the limit of batch scoring.

    python -m benchmarks.serving.products BUNDLE [--pairs N] [--seconds S]

Prints the pairs a second of one thread. The products are those of the fused form, which has the fewest.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.contract.bundle import HISTORIES, read_features, read_manifest
from models.contract.histories import read_histories
from models.network.fused_scorer import FusedScorer
from models.network.model import load_network
from models.network.scorer import Scorer

Product = tuple[Tensor, Tensor]


def list_products(scorer: Scorer, events: int, pairs: int) -> list[Product]:
    """The factors of each product for `pairs` items of a user with `events` events: random numbers."""
    fused, dim = FusedScorer(scorer), scorer.dim
    weights = fused.read_weights(frozenset(scorer.pair_heads)).experts
    if weights is None:
        raise ValueError("expected a bundle with heads that score pairs, given one without")
    inner, columns = weights.items.shape
    sizes = [(pairs, dim, events), (pairs, events, dim), (pairs, inner, columns)]
    experts, width, _ = weights.second.shape
    sizes += [(pairs, width, width)] * experts
    for name in scorer.pair_heads:
        sizes += [(pairs, *shape) for shape in _tower_sizes(scorer.towers[name], width)]
    return [(torch.rand(rows, inner), torch.rand(inner, columns)) for rows, inner, columns in sizes]


def _tower_sizes(tower: nn.Module, width: int) -> Iterator[tuple[int, int]]:
    """Inner and outer size of a tower's products; the columns of the context fold into a constant."""
    for layer in tower.modules():
        if isinstance(layer, nn.Linear):
            yield min(layer.in_features, width), layer.out_features


@torch.inference_mode()
def measure_rate(products: list[Product], pairs: int, seconds: float) -> float:
    """Pairs a second."""
    outputs = [left @ right for left, right in products]
    rounds, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for (left, right), output in zip(products, outputs, strict=True):
            torch.mm(left, right, out=output)
        rounds += 1
    return rounds * pairs / took


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    manifest = read_manifest(options.bundle)
    network = load_network(options.bundle, manifest, read_features(options.bundle, manifest))
    lengths = np.diff(read_histories(options.bundle / HISTORIES).offsets)
    events = int(min(max(np.median(lengths), 1), network.config.history_length))
    products = list_products(network.scorer, events, options.pairs)
    print(json.dumps({"pairs_per_s": measure_rate(products, options.pairs, options.seconds)}))


if __name__ == "__main__":
    main()
