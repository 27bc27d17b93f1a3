"""The processes of one training, which torchrun starts: each has a share of every step, all have the same weights."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np
import torch
import torch.distributed
from torch import Tensor

from models.contract.process_rank import is_parallel
from models.job.errors import JobError
from models.training.batches import Windows

T = TypeVar("T")
LONGEST_WAIT = timedelta(days=1)
"""The time for which a process waits for the others, such as for the first one's fits on validation."""


@dataclass(frozen=True, slots=True)
class ProcessGroup:
    """The place `rank` of this process among `size`. All processes call the methods in the same order."""

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """True in the process that evaluates and publishes."""
        return self.rank == 0

    def share(self, windows: Windows) -> Windows:
        """Every `size`-th of the windows, from the one at `rank` on: windows of all lengths; may be empty."""
        if self.size == 1:
            return windows
        return windows.take(np.arange(self.rank, len(windows), self.size))

    def add_up(self, values: Tensor) -> Tensor:
        """The sum of the values [n] over all processes."""
        if self.size == 1:
            return values
        total = values.detach().cpu()
        torch.distributed.all_reduce(total)
        return total.to(values.device)

    def agree(self, value: T) -> T:
        """The first process's value. It is pickled, so that all processes must be of one trusted network."""
        if self.size == 1:
            return value
        values = [value]
        torch.distributed.broadcast_object_list(values, src=0)
        return values[0]

    def read_clock(self) -> float:
        """Seconds of the first process's clock, by which all of them keep the same time limits."""
        now = torch.tensor([time.monotonic()], dtype=torch.float64)
        if self.size > 1:
            torch.distributed.broadcast(now, src=0)
        return float(now)

    def close(self) -> None:
        """Wait for all processes, and end the group."""
        if self.size > 1:
            torch.distributed.barrier()
            torch.distributed.destroy_process_group()


ALONE = ProcessGroup()
"""A training in one process."""


def open_process_group(environment: Mapping[str, str] = os.environ) -> ProcessGroup:
    """The group that torchrun's variables describe, by gloo; ALONE without them. Raises JobError for no such group."""
    if not is_parallel(environment):
        return ALONE
    try:
        if not torch.distributed.is_initialized():
            torch.distributed.init_process_group("gloo", timeout=LONGEST_WAIT)
    except (RuntimeError, ValueError) as error:
        raise JobError(f"expected the variables of torchrun, given {error}") from error
    if torch.cuda.is_available():
        torch.cuda.set_device(int(environment.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    return ProcessGroup(torch.distributed.get_rank(), torch.distributed.get_world_size())
