"""Keys in a file and in Redis: one contract; and what only the file promises."""

import asyncio
import json
import threading
from pathlib import Path

import pytest

from app.access.api_key import (
    ApiKey,
    InvalidKeyError,
    KeyRequest,
    create_key,
    parse_token,
    revoke_key,
    rotate_key,
)
from app.access.key_stores import KeyFile, KeyStore, KeyStoreError, RedisKeys
from app.access.roles import Role
from app.state.redis.client import RedisClient
from tests.app.access.conftest import DEADLINE_S

HOUR = 3600.0


def make(now: float = 1000.0, **given: object) -> ApiKey:
    return create_key(KeyRequest(**{"roles": (Role.RECOMMEND,), **given}), now)[1]


@pytest.fixture(params=["file", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path, client: RedisClient) -> KeyStore:
    if request.param == "file":
        return KeyFile(tmp_path / "keys.json")
    return RedisKeys(client, "test", DEADLINE_S)


async def test_what_is_stored_is_read(store: KeyStore) -> None:
    plain = make()
    full = make(2000.5, roles=(Role.WRITE, Role.EVENTS), tenant="shop", name="Ünïcode", expires_after_s=HOUR)
    await store.change(lambda _keys: [plain])
    await store.change(lambda keys: [full] if keys == (plain,) else [])
    assert {key.key_id: key for key in await store.read()} == {plain.key_id: plain, full.key_id: full}
    revoked = revoke_key(full, 3000.0)
    await store.change(lambda _keys: [revoked])
    assert set(await store.read()) == {plain, revoked}


async def test_nothing_stored_holds_a_secret(store: KeyStore, tmp_path: Path, client: RedisClient) -> None:
    token, key = create_key(KeyRequest((Role.ADMIN,)), 1000.0)
    await store.change(lambda _keys: [key])
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())  # noqa: ASYNC240
    hashed = await client.run_command("HGETALL", "test:api_keys", deadline_s=DEADLINE_S)
    assert key.key_id.encode() in files + repr(hashed).encode()
    assert token.rpartition("_")[2].encode() not in files + repr(hashed).encode()


async def test_a_damaged_store_is_refused_as_a_whole(
    store: KeyStore, tmp_path: Path, client: RedisClient
) -> None:
    await store.change(lambda _keys: [make()])
    assert len(await store.read()) == 1
    if isinstance(store, KeyFile):
        (tmp_path / "keys.json").write_text('{"format": 1, "keys": [{"key_id": "x"}]}')
    else:
        await client.run_command("HSET", "test:api_keys", "x", '{"key_id": "x"}', deadline_s=DEADLINE_S)
    with pytest.raises(KeyStoreError, match=r"^expected "):
        await store.read()


def write_changes(path: Path, count: int) -> None:
    for _ in range(count):
        asyncio.run(KeyFile(path).change(lambda _keys: [make()]))


def test_changes_of_a_file_at_once_keep_all(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    threads = [threading.Thread(target=write_changes, args=(path, 5)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(KeyFile(path).read_now()) == 20
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["keys.json", "keys.json.lock"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"keys": []}',
        '{"format": 2, "keys": []}',
        '{"format": 1, "keys": [], "more": 1}',
        '{"format": 1, "keys": {}}',
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyStoreError, match=rf"^expected a file of keys of format 1 at {path}"):
        KeyFile(path).read_now()


@pytest.mark.parametrize(
    "change",
    [{"roles": ["king"]}, {"digest": "short"}, {"key_id": "../x"}, {"extra": 1}, {"created_at": "x"}],
)
def test_a_wrong_record_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "keys.json"
    asyncio.run(KeyFile(path).change(lambda _keys: [make()]))
    document = json.loads(path.read_text())
    document["keys"][0] |= change
    path.write_text(json.dumps(document))
    with pytest.raises(KeyStoreError):
        KeyFile(path).read_now()


def test_an_id_twice_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(KeyStoreError, match="given none; 'chorus keys create' makes one"):
        KeyFile(path).read_now()
    asyncio.run(KeyFile(path).change(lambda _keys: [make()]))
    document = json.loads(path.read_text())
    document["keys"] *= 2
    path.write_text(json.dumps(document))
    with pytest.raises(KeyStoreError, match="each key id once"):
        KeyFile(path).read_now()


def test_tokens_are_random_and_have_256_bits() -> None:
    tokens = {create_key(KeyRequest((Role.EVENTS,)), 0.0)[0] for _ in range(100)}
    assert len(tokens) == 100
    for token in tokens:
        parts = parse_token(token)
        assert parts is not None and len(bytes.fromhex(parts[1])) == 32
        for wrong in (token[:-1], token + "0", token.upper(), f" {token}", token.replace("_", "-")):
            assert parse_token(wrong) is None


def test_validity_by_hand() -> None:
    key = make(1000.0, expires_after_s=60.0)
    assert [key.find_end(now) for now in (1000.0, 1059.9, 1060.0)] == [None, None, "expired"]
    assert revoke_key(key, 1001.0).find_end(1002.0) == "revoked"
    with pytest.raises(InvalidKeyError, match="not revoked"):
        revoke_key(revoke_key(key, 1001.0), 1002.0)


def test_a_rotation_overlaps_and_keeps_roles_tenant_and_life() -> None:
    key = make(0.0, roles=(Role.WRITE,), tenant="shop", name="sync", expires_after_s=100 * HOUR)
    _token, new, old = rotate_key(key, 2 * HOUR, 10 * HOUR)
    assert (new.roles, new.tenant, new.name) == (key.roles, "shop", "sync")
    assert (new.created_at, new.expires_at) == (10 * HOUR, 110 * HOUR)
    assert new.key_id != key.key_id and (old.key_id, old.expires_at) == (key.key_id, 12 * HOUR)
    assert rotate_key(key, 2 * HOUR, 99 * HOUR)[2].expires_at == 100 * HOUR, "never longer than before"
    assert rotate_key(make(0.0), 0.0, 5.0)[1].expires_at is None
    for wrong in (revoke_key(key, 1.0), make(0.0, expires_after_s=1.0)):
        with pytest.raises(InvalidKeyError, match=r"^expected a valid key"):
            rotate_key(wrong, HOUR, 2.0)
    with pytest.raises(InvalidKeyError, match="overlap"):
        rotate_key(key, -HOUR, 2.0)


@pytest.mark.parametrize(
    "given",
    [
        {"roles": ()},
        {"tenant": "Shop"},
        {"tenant": "a b"},
        {"tenant": "x" * 65},
        {"name": "line\nbreak"},
        {"name": "x" * 101},
        {"expires_after_s": 0.0},
        {"expires_after_s": -1.0},
    ],
)
def test_a_key_that_cannot_be_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(InvalidKeyError, match=r"^expected "):
        make(**given)
