"""The variables by which torchrun tells a process its place among those of one training."""

from collections.abc import Mapping

RANK, SIZE = "RANK", "WORLD_SIZE"
PARALLEL_COMMAND = "train"


def is_parallel(environment: Mapping[str, str]) -> bool:
    """True if the process is one of several."""
    return _read(environment, SIZE, 1) > 1


def read_rank(environment: Mapping[str, str]) -> int:
    """The place of the process, from 0; 0 for a process that is not one of several. Raises ValueError."""
    return _read(environment, RANK, 0) if is_parallel(environment) else 0


def require_processes(environment: Mapping[str, str], command: str) -> None:
    """Raise ValueError for a command other than PARALLEL_COMMAND in one of several processes."""
    if command != PARALLEL_COMMAND and is_parallel(environment):
        raise ValueError(
            f"chorus {command}: expected one process, since only {PARALLEL_COMMAND} shares its work, given "
            f"{environment[SIZE]} processes of torchrun"
        )


def _read(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, str(default))
    if not (value.isascii() and value.isdigit()):
        raise ValueError(f"expected a number in the variable {name}, as torchrun sets it, given '{value}'")
    return int(value)
