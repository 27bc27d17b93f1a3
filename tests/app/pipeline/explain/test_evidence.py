"""What reasons are drawn from."""

import pytest

from app.pipeline.explain.evidence import title_of
from models.contract.catalogue import Item


@pytest.mark.parametrize(
    ("attributes", "title"),
    [
        ({"title": "Heat", "name": "x"}, "Heat"),
        ({"name": "Heat\n(1995)"}, "Heat (1995)"),
        ({"title": " ", "name": "Heat"}, "Heat"),
        ({"year": 1995.0}, "7"),
        ({"title": "x" * 100}, "x" * 79 + "…"),
    ],
)
def test_titles(attributes, title):
    assert title_of(Item("7", attributes), ("name",)) == title
