"""The list of erased users: who is found in it, and files that are none."""

import hashlib
import hmac
from pathlib import Path

import pytest

from models.contract.erasures import (
    ErasureDocument,
    ErasureList,
    ErasureListError,
    digest_user,
    find_erased,
)

KEY = b"k" * 32


def erasures(key: bytes = KEY, **erased_at: float) -> ErasureList:
    digests = {digest_user(key, user_id): moment for user_id, moment in erased_at.items()}
    return ErasureList(ErasureDocument(key=key.hex(), erased_at=digests))


def test_the_digest_is_the_first_half_of_an_hmac() -> None:
    assert digest_user(KEY, "ü") == hmac.new(KEY, "ü".encode(), hashlib.sha256).hexdigest()[:32]


def test_users_are_found_by_their_ids(tmp_path: Path) -> None:
    erasures(anna=5.0, bert=7.5).write(tmp_path / "list.json")
    read = ErasureList.read(tmp_path / "list.json")
    assert len(read) == 2 and read.find(["bert", "carl", "ann"]) == {"bert": 7.5}
    assert "anna" not in (tmp_path / "list.json").read_text()


def test_the_later_of_two_erasures_counts() -> None:
    lists = [erasures(anna=5.0, bert=9.0), erasures(b"o" * 32, anna=6.0, bert=2.0, carl=1.0)]
    assert find_erased(lists, ["anna", "bert", "carl", "dora"]) == {"anna": 6.0, "bert": 9.0, "carl": 1.0}
    assert find_erased([], ["anna"]) == {}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "No such file"),
        ("user_id\n5\n", "the document is wrong"),
        ('{"format": 2, "key": "' + KEY.hex() + '", "erased_at": {}}', "format is wrong"),
        ('{"key": "short", "erased_at": {}}', "key is wrong"),
        ('{"key": "' + KEY.hex() + '", "erased_at": {"anna": 5}}', "anna"),
        ('{"key": "' + KEY.hex() + '", "erased_at": {"' + "0" * 32 + '": "5"}}', "0" * 32),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str | None, fault: str) -> None:
    path = tmp_path / "list.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ErasureListError, match="expected a list of erased users") as caught:
        ErasureList.read(path)
    assert fault in str(caught.value)
