"""The store over TLS with certificates of an authority of the test: only the right ones are taken.

The embedded server is built without TLS, so a proxy of the test ends it in front of the server's socket.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.state.embedded.server import EmbeddedRedis
from app.state.protocol import RecordedEvent, StateUnavailableError, StoreFault
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from models.contract.events import Event

EVENT = RecordedEvent("u", Event("i", "view", 1.0), "e")


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that signs certificates, in files of a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def path(self) -> Path:
        return self.folder / "ca.pem"

    def sign(self, name: str, address: str = "127.0.0.1") -> Path:
        """The file with the key and the certificate of an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        draft = draft_certificate(name, self.certificate.subject, key).add_extension(addresses, False)
        certificate = draft.sign(self.key, hashes.SHA256())
        path = self.folder / f"{name}.pem"
        path.write_bytes(key_text(key) + certificate.public_bytes(serialization.Encoding.PEM))
        return path


def draft_certificate(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer, named(name), key.public_key(), x509.random_serial_number(), now - DAY, now + DAY
    )


DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def key_text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def found_authority(folder: Path) -> Authority:
    folder.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    draft = draft_certificate(folder.name, named(folder.name), key)
    limits = x509.BasicConstraints(ca=True, path_length=0)
    authority = Authority(folder, key, draft.add_extension(limits, critical=True).sign(key, hashes.SHA256()))
    authority.path.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    return authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found_authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return found_authority(tmp_path_factory.mktemp("tls") / "stranger")


@asynccontextmanager
async def serve_tls(
    server: EmbeddedRedis, certificate: Path, clients: Path | None = None
) -> AsyncIterator[int]:
    """The port of a proxy with this certificate; with `clients` it demands one of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients is not None:
        context.load_verify_locations(clients)
        context.verify_mode = ssl.CERT_REQUIRED
    socket = unquote(urlsplit(server.url).path)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, ahead = await asyncio.open_unix_connection(socket)
        await asyncio.gather(copy(reader, ahead), copy(behind, writer), return_exceptions=True)

    proxy = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    async with proxy:
        yield proxy.sockets[0].getsockname()[1]


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def connect(port: int, **options: object) -> AsyncIterator[RedisStore]:
    query = "&".join(f"{name}={value}" for name, value in options.items())
    url = f"rediss://127.0.0.1:{port}/0?{query}"
    store = RedisStore(RedisSettings(url, timeout_s=10, write_timeout_s=10, prefix=f"tls-{port}"))
    try:
        yield store
    finally:
        await store.close()


async def test_the_store_works_with_the_authority_of_the_url(
    server: EmbeddedRedis, authority: Authority
) -> None:
    async with (
        serve_tls(server, authority.sign("redis")) as port,
        connect(port, ssl_ca_certs=authority.path) as store,
    ):
        assert await store.append([EVENT]) == [True]
        assert (await store.read("u")).state.events == (EVENT.event,)


Options = Callable[[Authority, Authority], dict[str, object]]


@pytest.mark.parametrize(
    ("address", "options", "words"),
    [
        ("127.0.0.1", lambda own, other: {"ssl_ca_certs": other.path}, "CERTIFICATE_VERIFY_FAILED.*issuer"),
        ("127.0.0.1", lambda own, other: {}, "CERTIFICATE_VERIFY_FAILED.*issuer"),
        (
            "127.0.0.2",
            lambda own, other: {"ssl_ca_certs": own.path},
            "CERTIFICATE_VERIFY_FAILED.*IP address mismatch",
        ),
    ],
    ids=["another authority", "the authorities of the system", "the certificate of another host"],
)
async def test_a_certificate_that_does_not_fit_is_refused_with_the_reason(
    server: EmbeddedRedis,
    authority: Authority,
    stranger: Authority,
    address: str,
    options: Options,
    words: str,
) -> None:
    certificate = authority.sign(f"redis-{address}", address)
    async with serve_tls(server, certificate) as port, connect(port, **options(authority, stranger)) as store:
        with pytest.raises(StateUnavailableError, match=words) as caught:
            await store.append([EVENT])
        assert caught.value.fault is StoreFault.UNREACHABLE


async def test_a_client_shows_its_own_certificate(server: EmbeddedRedis, authority: Authority) -> None:
    own = authority.sign("client")
    async with serve_tls(server, authority.sign("redis"), authority.path) as port:
        async with connect(port, ssl_ca_certs=authority.path, ssl_certfile=own, ssl_keyfile=own) as store:
            assert await store.append([EVENT]) == [True]
        async with connect(port, ssl_ca_certs=authority.path) as store:
            with pytest.raises(StateUnavailableError):
                await store.append([EVENT])
