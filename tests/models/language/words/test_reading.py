"""The classes of characters of a reading are the same where case is ignored."""

import re
import sys

import pytest

from models.language.words.reading import HAN, HAN_LETTER, LETTER

TEXT = "".join(map(chr, range(sys.maxunicode + 1)))
"""Every character, in order."""


@pytest.mark.parametrize(("made", "plain"), [(LETTER, rf"[^\W{HAN}]"), (HAN_LETTER, f"[{HAN}]")])
def test_letters_do_not_depend_on_case(made: str, plain: str) -> None:
    found = re.findall(made, TEXT, re.IGNORECASE)
    assert found == re.findall(plain, TEXT, re.IGNORECASE)
    assert len(found) > 20_000
