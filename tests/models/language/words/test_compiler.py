"""Plans worked by hand, without a text encoder: what spelling, numbers and rules give."""

import pytest

from models.language.plan import Comparison, Plan, PlannedLabel, PlannedNumber
from models.language.words.compiler import Compiler

LT, LTE, GT, GTE = Comparison.LT, Comparison.LTE, Comparison.GT, Comparison.GTE
EQ, NE = Comparison.EQ, Comparison.NE


def genre(*names: str) -> PlannedLabel:
    return PlannedLabel("genres", names)


def year(*conditions: tuple[Comparison, float]) -> tuple[PlannedNumber, ...]:
    return tuple(PlannedNumber("year", op, value) for op, value in conditions)


@pytest.mark.parametrize(
    ("words", "conditions"),
    [
        ("films before 1990", year((LT, 1990))),
        ("films after 1990", year((GT, 1990))),
        ("films since 1990", year((GTE, 1990))),
        ("nothing before 1990", year((GTE, 1990))),
        ("no older than 1990", year((GTE, 1990))),
        ("films from the 80s", year((GTE, 1980), (LTE, 1989))),
        ("films before the eighties", year((LT, 1980))),
        ("films after the 1980s", year((GT, 1989))),
        ("films from the 60s or 70s", year((GTE, 1960), (LTE, 1979))),
        ("between 1980 and 1985", year((GTE, 1980), (LTE, 1985))),
        ("1980-1985", year((GTE, 1980), (LTE, 1985))),
        ("in 1994", year((EQ, 1994))),
        ("not from 1994", year((NE, 1994))),
        ("九十年代", year((GTE, 1990), (LTE, 1999))),
        ("七八十年代", year((GTE, 1970), (LTE, 1989))),
        ("九五年之后", year((GT, 1995))),
        ("entre 1935 et 1940, pas trop vieux", year((GTE, 1935), (LTE, 1940))),
        ("since 1990, not too new", year((GTE, 1990))),
        ("since 1990, not too old", year((GTE, 1990), (GTE, 1947))),
        ("八九年的电影", year((EQ, 1989))),
        ("1990年到1995年之间的电影", year((GTE, 1990), (LTE, 1995))),
        ("一九九四年的电影", year((EQ, 1994))),
        ("aus den Achtzigerjahren", year((GTE, 1980), (LTE, 1989))),
        ("des années quatre-vingt-dix", year((GTE, 1990), (LTE, 1999))),
        ("de los años ochenta", year((GTE, 1980), (LTE, 1989))),
        ("degli anni settanta", year((GTE, 1970), (LTE, 1979))),
        ("dos anos 80", year((GTE, 1980), (LTE, 1989))),
        ("uit de jaren zestig", year((GTE, 1960), (LTE, 1969))),
        ("80-х годов", year((GTE, 1980), (LTE, 1989))),
        ("under 2 hours", (PlannedNumber("runtime", LT, 120),)),
        ("at least 100 minutes long", (PlannedNumber("runtime", GTE, 100),)),
        ("not too long", (PlannedNumber("runtime", LTE, 155),)),
        ("short films", (PlannedNumber("runtime", LTE, 105),)),
        ("no quiero ver películas largas", (PlannedNumber("runtime", LTE, 155),)),
        ("我不想看太长的电影", (PlannedNumber("runtime", LTE, 155),)),
        ("un film ni trop long ni trop vieux", (PlannedNumber("runtime", LTE, 155), *year((GTE, 1947)))),
        ("I don't want films longer than 2 hours", (PlannedNumber("runtime", LTE, 120),)),
        ("not before 1950 and not after 1970", year((GTE, 1950), (LTE, 1970))),
        ("from the early 1990s", year((GTE, 1990), (LTE, 1993))),
        ("late 80s films", year((GTE, 1987), (LTE, 1989))),
        ("pre-1970 films", year((LT, 1970))),
    ],
)
def test_numbers(films: Compiler, words: str, conditions: tuple[PlannedNumber, ...]) -> None:
    assert films.compile(words) == Plan(conditions=conditions)


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        ("Please recommend some comedy movies to me", Plan(wanted=(genre("Comedy"),))),
        ("horror or thriller films", Plan(wanted=(genre("Horror", "Thriller"),))),
        ("action, adventure or war", Plan(wanted=(genre("Action", "Adventure", "War"),))),
        ("action comedy", Plan(wanted=(genre("Action"), genre("Comedy")))),
        ("no horror or war", Plan(unwanted=(genre("Horror"), genre("War")))),
        ("no horror, war or westerns", Plan(unwanted=(genre("Horror"), genre("War"), genre("Western")))),
        ("films except those from the 70s", Plan(avoid=("70s",))),  # a decade is no single condition
        ("I hate musicals", Plan(unwanted=(genre("Musical"),))),
        ("有没有西部片", Plan(wanted=(genre("Western"),))),
        ("war films without war", Plan(wanted=(genre("War"),), unwanted=(genre("War"),))),
        ("anything but horror", Plan(unwanted=(genre("Horror"),))),
        ("西部电影，不要战争片", Plan(wanted=(genre("Western"),), unwanted=(genre("War"),))),
        ("three comedies", Plan(wanted=(genre("Comedy"),), limit=3)),
        ("top 5 westerns", Plan(wanted=(genre("Western"),), limit=5)),
        ("三部西部片", Plan(wanted=(genre("Western"),), limit=3)),
        ("at least 3 films", Plan(limit=3)),
        ("two brothers on a train", Plan(direction="two brothers on a train")),
        ("like Heat but darker", Plan(direction="darker", like=("Heat",))),
        ("like the matrix and Alien", Plan(like=("Matrix, The (1999)", "Alien"))),
        ("nothing like Titanic", Plan(unlike=("Titanic",))),
        ("des films qui ressemblent à Heat", Plan(like=("Heat",))),
        ("quelque chose du genre de Heat", Plan(like=("Heat",))),
        ("algo estilo Heat", Plan(like=("Heat",))),
        ("películas que se parezcan a Heat", Plan(like=("Heat",))),
        ("像《泰坦尼克》那样的电影", Plan(like=("泰坦尼克",))),
        ("跟《泰坦尼克》一样的", Plan(like=("泰坦尼克",))),
        ("跟Heat差不多的电影", Plan(like=("Heat",))),
        ("I don't want anything like Titanic", Plan(unlike=("Titanic",))),
        ("plutôt western", Plan(wanted=(genre("Western"),))),
        ("I don't mind westerns", Plan(wanted=(genre("Western"),))),
        ("既不要西部片", Plan(unwanted=(genre("Western"),))),
        ("西部片就行", Plan(wanted=(genre("Western"),))),
        ("I loved Alien, something similar", Plan(like=("Alien",))),
        ("类似《泰坦尼克》的电影", Plan(like=("泰坦尼克",))),
        ("No Country for Old Men", Plan(direction="No Country for Old Men")),
        ("surprise me", Plan(diversity=0.7)),
        ("best rated dramas", Plan(wanted=(genre("Drama"),), weights={"rating": 0.7, "next": 0.3})),
        ("a story without guns", Plan(avoid=("guns",))),
        ("movies", Plan()),
    ],
)
def test_words(films: Compiler, words: str, plan: Plan) -> None:
    assert films.compile(words) == plan


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("weder Krieg noch Drama", ()),
        ("Komödien, weder Krieg, Horror noch Drama", ("Comedy",)),
        ("né guerra né drama", ()),
        ("nem guerra nem drama", ()),
        ("noch oorlog noch drama", ()),
        ("geen oorlog noch drama", ()),
        ("ни war ни drama", ()),
    ],
)
def test_neither_refuses_both(compilers: dict[str, Compiler], words: str, wanted: tuple[str, ...]) -> None:
    plan = compilers["films"].compile(words)
    assert plan.wanted == tuple(map(genre, wanted)) and not plan.direction
    assert {genre("War"), genre("Drama")} <= set(plan.unwanted)


@pytest.mark.parametrize(
    "words",
    [
        "no Titanic please",
        "not Titanic",
        "anything but Titanic",
        "nothing with Titanic",
        "ohne Titanic",
        "sin Titanic",
        "sauf Titanic",
        "senza Titanic",
        "不要《泰坦尼克》",
        "I don't want to see Titanic",
        "something less like Titanic",
        "weniger wie Titanic",
        "nothing with the Matrix",
        "no Toy Story",
        "neither Alien nor Toy Story",
    ],
)
def test_a_refused_title_is_unlike(compilers: dict[str, Compiler], words: str) -> None:
    titles = {
        name
        for name in ("泰坦尼克", "Titanic", "Matrix, The (1999)", "Alien", "Toy Story")
        if title_in(name, words)
    }
    plan = compilers["films"].compile(words)
    assert set(plan.unlike) == titles and titles
    assert (plan.like, plan.avoid, plan.wanted, plan.unwanted, plan.direction) == ((), (), (), (), "")


def title_in(title: str, words: str) -> bool:
    return title.split(",", maxsplit=1)[0] in words


@pytest.mark.parametrize(
    ("words", "plan"),
    [
        ("comedies, but not Toy Story", Plan(wanted=(genre("Comedy"),), unlike=("Toy Story",))),
        ("more like Alien, less like Titanic", Plan(like=("Alien",), unlike=("Titanic",))),
        ("without war like Heat", Plan(unwanted=(genre("War"),), like=("Heat",))),
        ("no Titanic or Heat", Plan(unlike=("Titanic", "Heat"))),
        ("stories without heat", Plan(avoid=("heat",))),
        ("no Titanic disasters", Plan(avoid=("Titanic disasters",))),
        ("westerns, not only Heat", Plan(wanted=(genre("Western"),), direction="Heat")),
    ],
)
def test_words_around_a_refused_title(films: Compiler, words: str, plan: Plan) -> None:
    assert films.compile(words) == plan


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("五六部西部片", 6),
        ("两三部西部片", 3),
        ("三四部西部片", 4),
        ("一两部西部片", 2),
        ("十五六部西部片", 16),
        ("二三十部西部片", 30),
        ("二十部西部片", 20),
        ("两部或三部西部片", 3),
        ("a couple of western movies", 2),
        ("half a dozen western films", 6),
        ("a dozen western films", 12),
        ("ein Dutzend Western Filme", 12),
        ("une douzaine de films western", 12),
        ("media docena de películas western", 6),
        ("two or three western movies", 3),
        ("zwei oder drei Western Filme", 3),
        ("deux ou trois films western", 3),
        ("1000 western films", 100),
        ("200 western films", 100),
        ("no more than 5 westerns", 5),
        ("nicht mehr als 5 Western", 5),
        ("pas plus de 5 westerns", 5),
        ("three to five western", 5),
    ],
)
def test_counts(films: Compiler, words: str, limit: int) -> None:
    assert films.compile(words) == Plan(wanted=(genre("Western"),), limit=limit)


def test_a_year_that_is_not_round_is_no_count(films: Compiler) -> None:
    assert films.compile("2020 films") == Plan(conditions=year((EQ, 2020)))


def test_a_dozen_in_a_title_is_no_count(films: Compiler) -> None:
    assert films.compile("the dirty dozen").direction == "dirty dozen"
    assert films.compile("a couple of lovers on a train").direction == "a couple of lovers on a train"


@pytest.mark.parametrize(
    ("words", "avoid"),
    [
        ("films without songs", "songs"),
        ("no songs", "songs"),
        ("ohne Lieder", "Lieder"),
        ("westerns sin canciones", "canciones"),
        ("un film sans chansons", "chansons"),
        ("不要歌曲", "歌曲"),
    ],
)
def test_a_refused_kind_is_avoided(films: Compiler, words: str, avoid: str) -> None:
    assert films.compile(words).avoid == (avoid,)


@pytest.mark.parametrize("words", ["nothing like that", "no things", "not westerns films"])
def test_words_for_any_item_are_not_avoided(films: Compiler, words: str) -> None:
    assert films.compile(words).avoid == ()


def test_still_is_no_refusal(films: Compiler) -> None:
    assert films.compile("noch ein Western").unwanted == ()
    assert films.compile("não war, quero western, nem drama").wanted == (genre("Western"),)
    assert films.compile("un western avec un héros né en 1950").unwanted == ()


def test_a_number_without_its_field_stays_in_the_words(films: Compiler) -> None:
    assert films.compile("under 20 euros") == Plan(direction="under 20 euros")


def test_any_text_gives_a_plan(films: Compiler) -> None:
    for text in (
        "???",
        "\x1f\x1f 3",
        "a" * 2000,
        "不",
        "no",
        "1e999",
        "((((",
        "٣ أفلام",
        "9" * 400 + "s",
        "under " + "9" * 400,
    ):
        assert isinstance(films.compile(text), Plan)


def test_the_rules_read_the_first_characters_and_the_rest_is_direction(films: Compiler) -> None:
    plan = films.compile("westerns " + "dusty " * 60 + "before 1990")
    assert plan.wanted == (genre("Western"),) and plan.conditions == ()
    assert plan.direction.endswith("before 1990")
