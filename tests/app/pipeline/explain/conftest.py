"""Fixtures of the reasons' tests."""

import pytest

from models.contract.catalogue import Item


@pytest.fixture
def catalogue(make_catalogue):
    """Rows 0-3 are the candidates, 4 and 5 history; everything was taken a little, so nothing is new."""
    titles = ["Heat", "Alien", "Big", "Clue", "Jaws", "Up"]
    made = make_catalogue([Item(str(row), {"title": title}) for row, title in enumerate(titles)], 2)
    made.statistics[:, 1] = 1
    return made
