"""docs/first-week.md, followed step by step in an empty folder: real training, services and nginx."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.walkthrough import differs, read_steps, walking

PAGE = Path(__file__).parents[2] / "docs" / "first-week.md"


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of an nginx: the installed one, or Debian's package unpacked into a temporary folder."""
    if installed := shutil.which("nginx"):
        return str(Path(installed).parent)
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        pytest.skip("there is neither nginx nor apt-get, which would download it")
    folder = tmp_path_factory.mktemp("nginx")
    for command in ("apt-get update -qq", "apt-get download -qq nginx", "dpkg -x nginx_*.deb ."):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode and not command.endswith("update -qq"):
            pytest.skip(f"nginx cannot be had: {command} says {done.stderr.strip()[-200:]}")
    return str(folder / "usr" / "sbin")


def test_each_command_of_the_page_gives_the_output_that_it_shows(nginx: str, tmp_path: Path) -> None:
    with walking(tmp_path, nginx) as walk:
        for step in read_steps(PAGE.read_text("utf-8")):
            output = walk.follow(step)
            if step.kind is not None:
                difference = differs(step, output)
                assert difference is None, f"{step.command}\n{difference}"
