"""Bundles that change under load, and bundles that must not be served."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.e2e.conftest import Load, Running
from tests.faults.site import Site, bystander, run_command, until_more
from tests.faults.tally import Tally

KEY = "0123456789abcdef" * 2
REFUSED = (httpx.codes.UNPROCESSABLE_ENTITY,)


def swap_bundles(site: Site) -> Tally:
    """Two bundles take turns under load."""
    tally = Tally()
    for name in ("first", "second"):
        shutil.copytree(site.bundle, site.copy(name))
    service = site.start(site.copy("first"))
    asking, ranking = Load(service.url), Load(service.url, "/v1/rank", _rank)
    with asking.running(callers=2), ranking.running(callers=1):
        for name in ("second", "first", "second"):
            tally.take(service.http.post("/v1/model/reload", json={"bundle": name}))
            until_more(asking)
        site.last()
    tally.take_load(asking)
    tally.take_load(ranking)
    tally.check(
        all(len(one.json()["items"]) == 5 for one in asking.answers if one.is_success), "expected full lists"
    )
    return tally


def _rank(number: int) -> dict[str, object]:
    return {"user_id": f"u{number % 40}", "item_ids": [f"i{item}" for item in range(30)]}


def load_damaged_bundles(site: Site) -> Tally:
    """Each file of a bundle with flipped bits, empty, missing and as a link; manifests that name nothing."""
    tally, served, broken = Tally(), site.copy("served"), site.copy("broken")
    shutil.copytree(site.bundle, served)
    shutil.copytree(site.bundle, broken)
    service = site.start(served)
    version = service.http.get("/v1/model").json()["model_version"]
    with bystander(service, tally):
        for path in sorted(broken.iterdir()):
            for damage in DAMAGES:
                with _damaged(path, damage):
                    tally.take(service.http.post("/v1/model/reload", json={"bundle": "broken"}), REFUSED)
        for name in ("../served", "absent", ".", ""):
            tally.take(service.http.post("/v1/model/reload", json={"bundle": name}), REFUSED)
    tally.check(
        service.http.get("/v1/model").json()["model_version"] == version, "expected the bundle of before"
    )
    return tally


def _flip_first(path: Path, whole: bytes) -> None:
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])


def _flip_middle(path: Path, whole: bytes) -> None:
    at = len(whole) // 2
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])


def _empty(path: Path, _whole: bytes) -> None:
    path.write_bytes(b"")


def _cut(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[:-1])


def _remove(path: Path, _whole: bytes) -> None:
    path.unlink()


def _link(path: Path, _whole: bytes) -> None:
    path.unlink()
    path.symlink_to(path.parent.parent / "served" / path.name)


DAMAGES: tuple[Callable[[Path, bytes], None], ...] = (_flip_first, _flip_middle, _empty, _cut, _remove, _link)


@contextmanager
def _damaged(path: Path, damage: Callable[[Path, bytes], None]) -> Iterator[None]:
    whole = path.read_bytes()
    damage(path, whole)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(whole)


def load_unsigned_bundles(site: Site) -> Tally:
    """Where a key is set, bundles without its signature are refused, at a reload and at the start."""
    tally, served = Tally(), site.copy("served")
    for name in ("served", "unsigned", "foreign", "forged"):
        shutil.copytree(site.bundle, site.copy(name))
    for name, key in (("served", KEY), ("foreign", "k" * 32), ("forged", KEY)):
        signed = run_command("sign", site.copy(name), CHORUS_BUNDLE_KEY=key)
        tally.check(signed.returncode == 0, f"expected a signed bundle, given {signed.stderr}")
    manifest = site.copy("forged") / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"shop"', b'"shap"'))
    run_command("sign", site.copy("forged"))  # its digest is right again, its signature is not
    service = site.start(served, CHORUS_BUNDLE_KEY=KEY)
    with bystander(service, tally):
        for name in ("unsigned", "foreign", "forged"):
            tally.take(service.http.post("/v1/model/reload", json={"bundle": name}), REFUSED)
        tally.take(service.http.post("/v1/model/reload", json={"bundle": "served"}))
    tally.check(_ends(site, site.copy("unsigned")), "expected no start with an unsigned bundle")
    return tally


def _ends(site: Site, bundle: Path) -> bool:
    state = site.folder / f"refused{os.getpid()}"
    service: Running = site.launch(bundle, state, wait=False, CHORUS_BUNDLE_KEY=KEY)
    return service.process.wait(120) == 1
