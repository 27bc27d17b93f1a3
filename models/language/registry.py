"""The registry of text encoders: open an encoder by the name in a job or bundle."""

from models.language.protocol import TextEncoder
from models.language.sentence_transformer import PREFIX, SentenceTransformerEncoder
from models.language.use import NAME, UseEncoder

DEFAULT = NAME


def open_text_encoder(name: str) -> TextEncoder:
    """Open the encoder with this name: "use-multilingual", or "sentence-transformers:<name or folder>".

    Raises ValueError for any other name, TextEncoderUnavailableError if a package or a model is missing.
    """
    if name == NAME:
        return UseEncoder()
    if name.startswith(PREFIX) and len(name) > len(PREFIX):
        return SentenceTransformerEncoder(name.removeprefix(PREFIX))
    raise ValueError(f"expected one of '{NAME}', '{PREFIX}<name or folder>', given '{name}'")
