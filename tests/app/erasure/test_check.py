"""`chorus verify-erasure`: what a bundle has of users, by their ids and by a list of erased users."""

import json
from pathlib import Path

import pytest

from app.cli import main
from models.contract.erasures import ErasureDocument, ErasureList, digest_user

Capture = pytest.CaptureFixture[str]
KEY = b"k" * 32


def write_list(folder: Path, **erased_at: float) -> str:
    digests = {digest_user(KEY, user_id): moment for user_id, moment in erased_at.items()}
    ErasureList(ErasureDocument(key=KEY.hex(), erased_at=digests)).write(folder / "_erasures.json")
    return str(folder / "_erasures.json")


def test_known_users_are_named_and_the_command_fails(capsys: Capture, trained: Path) -> None:
    assert main(["verify-erasure", str(trained), "--user", "u3", "--user", "nobody", "--user", "u3"]) == 1
    told = json.loads(capsys.readouterr().out)
    (remnant,) = told["remnants"]
    assert told["erased"] == 2 and told["users"] >= 2
    assert remnant["user_id"] == "u3" and remnant["events"] > 0


def test_a_bundle_without_the_user_passes(capsys: Capture, trained: Path, tmp_path: Path) -> None:
    erasures = write_list(tmp_path, nobody=5.0)
    assert main(["verify-erasure", str(trained), "--erasures", erasures]) == 0
    assert json.loads(capsys.readouterr().out)["remnants"] == []


def test_of_a_list_what_came_after_the_erasure_is_no_remnant(
    capsys: Capture, trained: Path, tmp_path: Path
) -> None:
    assert main(["verify-erasure", str(trained), "--erasures", write_list(tmp_path, u3=1e12)]) == 1
    all_of_it = json.loads(capsys.readouterr().out)["remnants"][0]["events"]
    main(["verify-erasure", str(trained), "--erasures", write_list(tmp_path, u3=1.0)])
    assert [each["events"] for each in json.loads(capsys.readouterr().out)["remnants"]] in ([], [0])
    assert all_of_it > 0


@pytest.mark.parametrize("arguments", [[], ["--erasures", "absent.json"]])
def test_without_a_question_it_fails_in_one_line(
    capsys: Capture, trained: Path, arguments: list[str]
) -> None:
    assert main(["verify-erasure", str(trained), *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 1 and "expected" in told.err
