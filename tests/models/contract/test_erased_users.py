"""The file of erased users beside an exported log."""

from pathlib import Path

import pytest

from models.contract.erased_users import ERASED, add_erased, digest_user, read_erased


def test_erasures_are_added_by_digest(tmp_path: Path) -> None:
    """Earlier ones stay, and of a user erased again the last time counts; the ids are not in the file."""
    assert read_erased(tmp_path) == {}
    add_erased(tmp_path, {})
    assert not (tmp_path / ERASED).exists()
    add_erased(tmp_path, {"anna": 10.0, "ben": 20.0})
    add_erased(tmp_path, {"ben": 30.0, "cora": 5.0})
    expected = {digest_user("anna"): 10.0, digest_user("ben"): 30.0, digest_user("cora"): 5.0}
    assert read_erased(tmp_path) == expected
    assert "anna" not in (tmp_path / ERASED).read_text()


@pytest.mark.parametrize("content", ["[1]", '{"a": "b"}', "{"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / ERASED).write_text(content)
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        read_erased(tmp_path)


def test_the_digest_is_sha256() -> None:
    assert digest_user("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
