"""The registry of text encoders: open an encoder by the name in a job or bundle."""

from models.language.endpoint import PREFIX as ENDPOINT
from models.language.endpoint import EndpointEncoder
from models.language.protocol import TextEncoder
from models.language.sentence_transformer import PREFIX, SentenceTransformerEncoder
from models.language.use import NAME, UseEncoder

DEFAULT = NAME


def open_text_encoder(name: str, size: int | None = None) -> TextEncoder:
    """Open the encoder with this name: "use-multilingual", "sentence-transformers:<name or folder>" or
    "endpoint:<model>".

    With `size`, the length of its vectors, an endpoint is not asked for it. Raises ValueError for any other name,
    TextEncoderUnavailableError if a package, a model or an answer is missing.
    """
    if name == NAME:
        return UseEncoder()
    if name.startswith(PREFIX) and len(name) > len(PREFIX):
        return SentenceTransformerEncoder(name.removeprefix(PREFIX))
    if name.startswith(ENDPOINT) and len(name) > len(ENDPOINT):
        return EndpointEncoder(name.removeprefix(ENDPOINT), size)
    raise ValueError(
        f"expected one of '{NAME}', '{PREFIX}<name or folder>', '{ENDPOINT}<model>', given '{name}'"
    )
