"""What identifies a training run."""

from importlib import metadata

import pytest

from models.recipe.fingerprint import identify_run
from models.training import checkpoint


def test_a_checkpoint_is_of_one_job_data_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identify_run(b"name: a", "data")
    assert identify_run(b"name: a", "data") == before
    assert identify_run(b"name: a", "other") != before
    assert identify_run(b"name: b", "data") != before
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "SCHEMA", checkpoint.SCHEMA + 1)
        assert identify_run(b"name: a", "data") != before
    monkeypatch.setattr(metadata, "version", lambda _name: "99.0")
    assert identify_run(b"name: a", "data") != before
