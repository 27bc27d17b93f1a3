"""Checkpoints: training that was stopped goes on where it was."""

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

SCHEMA = 2
"""Raised with every change of what a checkpoint holds or of what its numbers mean; it is part of the fingerprint."""
STATES = ("network", "balance", "optimiser", "schedule")
PARTS = {"fingerprint", *STATES, "best", "figures"}
UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError, AttributeError)
"""What reading and restoring raise where a file is damaged, or of another code."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a run needs to go on: everything with a state."""

    network: nn.Module
    balance: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def restore(self, found: Mapping[str, Any]) -> None:
        """Take the states of a file, all of them or, where one does not fit, none."""
        before = {name: copy.deepcopy(getattr(self, name).state_dict()) for name in STATES}
        try:
            self._load(found)
        except UNREADABLE:
            self._load(before)
            raise

    def _load(self, states: Mapping[str, Any]) -> None:
        for name in STATES:
            getattr(self, name).load_state_dict(states[name])


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
                **{name: getattr(state, name).state_dict() for name in STATES},
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
            if found["fingerprint"] != self.fingerprint:
                return None
            state.restore(found)
        except (*UNREADABLE, pickle.UnpicklingError) as error:
            reason = str(error).split("\n")[0][:200]
            self.say(f"training begins anew: expected a whole checkpoint in {self.path}, given {reason}")
            return None
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
