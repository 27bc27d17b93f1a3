"""Names of common genres in the languages of reasons, which queries leave to the multilingual encoder.

The check of written texts has to know a label that is named in another language, whatever encoder a bundle has.
"""

import re
from collections.abc import Iterator, Mapping

from models.language.words.reading import HAN
from models.language.words.vocabulary import LabelName, Vocabulary, spell_keys

NAMES: Mapping[str, str] = {
    "comedy": "komödie|komödien|comédie|comédies|comedia|comedias",
    "crime": "verbrechen|kriminalfilm|kriminalfilme|crimen|crímenes",
    "drama": "drame|drames",
    "war": "krieg|kriege|kriegsfilm|kriegsfilme|guerre|guerres|guerra|guerras",
    "romance": "romanze|romanzen|romantik|liebesfilm|liebesfilme|romances|romántica|romántico|romantique|romantiques",
    "adventure": "abenteuer|abenteuerfilm|abenteuerfilme|aventure|aventures|aventura|aventuras",
    "animation": "animationsfilm|animationsfilme|animación",
    "documentary": "dokumentation|dokumentarfilm|dokumentarfilme|documentaire|documentaires|documental|documentales",
    "mystery": "mystère|mystères|misterio|misterios",
    "fantasy": "fantasía|fantasie",
    "sci-fi": "science fiction|science-fiction|ciencia ficción|ciencia-ficción|科幻",
    "science fiction": "sci-fi|science-fiction|ciencia ficción|ciencia-ficción|科幻",
}
"""The English name of a label -> its words, mostly in German, French and Spanish."""
_PATTERNS = {
    english: re.compile(rf"(?<![^\W{HAN}])(?:{words})(?![^\W{HAN}])") for english, words in NAMES.items()
}


def find_translated_labels(text: str, vocabulary: Vocabulary) -> Iterator[tuple[str, LabelName]]:
    """The parts of a text that name labels of the vocabulary by these words, each in lower case with its label."""
    lower = text.lower()
    for english, pattern in _PATTERNS.items():
        rows = [row for key in spell_keys(english) for row in vocabulary.by_key.get(key, ())]
        for found in pattern.finditer(lower) if rows else ():
            yield found.group(), vocabulary.labels[rows[0]]
