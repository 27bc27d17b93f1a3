"""Write the locks in requirements/ from pyproject.toml by pip-compile. Run by `make lock`.

python -m tests.supply.lock            adds the pins that are missing, removes those not needed
python -m tests.supply.lock --upgrade  takes the newest versions

torch has a lock of its own (torch.lock) and stays out of these. They are resolved with its CPU build, whose
dependencies do not include CUDA: an index with CPU builds must be set.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.structure import ROOT
from tests.supply.requirement_files import EXTRAS, FOLDER, lock_path, pins

# No address of an index, and no path of this machine, may stand in a lock.
OPTIONS = (
    *("--quiet", "--generate-hashes", "--strip-extras", "--unsafe-package=torch"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options"),
)
INPUTS = ("pyproject.toml", "requirements/old-python.in")


def write_locks(*options: str) -> None:
    """Compile each lock; raises CalledProcessError where no versions satisfy pyproject.toml."""
    version = pins((FOLDER / "torch-cpu.lock").read_text("utf-8"))["torch"].version
    with tempfile.TemporaryDirectory() as folder:
        constraint = Path(folder) / "torch.txt"
        constraint.write_text(f"torch=={version}\n")
        for name in EXTRAS:
            compile_lock(name, constraint, options if name == next(iter(EXTRAS)) else ())


def compile_lock(name: str, constraint: Path, options: tuple[str, ...]) -> None:
    """Compile one lock. It keeps the versions that it has, and those of the first lock above all."""
    path = lock_path(name)
    first = lock_path(next(iter(EXTRAS))).read_text("utf-8")
    known = path.read_text("utf-8") if path.exists() else ""
    path.write_text(known if known == first else f"{known}\n{first}", "utf-8")
    extras = [f"--extra={extra}" for extra in EXTRAS[name]]
    files = [f"--constraint={constraint}", f"--output-file={path.relative_to(ROOT)}", *INPUTS]
    subprocess.run(
        [sys.executable, "-m", "piptools", "compile", *OPTIONS, *options, *extras, *files],
        cwd=ROOT,
        env={**os.environ, "CUSTOM_COMPILE_COMMAND": "make lock"},
        check=True,
    )


if __name__ == "__main__":
    write_locks(*sys.argv[1:])
