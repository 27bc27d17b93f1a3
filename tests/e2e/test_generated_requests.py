"""A few hundred generated requests; `make test-generated` sends a million."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.faults.generated.__main__ import PATIENT, draw_requests
from tests.faults.generated.portion import send_portion

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Launch


def test_no_generated_request_gets_a_5xx_or_an_error_that_is_not_json(
    launch: "Launch", trained: "Path", tmp_path: "Path"
) -> None:
    service = launch(trained, tmp_path / "state", **PATIENT)
    address = urlsplit(service.url)
    drawer = draw_requests(service.http, seed=1)
    counts = asyncio.run(send_portion((address.hostname, address.port), drawer, range(500)))
    assert counts.faults == []
    assert counts.requests == 500 and {"200", "400", "404", "422"} <= counts.statuses.keys()
