"""Read the items that words name: "like Heat", "ähnlich wie Alien", 像泰坦尼克号一样."""

import re
from collections.abc import Iterator
from itertools import islice

from models.language.titles import MOST_NAMESAKES
from models.language.words.clauses import find_cues, find_refusal
from models.language.words.frames import is_frame
from models.language.words.reading import TAKEN, WORD, Reading, matches_words
from models.language.words.vocabulary import Vocabulary, spell_keys, title_keys

CUES = matches_words(
    r"(?P<negated>(?:not|nothing|no|nichts|nicht|rien|pas|nada|no|niente|não|niets|ничего|不要|不"
    r"|less|fewer|weniger|moins|menos|meno|minder|меньше|少)\s*)?"
    r"(?:(?:something|films?|movies?|books?|games?|songs?|items?)\s+)?"
    r"(?P<cue>(?:similar|comparable|close|akin) to|in the (?:style|vein|spirit) of|like"
    r"|reminiscent of|resembl\w+"
    r"|ähnlich(?:e[nrs]?)?(?: wie| zu)?|im stil von|so (?:was|etwas) wie|wie|comme|semblables? à"
    r"|similaires? à"
    r"|(?:qui )?ressembl(?:e|ent|ant)s? à|(?:dans le|du) (?:genre|style) d[eu']|du même genre que"
    r"|parecid[oa]s? a(?:l)?|similar(?:es)? a(?:l)?"
    r"|(?:al )?estilo(?: de)?|que se parezcan? al?|como"
    r"|simil[ei] a(?:l)?|nello stile di|come|semelhantes? a(?:o)?|parecid[oa]s? com|no estilo de"
    r"|vergelijkbaar met|in de stijl van|zoals|похож\w* на|вроде|наподобие|в духе|как"
    r"|类似于?|像|如同|跟|和)"
)
SUBJECT = re.compile(
    r"\b(?:i|we|you|they|who|she|he|would|i'd|we'd|really|also|don't|do|does|didn't|kids|to)\s*$",
    re.IGNORECASE,
)
"""Before "like" as a verb."""
MOST_WORDS = 8
"""The most words of a title."""
MOST_BETWEEN = 4
"""The most words between a refusal and a title: "not in the mood for Titanic"."""
AFTER = re.compile(r"\s*(?:一样|那样|类似|相似|差不多)(?:的)?")
BESIDE = re.compile(r"\s*(?:,|and|or|und|oder|et|ou|y|o|e|en|of|и|или|&|和|或|、)\s*", re.IGNORECASE)
QUOTES = "\"'“”„‘’«»《》「」 "


STATED = matches_words(
    r"(?P<cue>(?:i|we)\s+(?:(?:really|just|absolutely|also)\s+)?(?:(?P<negated>(?:did not|didn't|do not"
    r"|don't) (?:like|enjoy|love)|hated?|disliked?)"
    r"|loved?|enjoyed|liked?|adored?)|me (?:gust[óo]|encant[óa])|j'ai (?:adoré|aimé)|mir gef(?:iel|ällt)"
    r"|ich (?:mochte|liebte|liebe)"
    r"|mi è piaciut[oa]|adorei|gostei de|我(?:很)?喜欢|мне понравил\w+)"
)


def read_likes(reading: Reading, vocabulary: Vocabulary) -> tuple[list[str], list[str]]:
    """The ids of the items that the clause wants others like, and of those that it wants none like."""
    like, unlike = list[str](), list[str]()
    for cue in (*reading.find(STATED), *reading.find(CUES)):
        if cue["cue"].casefold() == "like" and SUBJECT.search(reading.text[: cue.start()]):
            continue
        end, found = cue.end(), list[str]()
        while (title := _longest_title(reading, end, vocabulary)) is not None:
            end, ids = title
            found += ids[:MOST_NAMESAKES]
            beside = BESIDE.match(reading.text, end)
            if beside is None or _longest_title(reading, beside.end(), vocabulary) is None:
                break
            end = beside.end()
        if found:
            after = AFTER.match(reading.text, end)
            before = None if cue.re is STATED else _find_far_refusal(reading, cue.start(), vocabulary)
            reading.take(cue.start() if before is None else before, end if after is None else after.end())
            (like if cue["negated"] is None and before is None else unlike).extend(found)
    unlike += _read_refused(reading, vocabulary)
    return list(dict.fromkeys(like)), list(dict.fromkeys(unlike))


def _find_far_refusal(reading: Reading, position: int, vocabulary: Vocabulary) -> int | None:
    """The start of a refusal of what follows a position, with no label between: "I want nothing at all like"."""
    start = find_refusal(reading.text[:position], reading.languages)
    words = [] if start is None else WORD.findall(reading.text[start:position])
    return None if any(_names_label(word, vocabulary) for word in words) else start


def _names_label(name: str, vocabulary: Vocabulary) -> bool:
    return any(key in vocabulary.by_key for key in spell_keys(name))


def _read_refused(reading: Reading, vocabulary: Vocabulary) -> Iterator[str]:
    """The ids of the items whose titles follow a refusal: "no Titanic", "anything but Star Wars"."""
    for first, after in find_cues(reading.text, reading.languages):
        start, end = first, after
        found = None if TAKEN in reading.text[start:end] else _refused_title(reading, end, vocabulary)
        while found is not None:
            end, ids = found
            yield from ids[:MOST_NAMESAKES]
            reading.take(start, end)
            beside = BESIDE.match(reading.text, end)
            start = end
            found = None if beside is None else _refused_title(reading, beside.end(), vocabulary)


def _refused_title(
    reading: Reading, start: int, vocabulary: Vocabulary
) -> tuple[int, tuple[str, ...]] | None:
    """(end, ids) of the title after a refusal and at most a few words such as "with"; None without one.

    A label of that name comes before the title, and a single word in lower case is a word: "without aliens". So is
    one that others follow, such as "no Titanic disasters".
    """
    position = start
    for word in [None, *islice(WORD.finditer(reading.text, start), MOST_BETWEEN)]:
        if word is not None and (
            _names_label(word.group(), vocabulary) or not is_frame(word.group(), reading.languages)
        ):
            return None
        position = start if word is None else word.end()
        found = _longest_title(reading, position, vocabulary)
        if found is not None:
            name = reading.text[position : found[0]]
            is_word = len(name.split()) == 1 and name.strip().islower()
            refused = not is_word and not _names_label(name, vocabulary) and _ends(reading, found[0])
            return found if refused else None
    return None


def _ends(reading: Reading, position: int) -> bool:
    """True if no word of content follows right after a position of the clause, unless it refuses or joins."""
    rest = reading.text[position:]
    word = WORD.match(reading.text, position + len(rest) - len(rest.lstrip()))
    if word is None or is_frame(word.group(), reading.languages) or BESIDE.match(reading.text, position):
        return True
    return any(start == word.start() for start, _ in find_cues(reading.text, reading.languages))


def find_title(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The ids of the items of which the text is the title; none for another text."""
    return next(
        (vocabulary.titles[key] for key in title_keys(text.strip(QUOTES)) if key in vocabulary.titles), ()
    )


def _longest_title(
    reading: Reading, start: int, vocabulary: Vocabulary
) -> tuple[int, tuple[str, ...]] | None:
    """(end, ids) of the longest title that starts at a position of the clause; None without one."""
    words = list[re.Match[str]]()
    for word in WORD.finditer(reading.text, start):
        if len(words) == MOST_WORDS * 2 or TAKEN in reading.text[start : word.start()]:
            break
        words.append(word)
    if not words or reading.text[start : words[0].start()].strip(QUOTES):
        return None
    for word in reversed(words):
        name = reading.text[words[0].start() : word.end()]
        ids = find_title(name, vocabulary)
        if ids and not (is_frame(name, reading.languages) and name.islower()):
            end = word.end()
            while end < len(reading.text) and reading.text[end] in QUOTES.strip():
                end += 1
            return end, ids
    return None
