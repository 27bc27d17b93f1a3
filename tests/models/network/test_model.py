"""The network as it is kept in a bundle."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from models.contract.action_rates import TAKEN
from models.contract.bundle import WEIGHTS, BundleError, read_features, read_manifest
from models.contract.vocabulary import OOV
from models.network import model
from models.network.model import grow_network, item_tensors, load_network
from models.network.shape import infer_shape


def test_the_bundles_network_is_the_saved_one(shop_bundle, tmp_path):
    manifest = read_manifest(shop_bundle)
    spec = read_features(shop_bundle, manifest)
    network = load_network(shop_bundle, manifest, spec)
    assert not network.training
    save_file(network.state_dict(), tmp_path / WEIGHTS)
    again = load_network(tmp_path, manifest, spec)
    for name, value in network.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])


@torch.no_grad()
def test_large_weights_are_mapped_and_never_written_to(shop_bundle, tmp_path, monkeypatch):
    manifest = read_manifest(shop_bundle)
    spec = read_features(shop_bundle, manifest)
    expected = load_network(shop_bundle, manifest, spec).state_dict()
    content = (shop_bundle / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content)
    monkeypatch.setattr(model, "MAPPED_BYTES", 1)
    mapped = load_network(tmp_path, manifest, spec)
    for name, value in mapped.state_dict().items():
        assert torch.equal(value, expected[name])
    mapped.items.ids.weight.fill_(7)
    assert (tmp_path / WEIGHTS).read_bytes() == content


def test_weights_that_do_not_fit(shop_bundle, tmp_path):
    manifest = read_manifest(shop_bundle)
    spec = read_features(shop_bundle, manifest)
    with pytest.raises(BundleError, match="expected weights of the manifest's network"):
        load_network(tmp_path, manifest, spec)
    wider = manifest.model_copy(update={"network": {**manifest.network, "dim": 32}})
    with pytest.raises(BundleError, match="size mismatch"):
        load_network(shop_bundle, wider, spec)
    (tmp_path / WEIGHTS).write_bytes((shop_bundle / WEIGHTS).read_bytes()[:1000])
    with pytest.raises(BundleError, match="expected weights of the manifest's network"):
        load_network(tmp_path, manifest, spec)


@torch.no_grad()
def test_the_shape_is_the_data_s(shop_data, make_network):
    corpus = shop_data.corpus
    shape = infer_shape(corpus.spec)
    assert (shape.item_numeric, shape.content, shape.user_numeric, shape.user_text) == (2, 3, 2, 0)
    vectors, bias = make_network().eval().items(*item_tensors(corpus.catalogue))
    assert (vectors.shape, bias.shape) == ((100, 16), (100,))


@torch.no_grad()
def test_a_grown_network_answers_as_before_and_takes_the_new_as_unknown(shop_data, make_network):
    network, shape = make_network().eval(), infer_shape(shop_data.corpus.spec)
    network.items.id_bias.weight.normal_()
    larger = grow_network(
        network, replace(shape, item_ids=shape.item_ids + 3, item_tokens=shape.item_tokens + 1)
    ).eval()
    given = item_tensors(shop_data.corpus.catalogue)
    for mine, its in zip(network.items(*given), larger.items(*given), strict=True):
        assert torch.equal(mine, its)
    assert torch.equal(larger.items.ids.weight[-3:], network.items.ids.weight[[OOV] * 3])
    assert torch.equal(larger.items.id_bias.weight[-3:], network.items.id_bias.weight[[OOV] * 3])
    assert torch.equal(larger.items.tokens.weight[-1], network.items.tokens.weight[OOV])
    assert len(network.items.ids.weight) == shape.item_ids


@pytest.mark.parametrize("change", [{"item_ids": 3}, {"content": 99}])
def test_a_network_grows_in_its_tables_only(shop_data, make_network, change):
    with pytest.raises(ValueError, match="no smaller than"):
        grow_network(make_network(), replace(infer_shape(shop_data.corpus.spec), **change))


@torch.no_grad()
def test_heads_without_ids_read_what_attributes_and_content_give(shop_data, make_network):
    """Training computes the part, evaluation and the service subtract the ID."""
    network = make_network().eval()
    network.items.ids.weight.normal_()
    ids, *described = item_tensors(shop_data.corpus.catalogue)
    vectors, _ = network.items(ids, *described)
    assert network.heads_read_ids and network.read_for_heads(vectors, ids) is vectors
    network.heads_read_ids = False
    torch.testing.assert_close(
        network.read_for_heads(vectors, ids), network.items.describe(*described), atol=1e-5, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("changes", "reads"),
    [
        ({}, True),
        ({"action_rates": {TAKEN: 0.4}}, False),
        ({"action_rates": {TAKEN: 0.4}, "timed": False}, True),  # no rates of items
        ({"action_rates": {TAKEN: 0.4}, "item_fields": ()}, True),  # nothing would be left of an item
    ],
)
def test_rates_and_attributes_stand_for_ids(shop_data, changes, reads):
    spec = shop_data.corpus.spec.model_copy(update=changes)
    assert infer_shape(spec).heads_read_ids is reads
