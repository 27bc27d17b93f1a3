"""The default language model: meaning across languages, and threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.language import use as module
from models.language.use import UseEncoder

CAT = [
    "The cat sleeps on the sofa.",
    "Die Katze schläft auf dem Sofa.",
    "El gato duerme en el sofá.",
    "猫がソファで寝ています。",
]
TAX = [
    "The central bank raised interest rates.",
    "Die Zentralbank hat die Zinsen erhöht.",
    "El banco central subió los tipos de interés.",
    "中央銀行が金利を引き上げた。",
]


def test_translations_are_nearer_than_sentences_about_something_else(use: UseEncoder) -> None:
    cat, tax = use.encode(CAT), use.encode(TAX)
    assert min((cat @ cat.T).min(), (tax @ tax.T).min()) > (cat @ tax.T).max() + 0.2


def test_threads_share_one_model_and_get_their_own_answers() -> None:
    fresh = UseEncoder()
    texts = [f"{CAT[number % 4]} {number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: fresh.encode([text])[0], texts))
    assert np.allclose(np.stack(found), fresh.encode(texts), atol=1e-5)


def test_a_second_encoder_loads_no_second_model(use: UseEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = use.encode(CAT[:1])

    def refuse(threads: int) -> None:
        raise AssertionError(f"expected no second model, given one with threads={threads}")

    monkeypatch.setattr(module, "USE", refuse)
    assert np.array_equal(UseEncoder().encode(CAT[:1]), before)
