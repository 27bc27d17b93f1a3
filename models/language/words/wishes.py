"""Read wishes about the list: its length, its diversity, its heads, and qualities such as "short" or "cheap"."""

import re
from collections.abc import Mapping, Sequence

from models.language.plan import Comparison, PlannedNumber
from models.language.words.clauses import find_refusal
from models.language.words.frames import NOUNS, join_pattern
from models.language.words.numbers import FIRST_YEAR, is_round
from models.language.words.reading import HAN, LETTER, TAKEN, Reading, matches_words
from models.language.words.vocabulary import NAMES, NumberKind, Vocabulary, split_name

MOST_ITEMS = 100
"""The longest list; of a larger number that is all."""
NOUN = "|".join(join_pattern(words) for words in NOUNS.values())
ADJECTIVES = rf"(?:\s*(?-i:[^\W\d_{HAN}])[\w'’\-]*){{0,3}}?"
EITHER = (
    r"(?:(?<!\d)\d{1,3}\s*[部个本款件首张双条集套只]?\s*"
    r"(?:or|to|oder|bis|ou|à|o|a|e|of|tot|или|до|或者?|到|至)\s*)?"
)
"""The smaller of two numbers of items: of "two or three" the larger one is asked for."""
ABOUT = (
    r"(?:at least|at most|about|around|up to|mindestens|höchstens|etwa|au moins|environ|al menos|unos"
    r"|almeno|pelo menos|minstens|至少|最多|大约)?\s*" + EITHER
)
COUNTED = (
    matches_words(rf"{ABOUT}(?P<count>\d{{1,4}})(?=\s*{ADJECTIVES}\s+(?:{NOUN})(?![\w]))"),
    matches_words(
        r"(?:(?:the\s+)?top|give me|show me|recommend(?: me)?|suggest(?: me)?|find me|empfiehl mir"
        r"|zeig mir|gib mir|nenne mir|montre-moi|donne-moi|dame"
        r"|muéstrame|recomiéndame|dammi|consigliami|me dê|mostre|geef me|дай|покажи"
        r"|посоветуй)\s+(?P<count>\d{1,3})(?=\s|$)"
    ),
    re.compile(rf"{ABOUT}(?P<count>\d{{1,3}})\s*[部个本款件首张双条集套只](?![\d])"),
)
"""The number of items asked for. Without a noun a number may be part of a title, such as "12 Monkeys"."""

APPROXIMATELY = re.compile(
    rf"(?<!{LETTER})(?:(?:the )?top|at least|at most|about|around|up to|mindestens|höchstens|etwa|die|les"
    rf"|los|las|au moins|environ"
    r"|al menos|unos|almeno|pelo menos|minstens|至少|最多|大约|前)\s*$|(?<!\S)(?=\d)"
    + EITHER.removesuffix("?")
    + "$",
    re.IGNORECASE,
)
BEFORE_LABEL = re.compile(rf"(?<![\w\x1f])(?P<count>\d{{1,3}})(?=(?:\s+[^\W\d_][\w'’\-]*){{0,2}}\s*{TAKEN})")

VARIED = matches_words(
    r"surprise me|surprise us|(?:something|anything|a) (?:really |very )?(?:varied|diverse"
    r"|different)|varied|variety(?: of)?|diverse|(?:a )?(?:wild |colou?rful "
    r"|good )?mix(?:ture)?(?: of)?|eclectic|all kinds of|all sorts of"
    r"|mixed bag|überrasch(?:e)? mich|überraschen sie mich|überraschung|abwechslungsreich\w*"
    r"|vielfältig\w*|gemischt\w*|bunt gemischt\w*|querbeet|surprends[- ]moi|surprenez[- ]moi"
    r"|varié(?:e|s|es)?"
    r"|diversifié\w*|de tout|sorpr[eé]nde(?:me|nos)|variad[oa]s?|divers[oa]s|de todo un poco"
    r"|sorprendimi|vari[oae]?|variegat\w+|me surpreenda|surpreenda-me"
    r"|verras me|gevarieerd\w*|удиви(?:те)? меня|разнообразн\w+|给我(?:一些|点|一个)?惊喜|来点惊喜|惊喜"
    r"|多样化?|各种各样"
    r"|不同类型|五花八门|多元"
)
VARIED_STRENGTH = 0.7
"""The strength of diversity for a varied list; the default of bundles is 0.3."""

RATED = matches_words(
    r"(?:best|highest|top|highly|well|critically)[- ](?:rated|reviewed|acclaimed|ranked)|acclaimed"
    r"|best[- ]bewertet\w*|am besten bewertet\w*|gut bewertet\w*|hoch ?bewertet\w*|bestbewertet\w*"
    r"|mejor (?:valorad|puntuad|calificad)[oa]s?|les mieux not[ée]e?s?|mieux not[ée]e?s?"
    r"|bien not[ée]e?s?|più votat[ie]|meglio valutat[ie]|mais bem avaliad[oa]s|best beoordeeld\w*"
    r"|с высоким рейтингом|высоко оценённ\w+|评分(?:最高|很高|高)|高分|口碑(?:好|佳)|好评"
)
RATED_WEIGHTS = {"rated": 0.7, "next": 0.3}
"""The share of the head of ratings, and that of `next`, in the score of a list of well rated items."""

QUALITIES: tuple[tuple[NumberKind, bool, str], ...] = (
    (
        NumberKind.LENGTH,
        False,
        r"short(?:er)?|brief|quick|kurz(?:e[nrsm]?|er)?|courte?s?|brèves?|cort[oa]s?|brevi?|breves?"
        r"|curt[oa]s?|korte?|коротк\w+|短(?:一点)?|时间短",
    ),
    (
        NumberKind.LENGTH,
        True,
        r"long|longer|lengthy|lang(?:e[nrsm]?)?|longs|longues?|larg[oa]s?|lungh[ie]|lung[oa]"
        r"|long[oa]s|lange|длинн\w+|长",
    ),
    (
        NumberKind.PRICE,
        False,
        r"cheap(?:er)?|inexpensive|affordable|low[- ]priced|budget|billig\w*|günstig\w*|preiswert\w*"
        r"|pas chers?|bon marché|abordables?|barat[oa]s?|económic[oa]s?|economic[oiahe]+|goedko(?:op"
        r"|pe)|дешёв\w+|дешев\w+|недорог\w+|便宜|实惠|平价",
    ),
    (
        NumberKind.PRICE,
        True,
        r"expensive|pricey|costly|luxury|teuer|teure[nrsm]?|ch[eè]re?s?|caros?|caras?|cari|care|dure"
        r"|duur|дорог(?:ой|ие|ая|ую)|贵|昂贵|高档",
    ),
    (
        NumberKind.YEAR,
        True,
        r"recent|newest|latest|new(?:er)?|modern|neu(?:e[nrsm]?|er|ere[nrs]?|este[nrs]?)?"
        r"|aktuelle?[nrs]?|modernen?|récente?s?|nouveaux?|nouvelles?|recientes?|nuev[oa]s?"
        r"|modern[oai]s?|recenti|nuov[ioae]|nov[oa]s|recentes?|nieuwe|recente|нов(?:ые|ый|ое|ую"
        r"|инки)|最新|新出|近期|新(?=[片书款的电])",
    ),
    (
        NumberKind.YEAR,
        False,
        r"old(?:er)?|oldies?|classic|vintage|alte[nrsm]?|ältere[nrs]?|klassische[nrs]?|klassiker"
        r"|vieux|vieilles?|anciens?|anciennes?|classiques?|antigu[oa]s?|viej[oa]s?|clásic[oa]s?"
        r"|vecch[ie]+|vecchio|classic[io]|antig[oa]s|velh[oa]s|oude|klassieke|стар(?:ые|ый|ое|ую)"
        r"|老(?=[片电的])|(?<=太)老|经典|古老",
    ),
)
"""Kind, whether the quality is a high value, and its words."""
NEGATED = (
    r"(?P<negated>(?:(?:not|isn't|aren't|nothing|no|nicht|nichts|keine?|pas|rien de|no|nada|non"
    r"|niente|não|niet|niets|не|ничего|不想看|不想|不要|不|别|ni|nor|neither|weder|noch|né|nem)\s*"
    r"(?:(?:that|which|are|is|sean?|sea|muy|very|all|that's)\s+)?(?:(?:too|so|overly|zu|allzu|trop"
    r"|demasiado|tan|troppo|demais|muito|te|слишком|очень|太|那么|特别)\s*)?))?"
)


def read_limit(reading: Reading) -> int | None:
    """The number of items asked for; None for none."""
    for pattern in COUNTED:
        for match in reading.find(pattern):
            count = int(match["count"])
            if 1 <= count < FIRST_YEAR or is_round(count):
                reading.take(_start_of(reading, match), match.end())
                return min(count, MOST_ITEMS)
    return None


def agrees_with(quality: PlannedNumber, conditions: Sequence[PlannedNumber]) -> bool:
    """True if a number can meet a quality beside the conditions that a text gives in numbers, which come first."""
    same = [condition for condition in conditions if condition.field == quality.field]
    if quality.op is Comparison.GTE:
        ends = (Comparison.LT, Comparison.LTE, Comparison.EQ)
        return all(condition.value >= quality.value for condition in same if condition.op in ends)
    begins = (Comparison.GT, Comparison.GTE, Comparison.EQ)
    return all(condition.value <= quality.value for condition in same if condition.op in begins)


def _start_of(reading: Reading, match: re.Match[str]) -> int:
    """The start of a number with the words before it that only say how exact it is."""
    before = APPROXIMATELY.search(reading.text[: match.start("count")])
    return min(match.start(), match.start("count") if before is None else before.start())


def read_count(reading: Reading) -> int | None:
    """The number before a label that was taken out, such as in "five thrillers"; None for none."""
    match = BEFORE_LABEL.search(reading.text)
    if match is None or not 1 <= int(match["count"]) <= MOST_ITEMS:
        return None
    reading.take(_start_of(reading, match), match.end("count"))
    return int(match["count"])


def read_diversity(reading: Reading) -> float | None:
    """The strength of diversity that the words ask for; None for none."""
    found = None
    for match in reading.find(VARIED):
        reading.take(*match.span())
        found = VARIED_STRENGTH
    return found


def read_weights(reading: Reading, vocabulary: Vocabulary) -> Mapping[str, float]:
    """The weights that the words ask for; empty for none, or without a head of ratings."""
    head = next((head for head in vocabulary.heads if _is_rating(head)), None)
    if head is None:
        return {}
    for match in reading.find(RATED):
        reading.take(*match.span())
        return {head: RATED_WEIGHTS["rated"], "next": RATED_WEIGHTS["next"]}
    return {}


def read_qualities(reading: Reading, vocabulary: Vocabulary) -> list[PlannedNumber]:
    """The conditions of qualities: a quarter of the catalogue is short, and three quarters are not long.

    Newness is read of a field of years in the same way. A quality without its field stays in the text.
    """
    conditions = []
    for kind, is_high, words in QUALITIES:
        chosen = vocabulary.number_field(kind)
        if chosen is None or chosen.lowest == chosen.highest:
            continue
        for match in reading.find(matches_words(NEGATED + f"(?:{words})")):
            far = None if match["negated"] else find_refusal(reading.text[: match.start()], reading.languages)
            reading.take(match.start() if far is None else far, match.end())
            low, _, high = chosen.quartiles
            if match["negated"] or far is not None:
                op, value = (Comparison.LTE, high) if is_high else (Comparison.GTE, low)
            else:
                op, value = (Comparison.GTE, high) if is_high else (Comparison.LTE, low)
            conditions.append(PlannedNumber(chosen.name, op, value))
    return conditions


def _is_rating(head: str) -> bool:
    return any(re.fullmatch(NAMES[NumberKind.RATING], word) for word in split_name(head))
