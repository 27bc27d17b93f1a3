"""Training in several processes: torchrun starts `chorus train`, and what it publishes is what one process trains."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from app.cli import main
from models.contract.bundle import REPORT, WEIGHTS
from models.recipe.ingestion import JobData
from models.training.batches import cut_windows
from models.training.process_group import ALONE, ProcessGroup, open_process_group

JOB = {
    "tasks": None,
    "scenes": None,
    "item_links": False,
    "network": {"dim": 16, "layers": 1, "history_length": 20, "dropout": 0.0, "id_dropout": 0.0},
    "training": {"epochs": 2, "refresh_epochs": 1, "batch_size": 16, "learning_rate": 0.01},
    "evaluation": {"max_minutes": 0.01, "max_lists": 30},
}
"""Without dropout, which each process draws for itself."""
AVERAGES = """
import json, sys
import torch
from models.training.parallel_steps import average_gradients
from models.training.process_group import open_process_group

group = open_process_group()
weights = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)]
if group.is_first:
    weights[0].grad, events, loss = torch.tensor([1.0, 2.0]), 1, 1.0
else:
    weights[0].grad, weights[1].grad, events, loss = torch.tensor([5.0, 6.0]), torch.tensor([4.0]), 3, 5.0
losses = average_gradients(weights, torch.tensor([loss]), events, group)
gradients = [None if weight.grad is None else weight.grad.tolist() for weight in weights]
found = [gradients, losses.tolist(), group.agree(f"process {group.rank}")]
group.close()
open(f"{sys.argv[1]}/{group.rank}.json", "w").write(json.dumps(found))
"""


def run_two(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a Python program in two processes of one thread."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*torchrun, *map(str, command)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_gradients_are_means_over_the_events_of_all_processes(tmp_path: Path) -> None:
    """One event with 1 and 2, three with 5 and 6: 4 and 5. A weight of one process counts as 0 in the other: 3."""
    script = tmp_path / "averages.py"
    script.write_text(AVERAGES)
    done = run_two(script, tmp_path)
    assert done.returncode == 0, done.stderr
    for rank in (0, 1):
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        assert found == [[[4.0, 5.0], [3.0], None], [4.0], "process 0"]


def test_two_processes_train_what_one_trains(make_shop: Callable[..., Path], tmp_path: Path) -> None:
    """The weights after training and both refreshes, the losses of every epoch, and one bundle."""
    job = make_shop(tmp_path, **JOB)
    bundles = [tmp_path / "one", tmp_path / "two"]
    arguments = ["-m", "app.cli", "train", job, "--out"]
    alone = subprocess.run(
        [sys.executable, *map(str, arguments), bundles[0]], capture_output=True, text=True, check=False
    )
    both = run_two(*arguments, bundles[1])
    assert (alone.returncode, both.returncode) == (0, 0), alone.stderr + both.stderr
    weights = [load_file(bundle / WEIGHTS) for bundle in bundles]
    assert weights[0].keys() == weights[1].keys()
    for name, weight in weights[0].items():
        if not name.endswith(
            ".bias"
        ):  # some have no effect, such as one of all logits, and move by rounding alone
            torch.testing.assert_close(weights[1][name], weight, rtol=0.01, atol=1e-3, msg=name)
    epochs = [json.loads((bundle / REPORT).read_text())["training"] for bundle in bundles]
    for one, two in zip(*epochs, strict=True):
        assert two["valid_loss"] == pytest.approx(one["valid_loss"], rel=1e-3)
        assert two["train_loss"] == pytest.approx(one["train_loss"], rel=1e-3)
    assert both.stdout.count("training epoch 2") == 1


def test_processes_with_other_data_train_nothing(make_shop: Callable[..., Path], tmp_path: Path) -> None:
    """A file that one process reads otherwise: every process reads a log that names its own place."""
    make_shop(tmp_path, **JOB)
    log = (tmp_path / "events.csv").read_text().splitlines()
    for rank in (0, 1):
        (tmp_path / f"rank-{rank}").mkdir()
        job = make_shop(tmp_path / f"rank-{rank}", **JOB)
        (job.parent / "events.csv").write_text("\n".join(log[: len(log) - rank]) + "\n")
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys\nfrom app.cli import main\n"
        f"os.chdir(f'{tmp_path}/rank-' + os.environ['RANK'])\n"
        "sys.exit(main(['train', 'job.yaml', '--out', 'bundle']))\n"
    )
    done = run_two(program)
    assert done.returncode != 0
    assert "expected the same job file, data and version in every process" in done.stderr
    assert not (tmp_path / "rank-0" / "bundle").exists()


def test_one_process_is_no_group() -> None:
    assert open_process_group({}) is ALONE
    assert open_process_group({"WORLD_SIZE": "1", "RANK": "0"}) is ALONE
    assert (ALONE.is_first, ALONE.agree("value")) == (True, "value")


@pytest.mark.parametrize("value", ["two", "-1", ""])
def test_variables_that_are_no_numbers_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="expected a number in the variable WORLD_SIZE"):
        open_process_group({"WORLD_SIZE": value})


@pytest.mark.parametrize(
    "command", [["update", "bundle", "--log", "log", "--out", "bundle"], ["tune", "job.yaml", "--out", "out"]]
)
def test_other_commands_are_of_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(command) != 0
    assert (
        f"chorus {command[0]}: expected one process, since only train shares its work"
        in capsys.readouterr().err
    )


def test_private_training_is_of_one_process(
    make_shop: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("opacus")
    job = make_shop(tmp_path, training={"privacy": {"epsilon": 8}}, export={"histories": False})
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) != 0
    assert "training.privacy: expected one process" in capsys.readouterr().err


def test_windows_are_shared_out_once(shop_data: JobData) -> None:
    windows = cut_windows(shop_data.corpus, frozenset({0}), 20).take(torch.arange(7).numpy())
    shares = [ProcessGroup(rank, 3).share(windows).start.tolist() for rank in range(3)]
    assert [len(share) for share in shares] == [3, 2, 2]
    assert sorted(shares[0] + shares[1] + shares[2]) == sorted(windows.start.tolist())
    assert ProcessGroup(0, 1).share(windows) is windows
