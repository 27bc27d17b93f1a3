"""The field of titles."""

import pytest

from models.contract.title_field import choose_title_field


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [
        (["plot", "item_title", "name"], "name"),
        (["plot", "item_title"], "item_title"),
        (["plot", "notes"], "plot"),
        (["plot", "description"], "plot"),
        (["description"], None),
        ([], None),
    ],
)
def test_the_title_is_named_or_first_and_never_the_description(fields: list[str], chosen: str | None) -> None:
    assert choose_title_field(fields) == chosen
