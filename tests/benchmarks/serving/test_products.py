from pathlib import Path

from benchmarks.serving.products import list_products, measure_rate
from models.contract.bundle import read_features, read_manifest
from models.network.model import load_network


def test_the_products_have_the_sizes_of_the_scorer(trained: Path) -> None:
    manifest = read_manifest(trained)
    network = load_network(trained, manifest, read_features(trained, manifest))
    products = list_products(network.scorer, events=7, pairs=30)
    sizes = [(*left.shape, right.shape[1]) for left, right in products]
    # D 16: attention over 7 events; its own columns, those of the history and 3 or more statistics.
    assert sizes[:2] == [(30, 16, 7), (30, 7, 16)]
    # 3 shared experts and one for each of like, rating and genre, all of width 16, and 3 gates of 6 logits.
    assert sizes[2] == (30, 2 * 16 + 3 + network.scorer.rates, 6 * 16 + 3 * 6)
    assert sizes[3:9] == [(30, 16, 16)] * 6
    assert sizes[9:11] == [(30, 16, 8), (30, 8, 1)]
    assert measure_rate(products, pairs=30, seconds=0.01) > 0
