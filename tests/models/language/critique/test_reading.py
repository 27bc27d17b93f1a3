"""Critiques in five languages: what they praise, refuse and ask for, over a list of five films and a catalogue."""

import pytest

from models.language.critique.reading import Critique, read_critique
from models.language.critique.wish import Relation
from models.language.titles import TitleIndex

SHOWN = [
    (0, "Blade Runner (1982)"),
    (1, "Terminator 2: Judgment Day (1991)"),
    (2, "Inception (2010)"),
    (3, "Matrix, The (1999)"),
    (4, "Great Escape, The (1963)"),
]
OTHERS = [
    (10, "Star Wars (1977)"),
    (11, "Alien (1979)"),
    (12, "Heat (1995)"),
    (13, "Good, The Bad and The Ugly, The (1966)"),
    (14, "Big (1988)"),
    (15, "Last Man Standing (1996)"),
    (16, "英雄"),
]
CATALOGUE = TitleIndex.of([*SHOWN, *OTHERS])


def read(text: str) -> Critique:
    return read_critique(text, SHOWN, CATALOGUE)


OPINIONS: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = [
    ("The first two are great, no Inception, more like that.", (0, 1), (2,)),
    ("the first and the third are great but the last one is boring", (0, 2), (4,)),
    ("The first is good and the third is bad", (0,), (2,)),
    ("I love Blade Runner and The Matrix, hate Terminator", (0, 3), (1,)),
    ("I like the 1st, the second and the 3rd; the rest is dull", (0, 1, 2), (3, 4)),
    ("loved number 2 and #4, the others are awful", (1, 3), (0, 2, 4)),
    ("all of them are bad except the second", (1,), (0, 2, 3, 4)),
    ("Except the third, all are great", (0, 1, 3, 4), (2,)),
    ("I liked all but the third", (0, 1, 3, 4), (2,)),
    ("none of them", (), (0, 1, 2, 3, 4)),
    ("drop the last two, keep the rest", (0, 1, 2), (3, 4)),
    ("not bad, the first one", (0,), ()),
    ("The Great Escape was too long", (), (4,)),
    ("not the third", (), (2,)),
    ("the tenth is great", (), ()),
    ("I did not like Star Wars", (), (10,)),
    ("I don't like Alien, but Heat is a masterpiece", (12,), (11,)),
    ("The Good, the Bad and the Ugly is wonderful", (13,), ()),
    ("die ersten beiden sind super, den dritten mag ich nicht", (0, 1), (2,)),
    ("Der letzte war langweilig, die anderen sind toll", (0, 1, 2, 3), (4,)),
    ("alle außer dem zweiten gefallen mir", (0, 2, 3, 4), (1,)),
    ("los dos primeros me encantan, el tercero no me gusta", (0, 1), (2,)),
    ("el último es aburrido y el primero es genial", (0,), (4,)),
    ("les deux premiers sont géniaux, je n'aime pas le dernier", (0, 1), (4,)),
    ("la troisième est nulle, les autres sont bien", (0, 1, 3, 4), (2,)),
    ("前两个很棒，不要第三个，多来点类似的", (0, 1), (2,)),
    ("前两部我喜欢，第三部太无聊了", (0, 1), (2,)),
    ("前两个很好第三个不好", (0, 1), (2,)),
    ("我不喜欢第一部，喜欢最后两部", (3, 4), (0,)),
    ("除了第三个都很好", (0, 1, 3, 4), (2,)),
    ("没有一个喜欢", (), (0, 1, 2, 3, 4)),
    ("第2个不错，其他的都不要", (1,), (0, 2, 3, 4)),
    ("我爱Blade Runner，讨厌Inception", (0,), (2,)),
    ("我不喜欢英雄", (), (16,)),
    ("Numbers 1 and 3 please, not 2", (0, 2), (1,)),
    ("1 and 2 are good", (0, 1), ()),
    ("yes to the first, no to the second", (0,), (1,)),
    ("Blade Runner, yes! Inception, no.", (0,), (2,)),
    ("second and third: great; fourth: awful", (1, 2), (3,)),
    ("Less Inception, more Alien", (11,), (2,)),
    ("I don't like any of them", (), (0, 1, 2, 3, 4)),
    ("I've already seen the first one", (), ()),
    ("The Matrix was meh", (), ()),
    ("J'adore le premier mais pas le deuxième", (0,), (1,)),
    ("前两个可以，第三个不行", (0, 1), (2,)),
    ("前三个都看过了", (), ()),
    ("the first one, not the second", (0,), (1,)),
    ("the first but not the second", (0,), (1,)),
    ("the first and not the second", (0,), (1,)),
    ("the first not the second", (0,), (1,)),
    ("第一部，不要第二部", (0,), (1,)),
    ("第一部不要第二部", (0,), (1,)),
    ("第一部，第二部不要", (), (0, 1)),
    ("Der erste, nicht der zweite", (0,), (1,)),
    ("el primero, no el segundo", (0,), (1,)),
    ("le premier, pas le deuxième", (0,), (1,)),
    ("the first, second and third but not the fourth", (0, 1, 2), (3,)),
    ("not the first but the second", (1,), (0,)),
    ("nicht der erste, sondern der zweite", (1,), (0,)),
    ("不是第一个，而是第二个", (1,), (0,)),
    ("not the first, not the second", (), (0, 1)),
    ("not the first, the second", (), (0,)),
    ("not the first, second or third", (), (0, 1, 2)),
    ("no, the first", (), ()),
    ("the first one and no more like the second", (), (1,)),
    ("the first, the second and the third are boring", (), (0, 1, 2)),
    ("I hate the first, not the second", (), (0,)),
    ("not the first two, but the third is okay", (2,), (0, 1)),
    ("not the first two, but the third is tolerable", (), (0, 1)),
    ("none but the first", (0,), (1, 2, 3, 4)),
    ("I want the third one, not the first", (2,), (0,)),
    ("number 0 is great", (), ()),
    ("Nummer 0 ist toll", (), ()),
    ("第0部很好", (), ()),
    ("numbers 0 and 2 are great", (1,), ()),
    ("第一部特别好看", (0,), ()),
    ("第一个比第二个好", (0,), ()),
    ("I prefer the second one", (1,), ()),
    ("I prefer the second to the first", (1,), ()),
    ("I would rather have the second", (1,), ()),
    ("Lieber den zweiten", (1,), ()),
    ("prefiero el segundo", (1,), ()),
    ("je préfère le deuxième", (1,), ()),
    ("drop number two", (), (1,)),
    ("Nummer zwei ist langweilig", (), (1,)),
    ("swap the first for something else", (), (0,)),
    ("Inception bored me", (), (2,)),
    ("1 and 3 yes, 2 no", (0, 2), (1,)),
    ("1 und 3 ja, 2 nein", (0, 2), (1,)),
    ("items 1 and 2 are great", (0, 1), ()),
    ("the first is not as good as the second", (), (0,)),
    ("el primero es mucho mejor que el segundo, el tercero me gusta", (2,), ()),
]


@pytest.mark.parametrize(("text", "praised", "refused"), OPINIONS, ids=[text for text, *_ in OPINIONS])
def test_what_is_praised_and_refused(text: str, praised: tuple[int, ...], refused: tuple[int, ...]) -> None:
    critique = read(text)
    assert (critique.praised, critique.refused) == (praised, refused)
    assert critique.wishes == (), "a clause about items asks for nothing else"


WISHES: list[tuple[str, tuple[str, ...]]] = [
    ("great, but less violent", ("no violent",)),
    ("funnier please", ("funnier",)),
    ("no horror", ("no horror",)),
    ("I like comedies", ("comedies",)),
    ("I hate musicals", ("no musicals",)),
    ("too violent", ("no violent",)),
    ("The first is great, more comedies, no horror", ("comedies", "no horror")),
    ("weniger brutal bitte", ("no brutal",)),
    ("menos violencia", ("no violencia",)),
    ("moins de violence", ("no violence",)),
    ("不要恐怖片", ("不要恐怖片",)),
    ("少一点暴力", ("不要暴力",)),
    ("不要爱情片", ("不要爱情片",)),
    ("我喜欢爱情片", ("爱情片",)),
    ("想看爱情片", ("爱情片",)),
    ("来点爱情片", ("来点爱情片",)),
    ("我喜欢太空片", ("太空片",)),
    ("love stories", ("romantic stories",)),
    ("love films please", ("romantic",)),
    ("I love films with robots", ("with robots",)),
    ("no love stories", ("no romantic stories",)),
    ("more love stories", ("romantic stories",)),
    ("fewer love films", ("no romantic",)),
    ("long enough already", ("long enough already",)),
    ("fewer dramas", ("no dramas",)),
    ("more comedies, fewer dramas", ("comedies", "no dramas")),
    ("more comedies and fewer dramas", ("comedies", "no dramas")),
    ("more comedies and no dramas", ("comedies", "no dramas")),
    ("más comedias y menos dramas", ("comedias", "no dramas")),
    ("menos dramas y más comedias", ("no dramas", "comedias")),
    ("mehr Komödien und weniger Dramen", ("komödien", "no dramen")),
    ("plus de comédies et moins de drames", ("comédies", "no drames")),
    ("enough drama", ("no drama",)),
    ("not enough drama", ("drama",)),
    ("too few comedies", ("comedies",)),
    ("too many dramas", ("no dramas",)),
    ("demasiados dramas", ("no dramas",)),
    ("太多剧情片了", ("不要剧情片",)),
    ("剧情片太多了", ("不要剧情片",)),
    ("meh", ()),
    ("show me only three", ("top 3",)),
    ("only three films please", ("top 3",)),
    ("换一批", ()),
    ("换一换", ()),
    ("换几部喜剧", ("喜剧",)),
    ("comedies instead", ("comedies",)),
    ("I'd rather have comedies", ("comedies",)),
    ("great!", ()),
    ("boring", ()),
]


@pytest.mark.parametrize(("text", "wishes"), WISHES, ids=[text for text, _ in WISHES])
def test_what_is_asked_for(text: str, wishes: tuple[str, ...]) -> None:
    assert read(text).wishes == wishes


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ("older ones", (Relation.OLDER,)),
        ("the first is great, something newer and cheaper", (Relation.NEWER, Relation.CHEAPER)),
        ("kürzere bitte", (Relation.SHORTER,)),
        ("más antiguas", (Relation.OLDER,)),
        ("plus récents", (Relation.NEWER,)),
        ("更老的", (Relation.OLDER,)),
    ],
)
def test_comparisons_with_what_was_shown(text: str, relations: tuple[Relation, ...]) -> None:
    critique = read(text)
    assert (critique.relations, critique.wishes) == (relations, ())


@pytest.mark.parametrize(
    "text",
    [
        "more like that",
        "more of the same",
        "mehr vom Gleichen",
        "más de lo mismo",
        "similar ones please",
        "mehr davon",
        "más así",
        "plus comme ça",
        "多来点类似的",
    ],
)
def test_more_like_that(text: str) -> None:
    assert read(text) == Critique(wants_similar=True)


def test_a_common_word_names_no_film() -> None:
    assert (read("this is a big problem").praised, read("this is a big problem").refused) == ((), ())


def test_what_was_seen_is_neither_praised_nor_refused() -> None:
    assert read("I've already seen the first one, the second is great") == Critique(praised=(1,), seen=(0,))


def test_both_are_those_of_a_list_of_two() -> None:
    two = read_critique("both are nice", SHOWN[:2], CATALOGUE)
    assert two.praised == (0, 1) and read("both are nice").praised == ()


def test_the_last_word_about_an_item_counts() -> None:
    assert read("I love the first, no, I hate the first").refused == (0,)


def test_a_whole_title_before_a_beginning_and_a_word_of_one_title() -> None:
    shown = [(0, "Godfather, The (1972)"), (1, "Godfather: Part II, The (1974)"), (2, "Heat (1995)")]
    critique = read_critique("no Godfather", shown, TitleIndex.of(shown))
    assert critique.refused == (0,)
    assert read_critique("no Part", shown, TitleIndex.of(shown)).refused == (1,)
