"""`chorus keys` and `chorus audit` at a file, at a Redis, and at the state folder of a service."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.access.administration import parse_since
from app.access.api_key import parse_token
from app.access.key_stores import KeyFile
from app.cli import main
from app.state.embedded.address import ADDRESS, REDIS_FOLDER, join_embedded, open_embedded
from app.state.embedded.process import EmbeddedRedisError

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def state_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of the machine counts."""
    for name in ("API_KEY", "KEYS_FILE", "REDIS_URL"):
        monkeypatch.delenv(f"CHORUS_{name}", raising=False)
    folder = tmp_path / "state"
    monkeypatch.setenv("CHORUS_STATE_DIR", str(folder))
    return folder


def run(capsys: Capture, *arguments: str) -> list[str]:
    """The lines on stdout of a command that succeeds."""
    assert main(arguments) == 0, capsys.readouterr().err
    return capsys.readouterr().out.splitlines()


def refusal(capsys: Capture, *arguments: str) -> str:
    assert main(arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("chorus: ")
    return lines[0]


@pytest.fixture(params=["file", "redis", "state"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, state_dir: Path, redis_url: str
) -> Iterator[tuple[str, ...]]:
    if request.param == "file":
        yield ("--file", str(tmp_path / "keys.json"))
    elif request.param == "redis":
        yield ("--redis", redis_url)
    else:
        with open_embedded(state_dir):  # as a running service does
            yield ()


def test_the_life_of_a_key(capsys: Capture, place: tuple[str, ...]) -> None:
    def listed() -> dict[str, dict[str, Any]]:
        (line,) = run(capsys, "keys", "list", "--json", *place)
        return {row["id"]: row for row in json.loads(line)}

    before = listed() if place[:1] == ("--redis",) else {}
    roles = ("--role", "events", "--role", "recommend")
    more = ("--tenant", "shop", "--name", "sync", "--expires", "30")
    (token,) = run(capsys, "keys", "create", *roles, *more, *place)
    parts = parse_token(token)
    assert parts is not None
    key_id, secret = parts
    row = listed()[key_id]
    assert (row["roles"], row["tenant"], row["name"]) == ("recommend,events", "shop", "sync")
    assert row["state"] == "valid" and row["expires_at"] != "-"
    (new_token,) = run(capsys, "keys", "rotate", key_id, "--overlap", "0", *place)
    new_id = (parse_token(new_token) or ("", ""))[0]
    rows = listed()
    assert rows[key_id]["state"] == "expired" and rows[new_id]["state"] == "valid"
    assert run(capsys, "keys", "revoke", new_id, *place) == [f"{new_id} is revoked"]
    rows = listed()
    assert rows.keys() - before.keys() == {key_id, new_id} and rows[new_id]["state"] == "revoked"
    lines = run(capsys, "keys", "list", *place)
    assert re.split(r" {2,}", lines[0])[:3] == ["id", "state", "roles"] and len(lines) == len(rows) + 1
    assert secret not in "\n".join(lines)
    for wrong in (("keys", "revoke", new_id), ("keys", "rotate", new_id), ("keys", "revoke", "nobody")):
        assert "expected " in refusal(capsys, *wrong, *place)


def test_changes_of_keys_in_redis_are_in_the_audit(capsys: Capture, state_dir: Path) -> None:
    started = time.time()
    with open_embedded(state_dir):
        (token,) = run(capsys, "keys", "create", "--role", "admin", "--name", "ops")
        key_id = (parse_token(token) or ("", ""))[0]
        (new_token,) = run(capsys, "keys", "rotate", key_id)
        new_id = (parse_token(new_token) or ("", ""))[0]
        run(capsys, "keys", "revoke", new_id)
        acts = [json.loads(line) for line in run(capsys, "audit", "--json")]
        assert [(act["action"], act["subject"], act["result"]) for act in acts] == [
            ("key.create", f"key:{key_id}", "ok"),
            ("key.rotate", f"key:{key_id}", "ok"),
            ("key.revoke", f"key:{new_id}", "ok"),
        ]
        assert all(act["who"].startswith("cli:") and started - 1 <= act["at"] for act in acts)
        assert acts[1]["detail"] == {"new": new_id, "overlap_s": 86_400}
        assert token not in json.dumps(acts) and new_token not in json.dumps(acts)
        lines = run(capsys, "audit", "--since", "1h", "--state", str(state_dir))
        assert len(lines) == 3 and f"key.create key:{key_id} ok roles=admin name=ops" in lines[0]
        (of_shop,) = run(capsys, "keys", "create", "--role", "admin", "--tenant", "shop")
        run(capsys, "keys", "rotate", (parse_token(of_shop) or ("", ""))[0])
        run(capsys, "keys", "revoke", (parse_token(of_shop) or ("", ""))[0])
        acts = [json.loads(line) for line in run(capsys, "audit", "--json")]
        assert [act["tenant"] for act in acts] == [*3 * [""], *3 * ["shop"]]
        assert [" tenant=shop" in line for line in run(capsys, "audit")] == [*3 * [False], *3 * [True]]
        assert run(capsys, "audit", "--since", "2100-01-01") == []
    assert len(run(capsys, "audit")) == 6, "without a running service too"


def test_the_keys_file_of_the_settings_is_used_for_keys_alone(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, redis_url: str
) -> None:
    path = tmp_path / "keys.json"
    monkeypatch.setenv("CHORUS_KEYS_FILE", str(path))
    run(capsys, "keys", "create", "--role", "write")
    assert len(KeyFile(path).read_now()) == 1
    monkeypatch.setenv("CHORUS_REDIS_URL", redis_url)
    run(capsys, "audit", "--since", "1s")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("keys", "list"), "expected the state folder of a service, given "),
        (("keys", "list", "--redis", "redis://127.0.0.1:1"), "expected an answer from Redis, given "),
        (("keys", "list", "--redis", "localhost:6379"), "expected a URL that starts with one of redis://"),
        (("keys", "list", "--file", "/nowhere/keys.json"), "expected a file of keys at /nowhere/keys.json"),
        (("keys", "create", "--role", "events", "--tenant", "A B"), "expected a tenant of up to 64"),
        (("keys", "create", "--role", "events", "--expires", "0"), "expected a time of more than 0"),
        (("keys", "create", "--role", "events", "--expires", "nan"), "expected a time of more than 0"),
        (("audit", "--since", "yesterday"), "expected an age such as 30m, 12h or 7d"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    capsys: Capture, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    if arguments[1] == "create":
        arguments += ("--file", str(tmp_path / "keys.json"))
    assert message in refusal(capsys, *arguments)


def test_places_exclude_each_other(capsys: Capture, tmp_path: Path) -> None:
    for places in (("--file", "a", "--redis", "redis://x"), ("--redis", "redis://x", "--state", "b")):
        assert "expected one of --file, --redis and --state" in refusal(capsys, "keys", "list", *places)


def test_a_missing_role_ends_with_2(capsys: Capture) -> None:
    for arguments in (["keys", "create"], ["keys"], ["keys", "create", "--role", "king"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
    assert "invalid choice: 'king' (choose from" in capsys.readouterr().err


def test_serve_refuses_a_keys_file_that_cannot_be_used(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trained: Path
) -> None:
    monkeypatch.setenv("CHORUS_KEYS_FILE", str(tmp_path / "none.json"))
    assert "expected a file of keys" in refusal(capsys, "serve", str(trained))


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("90s", 999_910.0),
        ("30m", 998_200.0),
        ("2h", 992_800.0),
        ("1d", 913_600.0),
        ("1763740800", 1763740800.0),
        ("2025-11-21T16:00:00Z", 1763740800.0),
        ("2025-11-21T17:00:00+01:00", 1763740800.0),
        ("2025-11-21", 1763683200.0),
    ],
)
def test_since(text: str, since: float) -> None:
    assert parse_since(text, 1_000_000.0) == since


def test_an_address_left_behind_does_not_count(state_dir: Path) -> None:
    """A killed service cannot remove it; another server may have its port by now."""
    with open_embedded(state_dir) as url:
        address = state_dir / REDIS_FOLDER / ADDRESS
        assert address.stat().st_mode & 0o777 == 0o600
        with join_embedded(state_dir) as joined:
            assert joined == url
        address.unlink()
        with pytest.raises(EmbeddedRedisError, match="has started"), join_embedded(state_dir):
            pass
    address.write_text("redis://127.0.0.1:1/0")
    with join_embedded(state_dir) as started:
        assert started not in ("redis://127.0.0.1:1/0", "")
    assert not address.exists()
