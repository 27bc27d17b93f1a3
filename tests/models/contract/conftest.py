"""A small bundle whose files are empty but two: enough for its manifest and its seal."""

import pytest

from models.contract.bundle import (
    FEATURES,
    REQUIRED,
    WEIGHTS,
    DefaultDiversity,
    Manifest,
    checksum,
    write_manifest,
)
from models.contract.calibration import Calibration
from models.contract.feature_spec import FeatureSpec
from models.contract.fusion import Fusion, Utility
from models.contract.recency import RecencyGains
from models.contract.vocabulary import Vocabulary


@pytest.fixture
def bundle_folder(tmp_path):
    """The required files, of which two have a content, and a manifest."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    for name in REQUIRED:
        (folder / name).write_bytes(b"")
    spec = FeatureSpec(timed=True, history_length=3, item_ids=Vocabulary(tokens=("a",)), actions=Vocabulary())
    (folder / FEATURES).write_text(spec.model_dump_json())
    (folder / WEIGHTS).write_bytes(bytes(range(256)))
    manifest = Manifest(
        model_version="shop-1",
        created_at="2026-01-01",
        job="shop",
        network={"dim": 16},
        heads=(),
        recency=RecencyGains(in_session=0.25, returning=1.5),
        calibrations={"next": Calibration(scale=1.25, shift=1e-05)},
        fusion=Fusion(utilities={"next": Utility(low=0, high=1)}),
        diversity=DefaultDiversity(method="mmr", strength=0.3),
        scenes={"home": {"next": 1.0}},
        features_digest=spec.digest(),
        statistics_at=0.0,
        files={name: checksum(folder / name) for name in sorted(REQUIRED)},
    )
    write_manifest(folder, manifest)
    return folder
