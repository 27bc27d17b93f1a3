"""Dropout with masks of random bytes: on a processor torch's own masks take a third of a training step."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the usual name

LEVELS = 256
"""The rate is rounded to a multiple of 1 / LEVELS."""
INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Bytes of a number -> the integers with as many."""


def dropout(x: Tensor, rate: float, training: bool) -> Tensor:
    """Set values of x [...] to 0 at a rate in [0, 1) and divide the others by 1 - rate (Srivastava et al. 2014).

    Unchanged unless `training`. The masks follow from torch's global generator, so its seed determines them.
    """
    if not training or rate == 0:
        return x
    if x.device.type != "cpu":
        return F.dropout(x, rate, training)
    return x * draw_mask(x.shape, rate, x.dtype)


def draw_mask(shape: torch.Size, rate: float, kind: torch.dtype) -> Tensor:
    """A mask of 0 and 1 / (1 - rate), made of bytes: numpy's comparison and product of integers are vectorised."""
    dropped = min(round(rate * LEVELS), LEVELS - 1)
    kept = torch.tensor([LEVELS / (LEVELS - dropped)], dtype=kind)
    size = np.dtype(f"i{kept.itemsize}")
    keep = _draw_bytes(shape.numel()) >= dropped
    bits = np.multiply(keep, kept.view(INTEGERS[kept.itemsize]).numpy(), dtype=size)
    return torch.from_numpy(bits).view(kind).view(shape)


class Dropout(torch.nn.Module):
    """`dropout` as a layer."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        return dropout(x, self.rate, self.training)


def _draw_bytes(count: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """[count] uniform bytes."""
    seed = int(torch.randint(2**62, ()))
    words = np.random.SFC64(seed).random_raw(-(-count // 8))
    return np.asarray(words).view(np.uint8)[:count]
