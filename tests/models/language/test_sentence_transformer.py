"""The sentence-transformers encoder with a real model, the MiniLM of a pip package; skipped without it."""

import numpy as np
import pytest

from models.language.golden_sentence import SENTENCE, check_encoder
from models.language.protocol import TextEncoderMismatchError, TextEncoderUnavailableError
from models.language.registry import open_text_encoder
from models.language.sentence_transformer import PREFIX, SentenceTransformerEncoder


def test_meanings_are_near_each_other_whatever_the_words(minilm: SentenceTransformerEncoder) -> None:
    film, near, far = minilm.encode(
        ["a film about space travel", "astronauts fly to Mars", "how to bake bread"]
    )
    assert film @ near > film @ far + 0.2


def test_it_is_opened_by_the_folder_of_its_name_and_answers_its_golden_sentence(
    minilm: SentenceTransformerEncoder,
) -> None:
    assert minilm.size == 384
    again = open_text_encoder(minilm.name)
    check_encoder(again, SENTENCE, minilm.encode([SENTENCE])[0].tolist())
    with pytest.raises(TextEncoderMismatchError, match="golden sentence"):
        check_encoder(again, SENTENCE, minilm.encode(["another sentence"])[0].tolist())


def test_a_folder_without_a_model_is_named(minilm: SentenceTransformerEncoder, tmp_path) -> None:
    with pytest.raises(TextEncoderUnavailableError, match=f"name or folder of a .* given '{tmp_path}'"):
        open_text_encoder(PREFIX + str(tmp_path))


def test_vectors_have_length_one_in_single_precision(minilm: SentenceTransformerEncoder) -> None:
    vectors = minilm.encode(["one", ""])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 0], abs=1e-5)
