"""Checks of the settings of the language model that understands queries and words reasons."""

from pydantic import ValidationInfo


def check_chat_url(url: str) -> str:
    """The URL. Raises ValueError for one of another scheme than HTTP."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("expected a URL that starts with http:// or https://")
    return url


def check_chat_reasons(words_reasons: bool, info: ValidationInfo) -> bool:
    """Whether reasons are worded. Raises ValueError without the endpoint that would word them."""
    if words_reasons and info.data.get("chat_url") is None:
        raise ValueError("expected CHORUS_CHAT_URL beside it, whose language model words the reasons")
    return words_reasons
