"""Checkpoint files: written whole, read whole, and every damage named."""

import pytest
import torch
from torch import nn

from models.training.checkpoint import (
    CheckpointError,
    CheckpointFile,
    TrainingState,
    read_content,
    write_content,
)
from models.training.early_stopping import EarlyStopping, EpochFigures
from models.training.weight_average import average_weights


def make_state(width: int = 3) -> TrainingState:
    """A small network after one step, so that the optimiser has something to remember."""
    torch.manual_seed(width)
    network, balance = nn.Linear(width, 2), nn.Linear(1, 1)
    optimiser = torch.optim.AdamW([*network.parameters(), *balance.parameters()])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 / (step + 1))
    state = TrainingState(network, balance, optimiser, schedule, average_weights(network))
    take_step(state)
    return state


def take_step(state: TrainingState) -> None:
    assert isinstance(state.network, nn.Linear)
    state.optimiser.zero_grad()
    (
        state.network(torch.ones(1, state.network.in_features)).sum() + state.balance(torch.ones(1, 1)).sum()
    ).backward()
    state.optimiser.step()
    state.schedule.step()
    assert state.average is not None
    state.average.update_parameters(state.network)


def make_stopping(network: nn.Module) -> EarlyStopping:
    stopping = EarlyStopping({}, patience=1)
    stopping.add(EpochFigures(0, {"next": 2.0}, {"next": 3.0}, 0.5), network)
    return stopping


@pytest.fixture
def file(tmp_path):
    """A written checkpoint; a message about it fails the test."""
    file = CheckpointFile(tmp_path / "work" / "checkpoint.pt", "this run", pytest.fail)
    state = make_state()
    file.write(state, make_stopping(state.network))
    return file


def test_what_was_written_is_restored(file):
    written, state, stopping = make_state(), make_state(), EarlyStopping({}, patience=1)
    for _ in range(3):
        take_step(state)
    file.read(state, stopping)
    assert stopping.epochs == [EpochFigures(0, {"next": 2.0}, {"next": 3.0}, 0.5)]
    assert stopping.best is not None and stopping.best.epoch == 0 and stopping.is_over is False
    assert torch.equal(stopping.best.weights["weight"], written.network.weight)
    assert state.schedule.last_epoch == 1
    take_step(written)
    take_step(state)  # the optimiser's moments were restored too
    assert torch.equal(state.network.weight, written.network.weight)


def test_no_file_and_another_run_change_nothing(file, tmp_path):
    for other in (
        CheckpointFile(tmp_path / "nowhere.pt", "this run", pytest.fail),
        CheckpointFile(file.path, "another run", pytest.fail),
    ):
        state, stopping = make_state(4), EarlyStopping({}, patience=1)
        other.read(state, stopping)
        assert (stopping.epochs, stopping.best) == ([], None)


def test_every_flipped_byte_and_every_cut_is_seen(file):
    whole = file.path.read_bytes()
    assert read_content(file.path)["fingerprint"] == "this run"
    for position in range(0, len(whole), 7):
        for damaged in (
            whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :],
            whole[:position],
        ):
            file.path.write_bytes(damaged)
            with pytest.raises(CheckpointError, match=r"^a damaged file$"):
                read_content(file.path)


def test_a_file_of_other_bytes(tmp_path):
    path = tmp_path / "checkpoint.pt"
    path.write_text("not a checkpoint\n" * 10)
    with pytest.raises(CheckpointError, match=r"^a damaged file$"):
        read_content(path)
    with pytest.raises(CheckpointError, match=r"^a file that cannot be read: Is a directory$"):
        read_content(tmp_path)


@pytest.mark.parametrize("content", [[1, 2], {"fingerprint": "this run"}, nn.Linear(1, 1), "text"])
def test_a_file_of_other_objects(tmp_path, content):
    path = tmp_path / "checkpoint.pt"
    write_content(path, content)
    with pytest.raises(CheckpointError, match=r"^a file of other objects$"):
        read_content(path)


class Code:
    """Pickled as a call, which unpickling would make."""

    def __reduce__(self):
        return pytest.fail, ("the code ran",)


def test_code_in_a_file_does_not_run(tmp_path):
    write_content(tmp_path / "checkpoint.pt", {"fingerprint": Code()})
    with pytest.raises(CheckpointError, match=r"^a file of other objects$"):
        read_content(tmp_path / "checkpoint.pt")


def test_the_figures_of_another_version(file):
    content = read_content(file.path)
    del content["figures"][0]["seconds"]
    write_content(file.path, content)
    with pytest.raises(CheckpointError, match=r"^the figures of another version$"):
        read_content(file.path)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("network", "the weights of another network"),
        ("balance", "the weights of another network"),
        ("optimiser", "the state of another optimiser"),
        ("schedule", "the state of another learning-rate schedule"),
    ],
)
@pytest.mark.parametrize("value", [{}, [1], {"weight": 1.0}])
def test_a_state_that_does_not_fit_leaves_all_alone(file, part, message, value):
    content, state = read_content(file.path), make_state()
    take_step(state)
    before = state.network.weight.clone()
    with pytest.raises(CheckpointError, match=rf"^{message}$"):
        state.restore({**content, part: value})
    assert torch.equal(state.network.weight, before)
    assert state.schedule.last_epoch == 2


def test_other_shapes(file):
    messages: list[str] = []
    CheckpointFile(file.path, "this run", messages.append).read(make_state(4), EarlyStopping({}, patience=1))
    assert messages == [
        f"training begins anew: expected a whole checkpoint in {file.path}, given the weights of another network"
    ]


def test_a_failed_write_keeps_the_last_checkpoint(file, monkeypatch):
    before = file.path.read_bytes()

    def fail(_content, path):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", fail)
    state = make_state()
    with pytest.raises(OSError, match="disk full"):
        file.write(state, make_stopping(state.network))
    assert file.path.read_bytes() == before
