"""Checkpoints: resume an interrupted run after its last complete epoch, with the same result."""

import hashlib
import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from models.contract.replaced_file import list_temporaries, name_temporary
from models.training.early_stopping import BestEpoch, EarlyStopping, EpochFigures
from models.training.process_group import ProcessGroup

if TYPE_CHECKING:
    from models.training.privacy_account import PrivacyAccount

SCHEMA = 8
"""Version of the checkpoint format, part of the fingerprint: increase it if the content or its meaning changes."""
STATES = ("network", "balance", "optimiser", "schedule")
PARTS = {"fingerprint", *STATES, "average", "privacy", "best", "figures"}
DIGEST_BYTES = hashlib.sha256().digest_size
FIGURES = {field.name for field in fields(EpochFigures)}


class CheckpointError(Exception):
    """A file from which training cannot resume; the message names the fault."""


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The objects of a run whose state changes at every step."""

    network: nn.Module
    balance: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    average: AveragedModel | None = None  # of the network's weights; None: the last step's count
    account: "PrivacyAccount | None" = None  # None: training without privacy

    @property
    def trained(self) -> nn.Module:
        """The network to validate and to keep."""
        return self.network if self.average is None else self.average.module

    def restore(self, content: Mapping[str, Any]) -> None:
        """Load all states of a checkpoint; raises CheckpointError, before loading any, if one does not fit."""
        for name, module in (("network", self.network), ("balance", self.balance)):
            if _shapes(content[name]) != _shapes(module.state_dict()):
                raise CheckpointError("the weights of another network")
        if _groups(content["optimiser"]) != _groups(self.optimiser.state_dict()):
            raise CheckpointError("the state of another optimiser")
        schedule = content["schedule"]
        if not isinstance(schedule, dict) or schedule.keys() != self.schedule.state_dict().keys():
            raise CheckpointError("the state of another learning-rate schedule")
        if (content["privacy"] is None) != (self.account is None):
            raise CheckpointError("the state of a run with other privacy")
        if self.average is not None and _shapes(content["average"]) != _shapes(self.average.state_dict()):
            raise CheckpointError("the average of another network")
        for name in STATES:
            getattr(self, name).load_state_dict(content[name])
        if self.average is not None:
            self.average.load_state_dict(content["average"])
        if self.account is not None:
            self.account.load_state_dict(content["privacy"])


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """One file, replaced atomically after each epoch. `fingerprint` identifies the job, the data and the code."""

    path: Path
    fingerprint: str
    say: Callable[[str], None]
    """Receives the message about an unusable file."""

    def write(self, state: TrainingState, stopping: EarlyStopping) -> None:
        """Write the checkpoint to a temporary name, then rename it."""
        content = {"fingerprint": self.fingerprint} | pack_state(state, stopping)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = name_temporary(self.path)
        write_content(temporary, content)
        temporary.replace(self.path)
        for leftover in list_temporaries(
            self.path
        ):  # of runs that were killed: one run at a time has the folder
            leftover.unlink()

    def read(self, state: TrainingState, stopping: EarlyStopping) -> None:
        """Restore `state` and `stopping` from the file; leave both unchanged without a checkpoint of this run.

        A damaged file is reported through `say`, and training starts from the beginning.
        """
        if not self.path.is_file():
            return
        try:
            content = read_content(self.path)
            if content["fingerprint"] != self.fingerprint:
                return
            state.restore(content)
        except CheckpointError as error:
            self.say(f"training begins anew: expected a whole checkpoint in {self.path}, given {error}")
            return
        restore_stopping(stopping, content)


def pack_state(state: TrainingState, stopping: EarlyStopping) -> dict[str, Any]:
    """The content of a checkpoint beside its fingerprint."""
    best = stopping.best
    return {
        **{name: getattr(state, name).state_dict() for name in STATES},
        "average": None if state.average is None else state.average.state_dict(),
        "privacy": None if state.account is None else state.account.state_dict(),
        "best": None if best is None else (best.epoch, best.weights),
        "figures": [asdict(figures) for figures in stopping.epochs],
    }


def restore_stopping(stopping: EarlyStopping, content: Mapping[str, Any]) -> None:
    """Load the figures and the best epoch of a checkpoint."""
    stopping.epochs = [EpochFigures(**figures) for figures in content["figures"]]
    stopping.best = None if content["best"] is None else BestEpoch(*content["best"])


def share_state(state: TrainingState, stopping: EarlyStopping, group: ProcessGroup) -> None:
    """Give every process of a group the state of the first one."""
    if group.size == 1:
        return
    packed = io.BytesIO()
    if group.is_first:
        torch.save(pack_state(state, stopping), packed)
    content = io.BytesIO(group.agree(packed.getvalue()))
    if not group.is_first:
        first = torch.load(content, map_location="cpu", weights_only=True)
        state.restore(first)
        restore_stopping(stopping, first)


def write_content(path: Path, content: Mapping[str, Any]) -> None:
    """Write the content followed by its SHA-256, which `read_content` verifies."""
    torch.save(content, path)
    with path.open("r+b") as file:
        file.write(hashlib.file_digest(file, "sha256").digest())  # appended: file_digest has read to the end


def read_content(path: Path) -> dict[str, Any]:
    """Read a checkpoint; raises CheckpointError for a file that is unreadable, damaged or lacks parts.

    torch.load raises many types of error for damaged bytes. It is called only after the digest is verified: then the
    only remaining fault is a file of other objects.
    """
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"a file that cannot be read: {error.strerror}") from error
    payload, digest = stored[:-DIGEST_BYTES], stored[-DIGEST_BYTES:]
    if hashlib.sha256(payload).digest() != digest:
        raise CheckpointError("a damaged file")
    try:
        content = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError("a file of other objects") from error
    if not isinstance(content, dict) or content.keys() != PARTS:
        raise CheckpointError("a file of other objects")
    if any(figures.keys() != FIGURES for figures in content["figures"]):
        raise CheckpointError("the figures of another version")
    return content


def _shapes(states: object) -> dict[str, torch.Size] | None:
    """The shape of every weight by name; None if `states` is not a mapping to tensors."""
    if not isinstance(states, dict) or not all(isinstance(value, Tensor) for value in states.values()):
        return None
    return {name: value.shape for name, value in states.items()}


def _groups(optimiser: object) -> list[tuple[list[str], int]] | None:
    """Option names and number of parameters of each parameter group; None if it is not an optimiser's state."""
    if not isinstance(optimiser, dict) or optimiser.keys() != {"state", "param_groups"}:
        return None
    return [(sorted(group), len(group["params"])) for group in optimiser["param_groups"]]
