"""Which known names resemble an unknown one."""

import pytest

from models.contract.nearest import MOST_COMPARED, MOST_NAMES, find_nearest, suggest

GENRES = ("Sci-Fi", "Drama", "Horror", "Humor", "Children's")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Sci-fi", ("Sci-Fi",)),
        ("scifi", ("Sci-Fi",)),
        ("DRAMA ", ("Drama",)),
        ("Horor", ("Horror",)),
        ("Childrens", ("Children's",)),
        ("Western", ()),
        ("", ()),
        ("!!", ()),
    ],
)
def test_another_spelling_comes_alone_and_a_typing_error_finds_the_nearest(
    name: str, nearest: tuple[str, ...]
) -> None:
    assert find_nearest(name, GENRES) == nearest


def test_among_many_names_only_another_spelling_is_found_and_among_too_many_none() -> None:
    many = [f"name{number}" for number in range(MOST_COMPARED)]
    assert find_nearest("Horor", ["Horror", *many]) == ()
    assert find_nearest("HORROR", ["Horror", *many]) == ("Horror",)
    assert find_nearest("HORROR", ["Horror", *map(str, range(MOST_NAMES))]) == ()


def test_a_suggestion_ends_a_message_and_is_short() -> None:
    assert suggest("genre", ["genres", "year"]) == "; did you mean 'genres'?"
    assert suggest("colour", ["genres", "year"]) == ""
    assert len(suggest("x" * 512, ["x" * 511])) < 110
