"""Items and profiles, there and back, and damaged."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state.protocol import ChangeKind, ItemChange, ItemPatch
from app.state.redis.codec import CorruptValueError
from app.state.redis.documents import TOMBSTONE, pack_item, pack_profile, unpack_item, unpack_profile
from models.contract.catalogue import Item, User

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
attributes = st.dictionaries(texts, texts | finite | st.lists(texts, max_size=3).map(tuple), max_size=4)
vectors = st.dictionaries(texts, st.lists(finite, max_size=4).map(tuple), max_size=2)


@given(st.builds(Item, texts, attributes, vectors, st.booleans()))
def test_items_come_back(item: Item) -> None:
    assert unpack_item(item.item_id, pack_item(item)) == ItemChange(item.item_id, item)
    assert unpack_item(item.item_id, pack_item(item, 1.5)).changed_at == 1.5


@given(
    st.builds(
        ItemPatch,
        texts,
        st.dictionaries(texts, st.none() | texts | finite, max_size=4),
        st.dictionaries(texts, st.none() | st.just((1.0,)), max_size=2),
        st.none() | st.booleans(),
    )
)
def test_patches_come_back(patch: ItemPatch) -> None:
    change = unpack_item(patch.item_id, pack_item(patch, 2.5))
    assert change == ItemChange(patch.item_id, patch, 2.5) and change.kind is ChangeKind.PATCH


def test_an_item_of_an_earlier_version_is_read() -> None:
    stored = b'{"attributes":{"year":1990.0,"genres":["x"]},"vectors":{},"available":false}'
    assert unpack_item("1", stored).content == Item("1", {"year": 1990.0, "genres": ("x",)}, available=False)


@given(st.builds(User, texts, attributes, texts))
def test_profiles_come_back(user: User) -> None:
    assert unpack_profile(user.user_id, pack_profile(user)) == user


def test_a_tombstone_is_no_item() -> None:
    assert unpack_item("1", TOMBSTONE).kind is ChangeKind.DELETION


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        pack_item(Item("1", vectors={"image": (1.0, number)}))
    with pytest.raises(ValueError, match="finite"):
        pack_profile(User("1", attributes={"age": number}))


@pytest.mark.parametrize("stored", [b"", b"\xff", b"[]", b'{"attributes": 1}', b'{"price": 1}'])
def test_damage_is_found(stored: bytes) -> None:
    with pytest.raises(CorruptValueError):
        unpack_item("1", stored)
    with pytest.raises(CorruptValueError):
        unpack_profile("1", stored)
