"""Read a critique of a shown list: what it praises, what it refuses, and what it asks for instead."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.language.critique.clause import Clause, split_clauses
from models.language.critique.opinion import Opinion, Sign, cut_signs, is_sign, sum_signs
from models.language.critique.place import PlaceReference, Whole, count_items, find_places
from models.language.critique.wish import (
    Relation,
    asks_for,
    cut_relations,
    cut_similar,
    find_lacking,
    find_less,
    find_more,
    has_content,
    is_filler,
    name_love,
    strip_fillers,
)
from models.language.titles import Mention, TitleIndex, split_title

SHORTEST_PART = 4
"""Letters of a single word by which a shown title is known, if no other shown title has it."""

_CONJUNCTION = re.compile(r"(?<!\w)(?:and|or|nor|und|oder|noch|y|o|ni|et|ou)(?!\w)|和|或")


@dataclass(frozen=True, slots=True)
class Critique:
    """The content of a critique. Items are numbers of titles in the index; shown ones come in the order of the list."""

    praised: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    wishes: tuple[str, ...] = ()  # texts that ask for something, each to be understood as a query
    relations: tuple[Relation, ...] = ()  # comparisons with what was shown
    wants_similar: bool = False  # "more like that"
    seen: tuple[int, ...] = ()  # known already, without an opinion


@dataclass(frozen=True, slots=True)
class _Judged:
    """A clause with the items that it refers to, and with what it says about them."""

    clause: Clause
    items: tuple[int, ...]
    excepted: tuple[int, ...]
    others: bool
    opinion: Opinion | None


def read_critique(text: str, shown: Sequence[tuple[int, str]], catalogue: TitleIndex) -> Critique:
    """Read a critique of a list of n items, `shown` by their numbers and titles; other titles are in the catalogue.

    A clause that refers to items says what it says about them; one without an opinion says what the one before it
    says, or else the next. A clause without items asks for something. The last word about an item counts.
    """
    plain = text.replace("’", "'")
    clauses = split_clauses(plain, _find_titles(plain, shown, catalogue))
    judged = _share_opinions([_judge(clause, [number for number, _ in shown]) for clause in clauses])
    opinions = _collect(judged, [number for number, _ in shown])
    wishes, relations, similar = [], list[Relation](), False
    for each in judged:
        rest, wants_similar = cut_similar(each.clause.text.lower())
        rest, found = cut_relations(rest)
        similar |= wants_similar
        relations += found
        compares = any(isinstance(part, PlaceReference) and part.is_empty for part in each.clause.references)
        if not (each.items or each.others or compares):
            wishes += _read_wish(rest, each.clause.signs)
    return Critique(
        praised=tuple(number for number, opinion in opinions.items() if opinion is Opinion.PRAISE),
        refused=tuple(number for number, opinion in opinions.items() if opinion is Opinion.REFUSAL),
        wishes=tuple(wishes),
        relations=tuple(dict.fromkeys(relations)),
        wants_similar=similar,
        seen=tuple(
            dict.fromkeys(
                item
                for each in judged
                if Sign.SEEN in each.clause.signs and each.opinion is None
                for item in each.items
            )
        ),
    )


def _find_titles(text: str, shown: Sequence[tuple[int, str]], catalogue: TitleIndex) -> list[Mention]:
    """The mentions of titles, shown items first: by the whole title, or by a word that one of them alone has."""
    parts: dict[tuple[str, ...], list[int]] = {}
    for number, title in shown:
        for word in {word for words in split_title(title) for word in words if len(word) >= SHORTEST_PART}:
            parts.setdefault((word,), []).append(number)
    single = TitleIndex({words: tuple(numbers) for words, numbers in parts.items() if len(numbers) == 1})
    found: list[Mention] = []
    for index, capitals in ((TitleIndex.of(shown), False), (catalogue, True), (single, True)):
        for mention in index.find(text, _is_common, capitals=capitals):
            if all(mention.end <= other.start or other.end <= mention.start for other in found):
                found.append(mention)
    return sorted(found, key=lambda mention: mention.start)


def _is_common(word: str) -> bool:
    """Whether a word in lower case is one of opinions, places or fillers, by which no title is meant."""
    if is_filler(word) or is_sign(word):
        return True
    return any((place.start, place.end) == (0, len(word)) for place in find_places(word))


def _judge(clause: Clause, shown: Sequence[int]) -> _Judged:
    items, excepted = list[int](), list[int]()
    others, excepting = False, False
    specific = [each for each in clause.references if not (isinstance(each, PlaceReference) and each.whole)]
    wholes = {each.whole for each in clause.references if isinstance(each, PlaceReference)}
    has_exception, has_others = Whole.EXCEPT in wholes, Whole.OTHERS in wholes
    for reference in clause.references:
        if isinstance(reference, Mention):
            (excepted if excepting else items).extend(reference.titles)
        elif reference.whole is Whole.EXCEPT:
            excepting = True
        elif reference.whole in (Whole.ALL, Whole.BOTH):
            fits = reference.whole is Whole.ALL or len(shown) == 2
            if fits and not has_others and (not specific or has_exception):
                items += shown
            excepting = False
        elif reference.whole is Whole.OTHERS:
            others, excepting = True, False
        else:
            (excepted if excepting else items).extend(_resolve(reference, shown))
    if excepted and not (items or others) and Sign.NEGATION in clause.signs:
        items += [] if has_content(cut_signs(clause.text.lower())) else shown  # "none but the first"
    return _Judged(
        clause,
        tuple(item for item in dict.fromkeys(items) if item not in excepted),
        tuple(excepted),
        others,
        _sum_clause(clause),
    )


def _sum_clause(clause: Clause) -> Opinion | None:
    """The opinion of a clause; who wants more of an item, or others like it, praises it."""
    if clause.signs or not clause.references:
        return sum_signs(clause.signs)
    return Opinion.PRAISE if asks_for(clause.text.lower()) else None


def _resolve(reference: PlaceReference, shown: Sequence[int]) -> list[int]:
    """The items at the places that the list has."""
    count = len(shown)
    places = [place + count if place < 0 else place for place in reference.places]
    return [shown[place] for place in places if 0 <= place < count]


def _share_opinions(judged: list[_Judged]) -> list[_Judged]:
    """The clauses, where one that refers to items without an opinion takes that of the one before, or else the next."""
    shared: list[_Judged] = []
    last: Opinion | None = None
    for index, each in enumerate(judged):
        refers = each.items or each.others
        opinion = each.opinion
        if refers and opinion is None and Sign.SEEN not in each.clause.signs:
            opinion = _borrow(each, shared, judged[index + 1 :], last)
        before = shared[-1] if shared else None
        if each.clause.negates and before is not None and before.opinion is Opinion.REFUSAL:
            # "I hate the first, not the second" refuses one item; "not the first, not the second" refuses both.
            opinion = (
                opinion if Sign.NEGATION in before.clause.signs or not before.clause.references else None
            )
        if refers and opinion is not None:
            last = opinion
        shared.append(replace(each, opinion=opinion))
    return shared


def _borrow(
    each: _Judged, before: Sequence[_Judged], after: Sequence[_Judged], last: Opinion | None
) -> Opinion | None:
    """The opinion of a clause that refers to items and has none; None where what is beside it disagrees."""
    for other in (*after[:1], *before[-1:]):
        if _only_judges(other):
            answers = other in before and {*other.clause.signs} == {Sign.NEGATION}  # "No, the first."
            return None if answers else other.opinion
    if has_content(each.clause.text.lower()):
        return None  # It says something that is not understood.
    following = next((other for other in after if (other.items or other.others) and other.opinion), None)
    if each.clause.contrasts:
        # "Not the first but the second"; of "the first is great, but the second" the end is missing.
        last = Opinion.PRAISE if before and before[-1].clause.negates else None
    elif before and before[-1].clause.negates and not _CONJUNCTION.search(_join_texts([each, *after])):
        return (
            None  # "Not the first, the second" may mean either; "not the first, second or third" is a list.
        )
    if following is not None and following.clause.negates:
        return None if last is Opinion.REFUSAL else Opinion.PRAISE  # "the first, not the second"
    if last is None and following is not None and not each.clause.contrasts:
        if following.opinion is Opinion.REFUSAL and following.clause.judges_first:
            return None  # "The first, I hate the second" may be read as a contrast too.
        return following.opinion
    return last


def _join_texts(judged: Sequence[_Judged]) -> str:
    """The texts up to the first clause that has an opinion of its own, or that refers to nothing."""
    ends = (index for index, each in enumerate(judged) if each.clause.signs or not each.clause.references)
    return " ".join(each.clause.text.lower() for each in judged[: next(ends, len(judged))])


def _only_judges(judged: _Judged) -> bool:
    """Whether a clause has an opinion and nothing else, such as "great" in "the first: great"."""
    says_more = has_content(cut_signs(judged.clause.text.lower()))
    return judged.opinion is not None and not judged.clause.references and not says_more


def _collect(judged: Sequence[_Judged], shown: Sequence[int]) -> dict[int, Opinion]:
    """The opinion of each item to which the critique refers, shown ones first."""
    opposite = {Opinion.PRAISE: Opinion.REFUSAL, Opinion.REFUSAL: Opinion.PRAISE}
    opinions: dict[int, Opinion] = {}
    for each in judged:
        if each.opinion is not None:
            opinions |= dict.fromkeys(each.items, each.opinion)
            opinions |= dict.fromkeys(each.excepted, opposite[each.opinion])
    for each in judged:
        if each.others and each.opinion is not None:
            rest = [item for item in shown if item not in opinions and item not in each.excepted]
            opinions |= dict.fromkeys(rest, each.opinion)
    order = {number: place for place, number in enumerate(shown)}
    return dict(sorted(opinions.items(), key=lambda pair: order.get(pair[0], len(order))))


def _read_wish(text: str, signs: Sequence[Sign]) -> list[str]:
    """The wish of a clause without items, in lower case, as a query; none for one that says nothing or only blames."""
    bare = strip_fillers(name_love(cut_signs(text)))
    if not has_content(bare):
        return []
    if (count := count_items(bare)) is not None and not signs:
        return [f"top {count}"]
    if (lacking := find_lacking(text)) is not None:
        return [lacking]
    less, more = find_less(text), find_more(text)
    if less is not None and Sign.NEGATION not in signs:
        return [_refuse(less)]
    if sum_signs(signs) is Opinion.REFUSAL:
        return [_refuse(bare)] if Sign.NEGATION in signs or _blames(text) else []
    if more is not None:
        return [more]
    return [bare if Sign.GOOD in signs else strip_fillers(name_love(text))]


def _blames(text: str) -> bool:
    """Whether a clause hates a kind of items, such as "I hate horror"."""
    words = ("hate", "dislike", "avoid", "hasse", "odio", "déteste", "讨厌", "討厭", "反感")
    return any(word in text for word in words)


def _refuse(words: str) -> str:
    """The words as a refusal in a query."""
    return f"不要{words}" if any("\u3400" <= letter <= "\u9fff" for letter in words) else f"no {words}"
