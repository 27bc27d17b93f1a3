"""The baseline for items without events: the cosine of their words (TF-IDF) to the user's history."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.baselines.protocol import Scorer
from models.evaluation.protocols import InteractionSet

WORD = re.compile(r"\w\w+")


@dataclass(frozen=True, slots=True)
class TextCosine:
    """Scores an item by the sum of its cosines to the items of the history, from `vectors` [I, W] of length 1."""

    vectors: sparse.csr_array
    settings: str = "TF-IDF of the item table's texts and categories"

    def fit(self, interactions: InteractionSet) -> Scorer:
        """See Baseline.fit: nothing is learned from the interactions."""

        def score(histories: sparse.csr_array) -> Floats:
            profiles = histories.astype(np.float32) @ self.vectors
            return np.asarray((profiles @ self.vectors.T).toarray(), dtype=np.float32)

        return score


def weigh_words(texts: Sequence[str]) -> sparse.csr_array:
    """float32 [I, W]: the count of each word in each text, times its rarity, in rows of length 1.

    Words have two letters or digits at least, in lower case. Rarity is log((1 + I) / (1 + texts with the word)) + 1, as
    scikit-learn has it. A text without words has zeros.
    """
    counts = [Counter(WORD.findall(text.lower())) for text in texts]
    column_of = {
        word: column for column, word in enumerate(sorted({word for each in counts for word in each}))
    }
    rows = np.repeat(np.arange(len(texts)), [len(each) for each in counts])
    columns = np.array([column_of[word] for each in counts for word in each], dtype=np.int64)
    values = np.array([count for each in counts for count in each.values()], dtype=np.float64)
    rarity = np.log((1 + len(texts)) / (1 + np.bincount(columns, minlength=len(column_of)))) + 1
    values *= rarity[columns]
    lengths = np.sqrt(np.bincount(rows, weights=values**2, minlength=len(texts)))
    values /= lengths[rows]
    return sparse.csr_array((values.astype(np.float32), (rows, columns)), shape=(len(texts), len(column_of)))
