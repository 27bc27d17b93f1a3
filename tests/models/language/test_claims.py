"""What a written text names beside its facts is found; what it may say passes."""

import pytest

from models.language.claims import Facts, Names, find_unsupported
from models.language.titles import TitleIndex
from models.language.words.vocabulary import LabelName, Vocabulary

TITLES = (
    "Matrix, The (1999)",
    "Heat",
    "Alien",
    "Alien 3",
    "Casablanca",
    "Toy Story",
    "Toy Story 2",
    "英雄",
    "M*A*S*H",
)
GENRES = ("Comedy", "Drama", "Horror", "Sci-Fi", "Thriller")
NAMES = Names(
    TitleIndex.of(enumerate(TITLES)), Vocabulary.of([LabelName("genres", name, name) for name in GENRES])
)
FACTS = Facts(
    ("Matrix, The (1999)", "Alien", "M*A*S*H", "Sci-Fi", "Thriller"),
    ("Because you liked the films of Lana Wachowski",),
    (0.9, 136.0),
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("You enjoyed The Matrix, so this one should suit you.", "en"),
        ("Since you enjoyed Matrix, The (1999), I'd try it", "en"),
        ("Because Matrix is one of your favourites", "en"),
        ("If you liked “Alien”, you will love this!", "en"),
        ("If you liked 'Alien', it's the boys' and the girls' favourite.", "en"),
        ("Fans of M*A*S*H and of Lana Wachowski liked this", "en"),
        ("A sci-fi thriller from 1999, 136 minutes long", "en"),
        ("Just for you: You liked Alien (and I think it fits).", "en"),
        ("You liked it first; now try a second one.", "en"),
        ("Weil dir Alien gefallen hat, passt dieser Film zu einem Abend auf dem Sofa.", "de"),
        ("Das passt zu Ihrem Geschmack: Sie mögen Thriller, und wir empfehlen Ihnen diesen Film.", "de"),
        ("因为你喜欢《Alien》，这部1999年的惊悚片也很适合你。", "zh"),
        ("一百三十六分钟的惊悚片", "zh"),
        ("因为你喜欢这一类电影，十分推荐，一起看吧", "zh"),
        ("Parce que vous avez aimé Alien, un thriller de 136 minutes.", "fr"),
        ("Porque te gustó Alien, una película de 1999.", "es"),
    ],
)
def test_a_good_text_passes(text: str, language: str) -> None:
    assert find_unsupported(text, FACTS, NAMES, language) is None


@pytest.mark.parametrize(
    ("text", "language", "part"),
    [
        # titles of the catalogue
        ("You liked Casablanca, so try this.", "en", "Casablanca"),
        ("Casablanca is like this.", "en", "Casablanca"),
        ("You liked The Casablanca", "en", "Casablanca"),
        ("You liked Alien 3", "en", "Alien 3"),
        ("You liked Toy Story 2", "en", "Toy Story 2"),
        ("Weil dir Casablanca gefallen hat", "de", "Casablanca"),
        ("因为你喜欢英雄", "zh", "英雄"),
        # labels
        ("A horror film for you", "en", "horror"),
        ("Two comedies", "en", "2"),
        ("One of the comedies", "en", "comedies"),
        ("Ein Horrorfilm für dich", "de", "Horrorfilm"),
        ("Eine Komödie für dich", "de", "komödie"),
        ("Une comédie pour vous", "fr", "comédie"),
        ("Una comedia para ti", "es", "comedia"),
        ("这是一部恐怖片", "zh", "恐怖"),
        # numbers
        ("A film of 1942", "en", "1942"),
        ("It has 95% of the votes", "en", "95"),
        ("It has ninety minutes", "en", "90"),
        ("A hit of the nineties", "en", "90"),
        ("It won 1,000 prizes", "en", "1,000"),
        ("Thousands of people like it", "en", "1000"),
        ("It was seen by millions", "en", "1000000"),
        ("Ein Film mit drei Preisen", "de", "3"),
        ("Un film de quatre-vingt-dix minutes", "fr", "90"),
        ("一九四二年的电影", "zh", "1942"),
        ("看过三次", "zh", "三"),
        ("五百万人喜欢", "zh", "五百万"),
        ("１９４２年的电影", "zh", "１９４２"),
        # quotations
        ('They call it "a wild ride"', "en", '"a wild ride"'),
        ("They call it 'a wild ride'", "en", "'a wild ride'"),
        ("They call it ‘a wild ride’.", "en", "‘a wild ride’"),
        ("Man nennt es „ganz wild“", "de", "„ganz wild“"),
        ("因为你喜欢《大话西游》", "zh", "《大话西游》"),
        ("这是一次‘疯狂之旅’吧", "zh", "‘疯狂之旅’"),
        ("因为你喜欢〈大话西游〉", "zh", "〈大话西游〉"),
        # links and markup
        ("See http://shop for more", "en", "://"),
        ("See amazon.com for more", "en", "amazon.com"),
        ("Amazon.Com has it", "en", "Amazon.Com"),
        ("write to me@shop", "en", "@"),
        ("A <b>good</b> film", "en", "<"),
        ("a film\u202e for you", "en", "\u202e"),
        # names of nobody in the facts
        ("With Bogart in it", "en", "Bogart"),
        ("A film with a star (Bogart)", "en", "Bogart"),
        ("A film by a master: Kurosawa", "en", "Kurosawa"),
        ("You will love it - Bogart shines", "en", "Bogart"),
        ("Ein Film mit Humphrey Bogart", "de", "Humphrey Bogart"),
        ("这部电影有Bogart", "zh", "Bogart"),
        ("", "en", "a text of 0 characters"),
    ],
)
def test_what_is_no_fact_is_found(text: str, language: str, part: str) -> None:
    found = find_unsupported(text, FACTS, NAMES, language)
    assert found is not None and part in found


def test_a_name_without_a_bracketed_year_lends_no_number() -> None:
    facts = Facts(("12 Monkeys",))
    assert find_unsupported("You liked 12 Monkeys", facts, NAMES, "en") is None
    assert find_unsupported("You liked 12 films", facts, NAMES, "en") == "12"


@pytest.mark.parametrize(
    ("text", "language"),
    [("Science fiction for you", "en"), ("Ciencia ficción para ti", "es"), ("一部科幻片", "zh")],
)
def test_a_label_by_another_name(text: str, language: str) -> None:
    assert find_unsupported(text, FACTS, NAMES, language) is None
    other = find_unsupported(text, Facts(("Alien", "Thriller")), NAMES, language)
    assert other is not None and other in text.lower()


def test_a_word_for_no_label_of_the_catalogue_passes() -> None:
    assert find_unsupported("Ein Film voller Abenteuer", FACTS, NAMES, "de") is None


def test_a_long_text_is_refused() -> None:
    assert find_unsupported("a" * 2_000, FACTS, NAMES, "en") is None
    assert find_unsupported("a" * 2_001, FACTS, NAMES, "en") == "a text of 2001 characters"
