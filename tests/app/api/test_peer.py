"""The peer of a request, directly and behind proxies."""

from ipaddress import ip_network

import pytest

from app.api.peer import UNKNOWN, find_peer

TRUSTED = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"))


@pytest.mark.parametrize(
    ("client", "forwarded", "peer"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),  # written by the client
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("127.0.0.1", ("1.1.1.1, 198.51.100.1, 10.0.0.3",), "198.51.100.1"),
        ("127.0.0.1", ("1.1.1.1", "198.51.100.1"), "198.51.100.1"),
        ("127.0.0.1", ("198.51.100.1, nonsense",), "127.0.0.1"),
        ("127.0.0.1", ("nonsense, 10.0.0.3",), "10.0.0.3"),
        ("127.0.0.1", ("",), "127.0.0.1"),
        ("::ffff:203.0.113.9", (), "203.0.113.9"),
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64"),
        ("::1", (), "::1"),
        (None, (), UNKNOWN),
        ("/run/socket", (), UNKNOWN),
    ],
)
def test_the_peer(client: str | None, forwarded: tuple[str, ...], peer: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    scope = {"type": "http", "headers": headers, "client": client and (client, 1)}
    assert find_peer(scope, TRUSTED) == peer


def test_a_long_header_is_read_from_its_end() -> None:
    value = ",".join(["10.0.0.1"] * 100_000).encode()
    scope = {"type": "http", "headers": [(b"x-forwarded-for", value)], "client": ("127.0.0.1", 1)}
    assert find_peer(scope, TRUSTED) == "10.0.0.1"
