"""The golden requests of a bundle: the service answers them, and notices when anything that counts was changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.bundle.bundle import encode_rows
from app.bundle.loading import load_bundle
from app.golden import check_users, replay
from models.contract import calendar, event_features, features, user_vector
from models.contract.bundle import (
    FEATURES,
    GOLDEN,
    ITEM_STATISTICS,
    ITEMS,
    USER_VECTORS,
    WEIGHTS,
    BundleError,
    checksum,
    read_manifest,
)
from models.contract.events import Action
from models.contract.feature_spec import FeatureSpec
from models.contract.records import GoldenRequests, read_items
from models.export.golden import ITEMS as GOLDEN_ITEMS
from models.export.golden import LOG_REQUESTS, TOLERANCE
from models.language import text_preference
from tests.sealed_manifests import write_sealed

OFF = "expected the offline logits of"


@pytest.fixture(scope="module")
def learnt_bundle(trained) -> Path:
    """A bundle with a language model."""
    return trained


@pytest.fixture
def bundle(shop_bundle, tmp_path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(shop_bundle, tmp_path / "bundle"))


def resign(folder: Path, **changes) -> None:
    """Make the manifest agree with its files: whoever changes them may well do so."""
    manifest = read_manifest(folder)
    files = {name: checksum(folder / name) for name in manifest.files}
    raw = manifest.model_dump(mode="json") | {"files": files} | changes
    write_sealed(folder, raw)


def test_they_pass(shop_bundle):
    golden = GoldenRequests.model_validate_json((shop_bundle / GOLDEN).read_bytes())
    assert replay(load_bundle(shop_bundle, 50)) == len(golden.requests) > LOG_REQUESTS


def test_there_is_one_of_everything_that_a_request_may_have(shop_bundle, learnt_bundle):
    for folder, words, contexts in ((shop_bundle, False, True), (learnt_bundle, True, False)):
        golden = GoldenRequests.model_validate_json((folder / GOLDEN).read_bytes())
        actions = {event.action for request in golden.requests for event in request.events}
        assert {action.value for action in Action} <= actions
        assert any(not request.events and request.profile is None for request in golden.requests)
        assert any(
            not request.events and request.profile and request.profile.attributes
            for request in golden.requests
        )
        assert any(request.query for request in golden.requests) is words
        assert any(request.profile and request.profile.interests for request in golden.requests) is words
        assert any(request.context for request in golden.requests) is contexts
        parts = {calendar.daypart(request.now) for request in golden.requests}
        assert parts == set(calendar.DAYPARTS)
        replay(load_bundle(folder, 50))


@pytest.mark.parametrize(
    ("module", "constant", "value", "request_name"),
    [
        (user_vector, "DISLIKE_PUSH", 2.0, "the action 'dislike'"),
        (user_vector, "SKIP_PUSH", 2.0, "the action 'skip'"),
        (text_preference, "QUERY_GAIN", 1.0, "words"),
        (text_preference, "INTERESTS_GAIN", 2.0, "a profile with stated interests"),
        (text_preference, "WORDS_SHARE", 0.5, "a profile with stated interests"),
    ],
)
def test_whatever_moves_a_score_is_noticed_when_it_changes(
    learnt_bundle, monkeypatch, module, constant, value, request_name
):
    loaded = load_bundle(learnt_bundle, 50)
    monkeypatch.setattr(module, constant, value)
    with pytest.raises(BundleError, match=OFF) as caught:
        replay(loaded)
    assert f"({request_name})" in str(caught.value)


def test_a_changed_user_vector_is_noticed(bundle):
    vectors = np.load(bundle / USER_VECTORS)
    np.save(bundle / USER_VECTORS, vectors + np.float32(0.1))
    resign(bundle)
    with pytest.raises(BundleError, match="expected the offline vector of user 0"):
        check_users(load_bundle(bundle, 50))
    np.save(bundle / USER_VECTORS, vectors[:-1])
    resign(bundle)
    with pytest.raises(BundleError, match=f"expected {USER_VECTORS} of"):
        check_users(load_bundle(bundle, 50))


def test_they_are_of_short_and_long_histories_and_all_heads(shop_bundle):
    golden = GoldenRequests.model_validate_json((shop_bundle / GOLDEN).read_bytes())
    assert golden.tolerance == TOLERANCE
    assert len({len(request.events) for request in golden.requests[:LOG_REQUESTS]}) > 3
    for request in golden.requests:
        assert set(request.logits) == {"next", "like", "rating", "genre", "device"}
        assert len(set(request.item_ids)) == GOLDEN_ITEMS
        assert all(event.timestamp <= request.now for event in request.events)
        assert len(request.logits["genre"][0]) == 3
    assert any(request.context for request in golden.requests)
    assert any(request.profile and request.profile.attributes for request in golden.requests)


@pytest.mark.parametrize("layer", ["users.after.weight", "users.actions.weight", "scorer.towers.like.2.bias"])
def test_a_changed_weight_is_noticed(bundle, layer):
    weights = load_file(bundle / WEIGHTS)
    weights[layer] += 0.1 * torch.randn(weights[layer].shape, generator=torch.Generator().manual_seed(0))
    save_file(weights, bundle / WEIGHTS)
    with pytest.raises(BundleError, match=f"expected {WEIGHTS} with checksum"):
        load_bundle(bundle, 50)
    resign(bundle)
    with pytest.raises(BundleError, match=OFF):
        replay(load_bundle(bundle, 50))


def test_a_changed_statistic_of_a_feature_is_noticed(bundle):
    spec = FeatureSpec.model_validate_json((bundle / FEATURES).read_bytes())
    changed = spec.model_copy(update={"value_mean": spec.value_mean + 0.5})
    (bundle / FEATURES).write_text(changed.model_dump_json())
    resign(bundle)
    with pytest.raises(BundleError, match="expected features"):
        load_bundle(bundle, 50)
    resign(bundle, features_digest=changed.digest())
    with pytest.raises(BundleError, match=OFF):
        replay(load_bundle(bundle, 50))


def test_changed_item_statistics_are_noticed(bundle):
    statistics = np.load(bundle / ITEM_STATISTICS)
    np.save(bundle / ITEM_STATISTICS, statistics + 1)
    resign(bundle)
    with pytest.raises(BundleError, match=OFF):
        replay(load_bundle(bundle, 50))


@pytest.mark.parametrize(
    ("module", "constant", "value"),
    [
        (features, "CLIP", 0.3),
        (event_features, "WINDOW", 2),
        (event_features, "CLIP", 0.3),
        (calendar, "DAY", 3600.0),
    ],
)
def test_changed_feature_code_is_noticed(shop_bundle, monkeypatch, module, constant, value):
    loaded = load_bundle(shop_bundle, 50)
    monkeypatch.setattr(module, constant, value)
    with pytest.raises(BundleError, match=OFF):
        replay(loaded)


def test_a_missing_item_is_noticed(bundle):
    golden = GoldenRequests.model_validate_json((bundle / GOLDEN).read_bytes())
    renamed = (bundle / ITEMS).read_text().replace(f'"{golden.requests[0].item_ids[0]}"', '"another"')
    (bundle / ITEMS).write_text(renamed)
    resign(bundle)
    with pytest.raises(BundleError, match="in the catalogue, given some missing"):
        replay(load_bundle(bundle, 50))


def test_no_golden_requests(bundle):
    (bundle / GOLDEN).write_text("{}")
    resign(bundle)
    with pytest.raises(BundleError, match="expected golden requests at"):
        replay(load_bundle(bundle, 50))


def test_an_item_put_again_stays_where_it_is(shop_bundle):
    """The service's own item tower against the bundle's item table, which golden requests take as it stands."""
    loaded = load_bundle(shop_bundle, 50)
    statistics = np.load(shop_bundle / ITEM_STATISTICS)
    for row in range(0, 100, 7):
        item = read_items(shop_bundle / ITEMS)[row]
        text = np.zeros((1, loaded.spec.text_size), dtype=np.float32)
        (again,) = encode_rows(loaded.predictor, loaded.spec, [item], text, statistics[[row]])
        np.testing.assert_allclose(again.vector, loaded.catalogue.vectors[row], rtol=1e-4, atol=1e-5)
