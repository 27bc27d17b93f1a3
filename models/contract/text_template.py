"""Templates of texts: "{title}. {genres}", filled in with the attributes of an item or a user."""

import re
from collections.abc import Mapping
from string import Formatter

MAX_TEMPLATE = 2000
"""Characters of a template: an encoder reads no more of a text."""

EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")
REPEATED_MARK = re.compile(r"\s*([.,;:|/–—-])(?:\s*[.,;:|/–—-])+")
BLANK_BEFORE_MARK = re.compile(r"\s+(?=[.,;:])")
BLANKS = re.compile(r"\s+")
CONNECTING = " \t\r\n,;:|/–—-"
"""Characters that say nothing at the end of a text, nor, with a full stop, at its start."""


class TemplateError(ValueError):
    """A template that cannot be read."""


def parse_template(template: str) -> tuple[tuple[str, str | None], ...]:
    """The parts of a template: text, and the placeholder after it; None after the last text.

    `{{` and `}}` stand for braces. Raises TemplateError for braces without a pair, and for a placeholder that is empty
    or has more than a name.
    """
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise TemplateError(f"expected a template such as '{{title}}. {{genres}}', given {error}") from error
    for _, name, detail, conversion in parts:
        if name is not None and (not name or detail or conversion):
            raise TemplateError(f"expected a column's name alone in braces, given {template[:80]!r}")
    return tuple((text, name) for text, name, _, _ in parts)


def list_placeholders(template: str) -> tuple[str, ...]:
    """The placeholders of a template, each once, in their order; raises TemplateError."""
    return tuple(dict.fromkeys(name for _, name in parse_template(template) if name is not None))


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders replaced by their values; "" without any value.

    A placeholder without a value leaves nothing: the texts beside it are joined, without empty brackets and repeated
    punctuation. Values and the other texts stay as they are.
    """
    filled, between, is_joined = "", "", False
    for text, name in parse_template(template):
        between += text
        value = "" if name is None else values.get(name, "")
        if value:
            joined = _join(between) if is_joined else between
            filled += (joined if filled or not is_joined else joined.lstrip(CONNECTING + ".")) + value
            between, is_joined = "", False
        elif name is not None:
            is_joined = True
    if not filled:
        return ""
    return (filled + _join(between)).rstrip(CONNECTING) if is_joined else filled + between


def _join(text: str) -> str:
    """The text around missing values, without empty brackets, repeated marks and blanks before them."""
    without_brackets = EMPTY_BRACKETS.sub("", text)
    return BLANKS.sub(" ", BLANK_BEFORE_MARK.sub("", REPEATED_MARK.sub(r"\1", without_brackets)))
