"""The golden sentence of a bundle: its encoder answers as in training, or the bundle is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.bundle.encoder_check import reads_words
from app.bundle.loading import load_bundle
from models.contract.bundle import TEXT_ENCODER, BundleError, checksum
from tests.sealed_manifests import read_raw, write_sealed

Change = Callable[[dict[str, Any]], None]


def with_card(trained: Path, folder: Path, change: Change) -> Path:
    """A copy of a bundle with another card, whose checksum is right."""
    copy = shutil.copytree(trained, folder / "bundle")
    card = json.loads((copy / TEXT_ENCODER).read_text())
    change(card)
    (copy / TEXT_ENCODER).write_text(json.dumps(card))
    manifest = read_raw(copy)
    manifest["files"][TEXT_ENCODER] = checksum(copy / TEXT_ENCODER)
    write_sealed(copy, manifest)
    return copy


def test_the_encoder_of_training_is_accepted(trained: Path) -> None:
    bundle = load_bundle(trained, 100)
    assert TEXT_ENCODER in bundle.manifest.files
    assert reads_words(bundle)


def test_a_bundle_from_before_there_were_cards_is_accepted(trained: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(trained, tmp_path / "bundle")
    (copy / TEXT_ENCODER).unlink()
    manifest = read_raw(copy)
    del manifest["files"][TEXT_ENCODER]
    write_sealed(copy, manifest)
    assert reads_words(load_bundle(copy, 100))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda card: card.update(vector=card["vector"][::-1]),
            "answer the golden sentence as in training .* given ",
        ),
        (
            lambda card: card.update(vector=[1.0], size=1),
            "expected vectors of 1 numbers .* as in training, given 512",
        ),
        (lambda card: card.update(sentence="another one"), "answer the golden sentence as in training"),
        (lambda card: card.update(name="other"), "expected a card of 'use-multilingual' .* given 'other'"),
        (lambda card: card.update(size=3), "expected the card of a text encoder .* given"),
    ],
)
def test_an_encoder_that_answers_otherwise_is_refused(
    trained: Path, tmp_path: Path, change: Change, message: str
) -> None:
    bundle = load_bundle(with_card(trained, tmp_path, change), 100)
    with pytest.raises(BundleError, match=message):
        reads_words(bundle)
