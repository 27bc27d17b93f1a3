"""Wishes in a critique that name no item: "more like that", "less violent", "older", in five languages."""

import re
from enum import StrEnum

from models.language.critique.opinion import PLAIN


class Relation(StrEnum):
    """A wish that compares a number of the items with those shown."""

    OLDER = "older"
    NEWER = "newer"
    SHORTER = "shorter"
    LONGER = "longer"
    CHEAPER = "cheaper"
    DEARER = "dearer"


RELATIONS = {
    Relation.OLDER: "older|earlier|ältere?[nrms]?|más antigu[oa]s|más viej[oa]s|plus ancien(?:ne)?s?|plus vieux",
    Relation.NEWER: "newer|more recent|neuere?[nrms]?|más nuev[oa]s|más recientes|plus récent(?:e)?s?|plus nouveaux",
    Relation.SHORTER: "shorter|kürzere?[nrms]?|más cort[oa]s|plus court(?:e)?s?",
    Relation.LONGER: "longer|längere?[nrms]?|más larg[oa]s|plus longs?|plus longues?",
    Relation.CHEAPER: "cheaper|less expensive|billigere?[nrms]?|günstigere?[nrms]?|más barat[oa]s|moins ch(?:er|ère)s?",
    Relation.DEARER: "more expensive|pricier|teurere?[nrms]?|más car[oa]s|plus chers?|plus chères?",
}
RELATIONS_ZH = {
    Relation.OLDER: "更老|老一点|老一些|更早|早一点|早一些|旧一点",
    Relation.NEWER: "更新|新一点|新一些",
    Relation.SHORTER: "更短|短一点|短一些",
    Relation.LONGER: "更长|长一点|长一些",
    Relation.CHEAPER: "更便宜|便宜一点|便宜一些|便宜点",
    Relation.DEARER: "更贵|贵一点|贵一些",
}
THAT = "(?:the same|that|this|these|those|them|it)"
SIMILAR = {
    "en": f"(?:(?:give|show) me |i want )?(?:some |something |any )?more (?:of |like |in |along )?{THAT}"
    f"(?: kind| lines?)?|(?:something |ones |others )?like {THAT}"
    "|(?:more |something )?similar(?: (?:ones|films|movies|items|things))?",
    "de": "(?:mehr |etwas )?(?:davon|vom (?:gleichen|selben)|dergleichen|so etwas|solche[nrs]?|ähnliche[nrs]?)",
    "es": "más (?:de es[oa]|de est[oa]|como es[oa]s?|así|de lo mismo)|(?:más |algo )?(?:similares|parecid[oa]s?)",
    "fr": "plus (?:de ça|comme ça)|(?:encore )?(?:de )?la même chose"
    "|dans ce genre|comme ça|(?:plus )?(?:semblables?|similaires?)",
}
SIMILAR_ZH = (
    "(?:多|再)?(?:来|给|推荐)?(?:我)?(?:一些|一点|些|点|几个|几部)?(?:更多)?"
    "(?:类似|類似|相似|像这样|这样|这种|这类|同类)(?:的)?(?:电影|片子|东西)?|更多(?=$)"
)
"""Words for what is like the praised items, as a whole."""
LESS = {
    "en": r"(?:less|fewer)(?: of)?|too (?:many|much)|too|not so(?: many| much)?|not as(?: many| much)?"
    r"|(?:had|seen|got) enough(?: of)?|^\s*enough(?: of)?",
    "de": r"weniger|zu viele?|zu|nicht so viele?|^\s*genug(?: von)?",
    "es": r"menos|demasiad[oa]s?|^\s*(?:ya )?(?:basta de|suficientes?)",
    "fr": r"moins(?: de)?|trop(?: de)?|^\s*assez de",
}
LESS_ZH = "(?:少|减少|别那么|不要那么|不要太|别太|没那么|太多|太)(?:一点|一些|点|些)?"
LESS_AFTER_ZH = "太多|多了|够了|够多"
"""What stands before them is too much."""
LACKING = {
    "en": "not enough|too few|too little|n't enough",
    "de": "nicht genug|zu wenige?",
    "es": "no (?:hay )?(?:suficientes?|bastantes?)|muy poc[oa]s|demasiado poc[oa]s?",
    "fr": "pas assez(?: de)?|trop peu(?: de)?",
}
LACKING_ZH = "不够|太少"
"""More is wanted of what there is too little of, whatever negation the words have."""
MORE = {
    "en": "(?:(?:give|show) me |i want |i'd like )?(?:some |something |a (?:bit|little) )?more",
    "de": "mehr",
    "es": "más",
    "fr": "plus(?: de)?",
}
MORE_ZH = "(?:多|再)(?:来|给|推荐)?(?:我)?(?:一点|一些|点|些|几部|几个)?|更"
FILLERS = {
    "en": "a an the and or i we you they it he she is are was were do does did please thanks thank ok okay me my to"
    " of for some any something anything one ones film films movie movies item items list that this these those them"
    " really very so quite just also all give show rather would have prefer want yes no but meh instead only i'd we'd",
    "de": "und oder ich wir du sie es ist sind waren bitte danke mir etwas filme auch sehr ganz der die das den dem"
    " ein eine einen stattdessen naja hm nur",
    "es": "y o yo tú ella son era por favor gracias algo películas película también muy el la los las un una"
    " en su lugar cambio solo sólo",
    "fr": "et ou je tu il elle nous vous est sont étaient s'il te plaît merci quelque chose aussi très le les des"
    " du plutôt bof place seulement",
    "zh": "的 了 吧 我 你 他 她 它 们 这 那 个 些 点 很 是 也 请 谢 吗 呢 啊 和 与",
}
FILLER_PHRASES = "[换換](?:[一几](?:换|換|批|下|部|个|個)|换|換)"
"""Phrases that only ask for another list, as every critique does."""
KINDS = frozenset("电影部片")
"""Characters that make a word with another one, and say nothing alone."""

_FILLER_WORDS = frozenset(" ".join(FILLERS.values()).split())
_FILLER_PHRASES = re.compile(FILLER_PHRASES)
_WORDS = re.compile(r"[^\W_\u3400-\u9fff]+(?:'\w+)?|[\u3400-\u9fff]")


def _compile(words: dict[str, str], chinese: str, after: str = "") -> re.Pattern[str]:
    """Words of all languages; with `after`, the group `rest` is what follows on them."""
    spaced = "|".join(words.values())
    if not after:
        return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)|(?:{chinese})")
    return re.compile(rf"(?:(?<!\w)(?:{spaced})\s+(?=\S)|(?:{chinese})){after}")


_PLEASE = re.compile(r"(?<!\w)(?:please|bitte|por favor|s'il (?:te|vous) plaît)(?!\w)|请")
_SIMILAR = _compile(SIMILAR, SIMILAR_ZH)
_LACKING = _compile(LACKING, LACKING_ZH, "(?P<rest>.+)")
_LESS_AFTER = re.compile(rf"(?P<rest>.*?[\u3400-\u9fff])(?:{LESS_AFTER_ZH})了?\s*$")
_LESS, _MORE = _compile(LESS, LESS_ZH, "(?P<rest>.+)"), _compile(MORE, MORE_ZH, "(?P<rest>.+)")
_RELATION = re.compile(
    "|".join(
        f"(?P<{relation}>(?<!\\w)(?:{pattern})(?!\\w)|(?:{RELATIONS_ZH[relation]}))"
        for relation, pattern in RELATIONS.items()
    )
)


_LOVE = re.compile(r"(?<!\w)love(?= (?:stor(?:y|ies)|films?|movies?)(?!\w))")


def _search(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that does not begin inside a plain word, such as "太空" (space), which blames nothing."""
    plain = [(found.start(), found.end()) for found in PLAIN.finditer(text)]
    found = pattern.search(text)
    while found is not None and (inside := [end for start, end in plain if start <= found.start() < end]):
        found = pattern.search(text, inside[0])
    return found


def cut_similar(text: str) -> tuple[str, bool]:
    """A text in lower case without "more like that" and the like, and whether it had it."""
    cut, count = _SIMILAR.subn(" ", text, count=1)
    return cut, count > 0


def cut_relations(text: str) -> tuple[str, tuple[Relation, ...]]:
    """A text in lower case without its comparisons, and these."""
    found = tuple(Relation(str(match.lastgroup)) for match in _RELATION.finditer(text))
    return _RELATION.sub(" ", text), found


def find_less(text: str) -> str | None:
    """The quality of which a text in lower case wants less; None for nothing."""
    found = _LESS_AFTER.search(text) or _search(_LESS, text)
    return None if found is None else strip_fillers(name_love(found["rest"])) or None


def name_love(text: str) -> str:
    """A text in lower case that names love stories in words that are no praise of stories."""
    return _LOVE.sub("romantic", text)


def find_lacking(text: str) -> str | None:
    """The quality of which a text in lower case finds too little; None for nothing."""
    found = _search(_LACKING, text)
    return None if found is None else strip_fillers(name_love(found["rest"])) or None


def find_more(text: str) -> str | None:
    """The quality of which a text in lower case wants more; None for nothing."""
    found = _search(_MORE, text)
    return None if found is None else strip_fillers(name_love(found["rest"])) or None


def asks_for(text: str) -> bool:
    """Whether a text in lower case wants more of an item to which it refers, or others like it."""
    return bool(_SIMILAR.search(text) or _MORE.search(f"{text} it") or _PLEASE.search(text))


def has_content(text: str) -> bool:
    """Whether a text has a word that is no filler."""
    words = _WORDS.findall(text.casefold())
    return any(word not in _FILLER_WORDS and word not in KINDS for word in words)


def is_filler(word: str) -> bool:
    """Whether a word in lower case says nothing by itself."""
    return word in _FILLER_WORDS


def strip_fillers(text: str) -> str:
    """The text without fillers at both ends."""
    text = _FILLER_PHRASES.sub(" ", text)
    words = [(found.start(), found.end(), found.group().casefold()) for found in _WORDS.finditer(text)]
    content = [(start, end) for start, end, word in words if word not in _FILLER_WORDS]
    return text[content[0][0] : content[-1][1]] if content else ""
