"""Prefixes of paths: what is one, and what could lead a page elsewhere."""

import pytest

from app.path_prefix import parse_prefix, parse_root_path


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("", ""),
        ("/", ""),
        (" /a ", "/a"),
        ("/a/", "/a"),
        ("/shop/rec-1.0_x~y", "/shop/rec-1.0_x~y"),
        ("/..a", "/..a"),
    ],
)
def test_a_prefix_is_a_path_without_a_slash_at_its_end(text: str, prefix: str) -> None:
    assert parse_prefix(text) == prefix


@pytest.mark.parametrize(
    "text",
    ["a", "//evil.example", "/a//b", "https://evil.example", "/a/../b", "/.", "/a b", "/a?b", "/a#b", "/ä",
     "/%2e%2e", "/a\"onload=", "/" + "x" * 200],
)  # fmt: skip
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a path of up to 200 characters"):
        parse_prefix(text)


def test_a_root_path_is_none_of_the_services_own() -> None:
    assert parse_root_path(None) is parse_root_path("/") is None
    assert parse_root_path("/recommend/v1") == "/recommend/v1"
    with pytest.raises(ValueError, match=r"begins with none of .*, v1"):
        parse_root_path("/v1/x")
