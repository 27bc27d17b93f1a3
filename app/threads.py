"""Limit the threads of the numerical libraries."""

import torch
from threadpoolctl import threadpool_limits


def limit_threads(count: int) -> None:
    """Set the threads of torch and BLAS. More than one does not help at these sizes (docs/measurements.md)."""
    torch.set_num_threads(count)
    threadpool_limits(count, user_api="blas")
