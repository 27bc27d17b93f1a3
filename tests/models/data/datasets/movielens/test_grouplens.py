"""GroupLens' archive, from a server of this test. No other network is needed."""

import io
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from models.data.datasets.movielens import grouplens
from models.data.datasets.movielens.grouplens import FILES, fetch_grouplens, read_grouplens
from models.data.datasets.movielens.tables import FetchError, MovieLens


@contextmanager
def serving(body: bytes, status: int = 200, length: int | None = None) -> Iterator[str]:
    """The URL of a server that gives every request the same answer; `length` is the one that it announces."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/ml-100k.zip"
        server.shutdown()
        thread.join()


def test_the_tables_of_the_archive(
    grouplens_archive: bytes, tables: MovieLens, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(grouplens_archive) as url:
        monkeypatch.setattr(grouplens, "URL", url)
        assert fetch_grouplens() == tables


def test_an_item_without_all_its_flags() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in FILES:
            archive.writestr(
                name, "1|Toy Story (1995)|01-Jan-1995||http://x|0|0|1\n" if "item" in name else ""
            )
    with pytest.raises(FetchError, match=r"expected 24 cells in a line, given '1\|Toy Story"):
        read_grouplens(stream.getvalue())


def test_every_failure_of_the_server_is_one_error(
    grouplens_archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body, status, length, message in (
        (b"", 503, None, "HTTP Error 503"),
        (grouplens_archive[:100], 200, len(grouplens_archive), "IncompleteRead"),
        (b"<html>moved</html>", 200, None, "expected a whole ZIP archive"),
    ):
        with serving(body, status, length) as url:
            monkeypatch.setattr(grouplens, "URL", url)
            with pytest.raises(FetchError, match=message):
                fetch_grouplens()
    monkeypatch.setattr(grouplens, "URL", url)  # nobody listens there any more
    with pytest.raises(FetchError, match=f"expected an archive at {url}, given .*refused"):
        fetch_grouplens()
