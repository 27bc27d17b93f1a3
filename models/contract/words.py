"""Words of items' texts, and the cosine of a text to known ones by its rarer words (TF-IDF, Salton & Buckley 1988)."""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Indices, Indices32

WORD = re.compile(r"\w\w+")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Kana and Chinese characters, which no spaces part into words."""


class InvertedIndex(NamedTuple):
    """An inverted index: the words of N texts, each with the texts that have it; the vectors of texts have length 1."""

    codes: NDArray[np.uint32]  # [V] of the words, ascending
    rarity: Floats  # [V]
    offsets: Indices  # [V + 1]: word v is in the texts offsets[v]:offsets[v + 1]
    texts: Indices32  # [n] numbers of texts
    weights: Floats  # [n]
    size: int  # N


def split_words(text: str) -> list[str]:
    """The words in lower case, of two letters or digits at least; pairs of characters where no spaces part words."""
    words: list[str] = []
    for word in WORD.findall(text.lower()):
        words += [word[at : at + 2] for at in range(len(word) - 1)] if UNSPACED.search(word) else [word]
    return words


def count_words(text: str) -> tuple[NDArray[np.uint32], Doubles]:
    """The codes (CRC-32) of the distinct words, ascending, and 1 + log of the count of each."""
    counts = Counter(zlib.crc32(word.encode()) for word in split_words(text))
    codes = sorted(counts)
    return np.array(codes, dtype=np.uint32), 1 + np.log([counts[code] for code in codes])


def index_words(texts: Sequence[str]) -> InvertedIndex:
    """The index of N texts. Rarity is log((1 + N) / (1 + texts with the word)) + 1."""
    counted = [count_words(text) for text in texts]
    words = np.concatenate([np.zeros(0, np.uint32), *(codes for codes, _ in counted)])
    numbers = np.repeat(np.arange(len(texts)), [len(codes) for codes, _ in counted])
    codes, column, having = np.unique(words, return_inverse=True, return_counts=True)
    rarity = np.log((1 + len(texts)) / (1 + having)) + 1
    values = np.concatenate([np.zeros(0), *(counts for _, counts in counted)]) * rarity[column]
    lengths = np.sqrt(np.bincount(numbers, values**2, minlength=len(texts)))
    values /= lengths[numbers]
    order = np.argsort(column, kind="stable")
    return InvertedIndex(
        codes,
        rarity.astype(np.float32),
        np.concatenate([[0], np.cumsum(having)]).astype(np.int64),
        numbers[order].astype(np.int32),
        values[order].astype(np.float32),
        len(texts),
    )


def measure_cosines(index: InvertedIndex, text: str) -> Floats:
    """[N] the cosine of a text to each text of the index. A word that the index lacks counts in the text's length."""
    codes, values = count_words(text)
    if not len(codes) or not len(index.codes):
        return np.zeros(index.size, dtype=np.float32)
    places = np.minimum(np.searchsorted(index.codes, codes), len(index.codes) - 1)
    known = index.codes[places] == codes
    values = values * np.where(known, index.rarity[places], np.log(1 + index.size) + 1)
    values = (values / np.linalg.norm(values))[known]
    starts, ends = index.offsets[places[known]], index.offsets[places[known] + 1]
    parts = [np.arange(start, end) for start, end in zip(starts, ends, strict=True)]
    found = np.concatenate([np.zeros(0, dtype=np.int64), *parts])
    weights = index.weights[found] * np.repeat(values, ends - starts)
    return np.bincount(index.texts[found], weights, minlength=index.size).astype(np.float32)
