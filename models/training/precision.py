"""The precision of training: bfloat16 products where the processor computes them in hardware."""

from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import torch

HARDWARE_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""Features in /proc/cpuinfo with which a product in bfloat16 takes half the time of one in float32."""


@cache
def has_bfloat16() -> bool:
    """True if the processor multiplies bfloat16 in hardware; False where it cannot be told."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return bool(HARDWARE_FLAGS & set(flags.split()))


def autocast(device: torch.device) -> AbstractContextManager[object]:
    """Autocast of a training step (Micikevicius et al. 2018).

    Weights, their average and losses stay in float32. Products, and on a processor sums over the catalogue, do not.
    """
    on_card = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    enabled = on_card or (device.type == "cpu" and has_bfloat16())
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
