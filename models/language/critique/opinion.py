"""Opinion words in English, German, Spanish, French and Chinese: praise, blame, negation, and their sum in a clause.

Rules are used because sentence vectors do not represent negation (Kassner, Schütze 2020: Negated and misprimed probes).
"""

import re
from collections.abc import Collection
from enum import StrEnum


class Sign(StrEnum):
    """The contribution of one word of a clause."""

    GOOD = "good"
    BAD = "bad"
    NEGATION = "negation"
    SEEN = "seen"  # known already, which is no opinion


class Opinion(StrEnum):
    """The opinion of a clause about the items that it refers to."""

    PRAISE = "praise"
    REFUSAL = "refusal"


GOOD = {
    "en": "great|good|nice|lov(?:e|es|ed|ely)|lik(?:e|es|ed)|enjoy(?:ed|s)?|perfect|excellent|amazing|awesome|wonderful"
    "|fine|cool|brilliant|fantastic|favou?rites?|keep|best|beautiful|masterpieces?|want|interesting|not (?:at all )?bad"
    "|nothing wrong|fun|superb|spot on|yes|ok|okay|prefer(?:red|s)?|rather",
    "de": "gut|gute[nrms]?|tolle?[nrms]?|super|klasse|prima|schöne?[nrms]?|großartige?[nrms]?|liebe|mag|mochte"
    "|gefall(?:en|t)|gefällt|gefiel(?:en)?|perfekt|ausgezeichnet|wunderbar|hervorragend|behalten?|interessant|gerne?"
    "|nicht schlecht|ja|lieber|bevorzuge",
    "es": "buen[oa]?s?|bien|genial(?:es)?|gust(?:a|an|ó|aron|aba|aban)|encant(?:a|an|ó|aron)|perfect[oa]s?|excelentes?"
    "|estupend[oa]s?|maravillos[oa]s?|amo|adoro|fantástic[oa]s?|quiero|no está mal|nada mal|sí|prefiero",
    "fr": "bon(?:ne)?s?|bien|super|génial(?:es?)?|géniaux|aime|aimé|adore|adoré|plaî(?:t|sent)|plu|parfait(?:e)?s?"
    "|excellent(?:e)?s?|magnifiques?|formidables?|veux|pas mal|oui|préfère",
    "zh": "不错|还行|可以|不賴|不赖|棒|好看|喜欢|喜歡|喜爱|爱|愛|赞|讚|完美|精彩|满意|滿意|想看|想要|要|好(?!像)",
}
BAD = {
    "en": "bad|boring|hat(?:e|es|ed)|dislik(?:e|es|ed)|terrible|awful|horrible|worst|wrong|drop|remove|skip|avoid|poor"
    "|stupid|dull|weak|disappointing|annoying|sucks?|sucked|rubbish|crap|reject|forget|ugly|too(?= \\w)|less|fewer"
    "|swap|replace|ditch|get rid of|take out|throw out|bored|bores|tired of|sick of|fed up with",
    "de": "schlechte?[nrms]?|langweilige?[nrms]?|hass(?:e|t)|hasste|furchtbar|schrecklich|blöd|doof|miese?[nrms]?"
    "|weg|langweilte|tausche?|ersetzen?|ersetze|streichen?|streiche|weniger|zu(?= (?!de[nmr]\\b|ein|viel\\b)\\w)",
    "es": "menos|mal[oa]s?|aburrid[oa]s?|odio|odié|terribles?|horribles?|fatal(?:es)?|quita|fuera|peor(?:es)?"
    "|demasiado|cambia|reemplaza|sustituye|aburrió",
    "fr": "moins|mauvais(?:es?)?|ennuyeu(?:x|ses?)|déteste|détesté|nul(?:le)?s?|horribles?|terribles?|pires?|trop"
    "|enlève[zs]?|remplace[zs]?|échange[zs]?|ennuyée?",
    "zh": "不行|讨厌|討厭|难看|難看|无聊|無聊|糟糕|差劲|差|烂|爛|恨|反感|没意思|沒意思|没劲|去掉|删掉|刪掉|拿掉|换掉"
    "|换下|換掉|跳过|太(?!棒|好|赞|喜|爱|完|精)",
}
NEGATION = {
    "en": "no|not|never|nothing|without|none|neither|nor|cannot|(?:do|did|does|is|are|was|were|wo|ca|would)n't",
    "de": "nein|nicht|kein(?:e[nrms]?)?|keiner|nie|niemals|nichts|ohne|weder",
    "es": "no|nunca|nada|sin|tampoco|ni|ningun[oa]?|ningún",
    "fr": "pas|ne|jamais|sans|rien|aucune?|non|ni",
    "zh": "不|没|沒|别|別|勿",
}
SEEN = {
    "en": "seen|watched|(?:already|i) know",
    "de": "(?:schon )?(?:gesehen|kenne)",
    "es": "visto|vist[oa]s",
    "fr": "vue?s?",
    "zh": "看过|看過",
}
WORDS = {
    "en": "love (?:stor(?:y|ies)|songs?|affairs?|triangles?|interests?)|feel[- ]good"
    "|(?<!i )(?<!we )(?<!you )(?<!they )(?<!really )(?<!also )(?<!do )(?<!to )(?<!both )love (?:films?|movies?)",
    "de": "gute[- ]laune",
    "es": "bien y (?:el )?mal",
    "fr": "bien et (?:le )?mal",
    "zh": "爱情|愛情|恋爱|戀愛|相爱|可爱|可愛|爱国|愛國|爱尔兰|愛爾蘭|爱好|好莱坞|好萊塢|友好|好奇|美好|棒球|赞助|主要"
    "|重要|要素|只要|要是|特别|特別|区别|區別|性别|性別|级别|級別|别墅|別墅|离别|告别|告別|差异|差異|时差|差不多|仇恨|悔恨"
    "|不断|不斷|不同|不一样|不一樣|太空|太阳|太陽|太平洋|犹太|猶太|太极|太極|太太|少年|少女",
}
"""Words that have an opinion word in them and no opinion: a love story is not praised, and space is not too much."""


def _compile(patterns: dict[str, str]) -> str:
    """One pattern for words of all languages: whole words, but anywhere in Chinese, which has no blanks."""
    spaced = "|".join(pattern for name, pattern in patterns.items() if name != "zh")
    return rf"(?<![\w'])(?:[jmtsl]')?(?:{spaced})(?![\w'])|(?:{patterns['zh']})"


PLAIN = re.compile(_compile(WORDS))
SIGNS = re.compile(
    f"(?P<plain>{_compile(WORDS)})|(?P<good>{_compile(GOOD)})|(?P<bad>{_compile(BAD)})|(?P<negation>{_compile(NEGATION)})|(?P<seen>{_compile(SEEN)})|(?P<elided>\\bn')"
)
"""An idiom such as "not bad" stands before its words."""
NEGATED = re.compile(rf"(?:{_compile(NEGATION)})\s*(?:是|要|想要|想看)?|(?<!\w)n'")
"""A negation that says nothing but itself."""


def find_signs(text: str) -> list[tuple[int, int, Sign]]:
    """Start, end and sign of each opinion word of a text in lower case, in order."""
    return [
        (
            found.start(),
            found.end(),
            Sign.NEGATION if found.lastgroup == "elided" else Sign(str(found.lastgroup)),
        )
        for found in SIGNS.finditer(text)
        if found.lastgroup != "plain"
    ]


def cut_signs(text: str) -> str:
    """A text in lower case with a blank in place of each opinion word."""
    return SIGNS.sub(lambda found: found.group() if found.lastgroup == "plain" else " ", text)


def is_sign(word: str) -> bool:
    """Whether a word in lower case is an opinion word and nothing else."""
    found = SIGNS.fullmatch(word)
    return found is not None and found.lastgroup != "plain"


def sum_signs(signs: Collection[Sign]) -> Opinion | None:
    """The opinion of a clause: blame weighs more than praise, a negation turns both; None without a sign.

    Two negations of one clause count once, as in the French "ne ... pas".
    """
    if Sign.BAD in signs:
        return Opinion.PRAISE if Sign.NEGATION in signs and Sign.GOOD not in signs else Opinion.REFUSAL
    if Sign.NEGATION in signs:
        return Opinion.REFUSAL
    return Opinion.PRAISE if Sign.GOOD in signs else None
