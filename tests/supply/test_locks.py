"""The locks in requirements/: they cover pyproject.toml, agree with each other, and name hashes and no place."""

import re

import pytest

from tests.structure import ROOT
from tests.supply.requirement_files import EXTRAS, FOLDER, Pin, dependencies, lock_path, pins

LOCKS = sorted(EXTRAS)


def read(name: str) -> dict[str, Pin]:
    return pins(lock_path(name).read_text("utf-8"))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_covers_pyproject_at_allowed_versions(name: str) -> None:
    locked = read(name) | read("torch")
    for requirement in dependencies(*EXTRAS[name]):
        key = re.sub(r"[-_.]+", "-", requirement.name).lower()
        assert key in locked, f"{name}.lock lacks {requirement}: run `make lock`"
        version = locked[key].version
        assert requirement.specifier.contains(version, prereleases=True), f"{name}.lock has {key} {version}"


@pytest.mark.parametrize("name", [*LOCKS, "torch", "torch-cpu"])
def test_every_pin_has_hashes_and_no_lock_names_a_place(name: str) -> None:
    text = lock_path(name).read_text("utf-8")
    assert all(pin.hashes for pin in pins(text).values())
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", found) for found in re.findall(r"--hash=(\S+)", text))
    assert not re.search(r"https?://|file://|^\s*-[-a-z]*(index|find-links|trusted)", text, re.M)
    assert set(re.findall(r"\S*/\S*", text)) <= {"requirements/old-python.in)", "requirements/old-python.in"}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_agree_and_leave_torch_and_cuda_out(name: str) -> None:
    leading = read("dev")
    for package, pin in read(name).items():
        assert pin == leading.get(package, pin), f"{name}.lock and dev.lock differ in {package}"
        assert not package.startswith(("nvidia-", "cuda-", "triton")) and package != "torch"


def test_both_builds_of_torch_have_one_version() -> None:
    assert read("torch-cpu")["torch"].version == f"{read('torch')['torch'].version}+cpu"


def test_the_images_install_by_hash_alone() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    installs = re.findall(r"pip install .*", dockerfile)
    assert len(installs) > 2
    completed = [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line]
    assert len(completed) == 1 and '"$(sed' in completed[0], (
        "only what a CUDA build of torch names has no hash"
    )


@pytest.mark.parametrize("line", ["redis>=5", "redis", "redis==5.*", "redis==5,<6"])
def test_a_requirement_without_an_exact_version_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected NAME==VERSION"):
        pins(f"{line} --hash=sha256:{'0' * 64}\n")


def test_pins_are_read_with_markers_extras_and_continued_lines() -> None:
    marked = '# a comment\nuvloop==0.23.0 ; sys_platform != "win32" \\\n'
    text = marked + "    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
    assert pins(text) == {"uvloop": Pin("0.23.0", ("sha256:aa", "sha256:bb"))}


def test_old_pythons_get_what_redis_needs() -> None:
    assert (FOLDER / "old-python.in").read_text("utf-8").splitlines()[-1] == "async-timeout"
    assert all("async-timeout" in read(name) for name in LOCKS)
