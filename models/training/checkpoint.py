"""Checkpoints: training that was stopped goes on where it was."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

PARTS = {"fingerprint", "network", "balance", "optimiser", "schedule", "best", "figures"}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run needs to go on: everything with a state."""

    network: nn.Module
    balance: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """One file, replaced whole after each epoch. `fingerprint` says of which job, data and code it is."""

    path: Path
    fingerprint: str
    say: Callable[[str], None]
    """Where a file that cannot be read is told of."""

    def write(
        self, state: Checkpoint, best: tuple[int, dict[str, Tensor]] | None, figures: list[dict[str, object]]
    ) -> None:
        """Write to a temporary name, then rename."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        torch.save(
            {
                "fingerprint": self.fingerprint,
                "network": state.network.state_dict(),
                "balance": state.balance.state_dict(),
                "optimiser": state.optimiser.state_dict(),
                "schedule": state.schedule.state_dict(),
                "best": best,
                "figures": figures,
            },
            temporary,
        )
        temporary.replace(self.path)

    def read(
        self, state: Checkpoint
    ) -> tuple[tuple[int, dict[str, Tensor]] | None, list[dict[str, object]]] | None:
        """Restore `state` and return (best, figures); None where there is no checkpoint of this very run.

        One that is damaged is told of and left aside: it must not keep the run from beginning anew.
        """
        if not self.path.is_file():
            return None
        try:
            found = self._load(state)
        except (OSError, EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
            reason = str(error).split("\n")[0][:200]
            self.say(f"training begins anew: expected a whole checkpoint in {self.path}, given {reason}")
            return None
        if found["fingerprint"] != self.fingerprint:
            return None
        state.network.load_state_dict(found["network"])
        state.balance.load_state_dict(found["balance"])
        state.optimiser.load_state_dict(found["optimiser"])
        state.schedule.load_state_dict(found["schedule"])
        best = found["best"]
        return (None if best is None else (int(best[0]), best[1])), found["figures"]

    def _load(self, state: Checkpoint) -> dict[str, Any]:
        """The file's content; raises ValueError where it is not that of such a network."""
        found = torch.load(self.path, map_location="cpu", weights_only=True)
        if not isinstance(found, dict) or set(found) != PARTS:
            raise ValueError("something else")
        own = {name: value.shape for name, value in state.network.state_dict().items()}
        if own != {name: value.shape for name, value in found["network"].items()}:
            raise ValueError("the weights of another network")
        return found
