"""Requests in plain words, taken apart."""

import pytest

from models.language.negation import matches_title, split_wording


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("light-hearted science fiction, nothing scary", "light-hearted science fiction", "scary"),
        ("not horror", "", "horror"),
        ("comedy without violence", "comedy", "violence"),
        ("a comedy but not too romantic", "a comedy", "romantic"),
        ("space, no aliens!", "space", "aliens"),
        ("no horror and no war", "", "horror, war"),
        ("I don’t want anything scary", "", "scary"),
        ("war films that are not American", "war films", "American"),
        ("nothing scary and something funny", "something funny", "scary"),
        ("no horror and lots of comedy", "lots of comedy", "horror"),
        ("without horror with comedy", "comedy", "horror"),
        ("films without war and politics", "films", "war and politics"),
        ("que no sea de terror", "", "terror"),
        ("Science-Fiction, aber nichts Gruseliges", "Science-Fiction", "Gruseliges"),
        ("comédie sans violence", "comédie", "violence"),
        ("una comedia sin violencia", "una comedia", "violencia"),
        ("komedie zonder geweld", "komedie", "geweld"),
        ("комедия без насилия", "комедия", "насилия"),
    ],
)
def test_what_follows_a_negation_is_not_wanted(text: str, wanted: str, unwanted: str) -> None:
    assert split_wording(text) == (wanted, unwanted)


@pytest.mark.parametrize(
    "text",
    ["", "robots", "Dr. No", "not", "nothing, nothing", "non-fiction", "no-nonsense cooking", "a knot; noon"],
)
def test_a_text_that_turns_nothing_down_stays_as_it_is(text: str) -> None:
    assert split_wording(text) == (text, "")


def test_a_title_may_begin_with_a_no() -> None:
    titles = ["Fargo", "No Country for Old Men (2007)", "Shining, The"]
    assert matches_title("no country for old men", titles)
    assert matches_title("The Shining", titles)
    assert not matches_title("not horror", titles)
    assert not matches_title("no men", titles)  # two words of a long title are not its name
