"""Check before a bundle serves that its text encoder answers as in training."""

import logging
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from models.contract.bundle import TEXT_ENCODER, BundleError
from models.contract.encoder_card import read_card
from models.language.golden_sentence import check_encoder
from models.language.protocol import TextEncoderMismatchError, TextEncoderUnavailableError

LOG = logging.getLogger("chorus.bundle")


def reads_words(bundle: LoadedBundle) -> bool:
    """True if the encoder answers the golden sentence as in training, or the bundle has none to compare with.

    False where an endpoint gives no answer: such a bundle serves without words until one comes, which is then
    compared. Raises BundleError for another answer, and for an encoder of this machine that cannot be used.
    """
    encoder = bundle.text_encoder
    if encoder is None or TEXT_ENCODER not in bundle.manifest.files:
        return True
    card = read_card(bundle.folder / TEXT_ENCODER)
    if card.name != encoder.name:
        raise BundleError(f"expected a card of '{encoder.name}' in {TEXT_ENCODER}, given '{card.name}'")
    try:
        check_encoder(encoder, card.sentence, card.vector)
    except TextEncoderUnavailableError as error:
        if isinstance(error, TextEncoderMismatchError) or not isinstance(encoder, RemoteTexts):
            raise BundleError(str(error)) from error
        fields = {"encoder": encoder.name, "reason": str(error)}
        LOG.warning("text encoder not reached: the bundle serves without words", extra={"fields": fields})
        return False
    return True


def without_words(bundle: LoadedBundle) -> LoadedBundle:
    """The bundle as it answers while its encoder gives no answer."""
    encoder = bundle.text_encoder
    if encoder is None:
        return bundle
    return replace(bundle, text_encoder=FetchedTexts(encoder.name, encoder.size, {}))
