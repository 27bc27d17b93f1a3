"""The name of a bundle to load."""

import pytest

from app.api.schemas.model import ReloadRequest
from tests.app.api.schemas.refusals import refusal


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\\u0000", "a\\n", "/etc", "x" * 129])
def test_a_bundles_name_is_never_a_path(name: str) -> None:
    assert refusal(ReloadRequest, f'{{"bundle": "{name}"}}').field == "bundle"
