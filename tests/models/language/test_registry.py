"""Names of text encoders, and what is said where one cannot be opened."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from models.language.protocol import TextEncoderUnavailableError
from models.language.registry import DEFAULT, open_text_encoder


def test_the_default_is_opened_by_its_own_name() -> None:
    assert open_text_encoder(DEFAULT).name == DEFAULT


@pytest.mark.parametrize(
    "name", ["", "use", "sentence-transformers", "sentence-transformers:", "USE-multilingual"]
)
def test_any_other_name_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(ValueError, match="expected one of 'use-multilingual'.*given '" + name):
        open_text_encoder(name)


def test_a_missing_package_is_said_so_with_the_remedy(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(TextEncoderUnavailableError, match="pip install sentence-transformers"):
        open_text_encoder("sentence-transformers:a/model")


class StandIn:
    """The package is an option that the tests do without: this is the part of its interface that is used."""

    def __init__(self, model: str) -> None:
        if model != "a/model":
            raise OSError("no such model")

    def encode(self, texts: list[str], **settings: object) -> list[list[float]]:
        assert settings["convert_to_numpy"]
        return [[3.0, 4.0] for _ in texts]


def test_a_sentence_transformer_keeps_its_name_and_gives_unit_vectors(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=StandIn))
    encoder = open_text_encoder("sentence-transformers:a/model")
    assert (encoder.name, encoder.size) == ("sentence-transformers:a/model", 2)
    assert np.allclose(encoder.encode(["x", ""]), [[0.6, 0.8], [0, 0]])
    with pytest.raises(TextEncoderUnavailableError, match="given 'b/model'"):
        open_text_encoder("sentence-transformers:b/model")
