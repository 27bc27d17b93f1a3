"""The levels of category paths, by hand."""

import pytest

from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.features import item_text
from models.contract.hierarchy import (
    canonical_path,
    deepest_levels,
    expand_attributes,
    expand_paths,
    path_levels,
)
from models.contract.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("path", "separator", "levels"),
    [
        ("A > B > C", " > ", ("A", "A > B", "A > B > C")),
        ("A", " > ", ("A",)),
        ("A>B", " > ", ("A>B",)),
        ("A/B", "/", ("A", "A/B")),
        (" A /  B", "/", ("A", "A/B")),
        ("/A//B/", "/", ("A", "A/B")),
        ("A > A", " > ", ("A", "A > A")),
        ("", "/", ()),
        ("//", "/", ()),
    ],
)
def test_each_level_is_the_path_down_to_it(path: str, separator: str, levels: tuple[str, ...]) -> None:
    assert path_levels(path, separator) == levels
    assert canonical_path(path, separator) == (levels[-1] if levels else path)


def test_several_paths_share_their_upper_levels_and_come_back() -> None:
    paths = ("A/B", "A/C/D", "E")
    levels = expand_paths(paths, "/")
    assert levels == ("A", "A/B", "A/C", "A/C/D", "E")
    assert expand_paths(levels, "/") == levels
    assert deepest_levels(levels, "/") == paths


def test_only_the_named_fields_are_expanded() -> None:
    attributes = {"category": ("A/B",), "tags": ("x/y",), "brand": "p/q", "year": 3.0}
    assert expand_attributes(attributes, {"category": "/", "absent": "/", "brand": "/"}) == {
        **attributes,
        "category": ("A", "A/B"),
    }


def specification(**field: str) -> FeatureSpec:
    return FeatureSpec(
        timed=True,
        history_length=10,
        item_ids=Vocabulary(),
        actions=Vocabulary(),
        item_fields=(FieldSpec(name="category", kind=FieldKind.CATEGORIES, **field),),
    )


def test_a_specification_without_paths_is_written_as_before() -> None:
    assert "hierarchy" not in specification().model_dump_json()
    assert specification().hierarchies == {}
    paths = specification(hierarchy="/")
    assert FeatureSpec.model_validate_json(paths.model_dump_json()) == paths
    assert paths.hierarchies == {"category": "/"}
    assert paths.digest() != specification().digest()


def test_the_text_of_an_item_has_each_path_once() -> None:
    item = Item("1", {"category": ("A", "A/B", "A/B/C", "D")})
    assert item_text(specification(hierarchy="/"), item) == "A/B/C, D"
    assert item_text(specification(), item) == "A, A/B, A/B/C, D"
