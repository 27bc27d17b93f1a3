"""The text vectors of many users from an embeddings endpoint, in as few of its requests as it takes."""

from collections.abc import Iterable
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from app.pipeline.query.text_query import list_texts
from models.contract.catalogue import UserState
from models.language.plan import NO_PLAN
from models.language.protocol import clean_text


def fetch_texts(bundle: LoadedBundle, states: Iterable[UserState]) -> LoadedBundle:
    """The bundle with the vectors of the users' texts; as it is for an encoder of this machine, and without texts.

    Raises TextEncoderUnavailableError: scores in a file are those with all words, or none.
    """
    encoder = bundle.text_encoder
    if not isinstance(encoder, RemoteTexts):
        return bundle
    texts = {
        clean_text(text)
        for state in states
        for text in list_texts(bundle, NO_PLAN, state.profile, state.events)
    }
    if not (wanted := sorted(texts - {""})):
        return bundle
    vectors = dict(zip(wanted, encoder.encode(wanted), strict=True))
    return replace(bundle, text_encoder=FetchedTexts(encoder.name, encoder.size, vectors))
