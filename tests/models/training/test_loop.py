"""The loop: seeds, early stopping, and going on where it was stopped."""

import numpy as np
import pytest
import torch

from models.evaluation.inference import CorpusPredictor
from models.job.errors import JobError
from models.job.training_config import Balancing, TrainingConfig
from models.network.model import ChorusNetwork
from models.training import loop
from models.training.batches import cut_windows
from models.training.checkpoint import CheckpointFile, read_content, write_content
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID
from models.training.early_stopping import EpochFigures
from models.training.loop import Trainer

CPU = torch.device("cpu")
TRAIN, VALID = frozenset({PART_TRAIN}), frozenset({PART_VALID})
CONFIG = TrainingConfig(epochs=4, batch_size=16, learning_rate=0.01, balancing=Balancing.UNCERTAINTY)


class StoppedError(Exception):
    """The run is ended from outside."""


def ignore(_done: int, _steps: int, _figures: EpochFigures | None) -> None:
    pass


def stop_after(epochs: int):
    """Ends the run in the middle of the epoch that follows."""
    ended = 0

    def progress(done: int, _steps: int, figures: EpochFigures | None) -> None:
        nonlocal ended
        ended += figures is not None
        if ended == epochs and figures is None and done == 2:
            raise StoppedError

    return progress


@pytest.fixture
def train(shop_data, make_network):
    """Train a fresh network; returns it and its trainer."""

    def run(progress=ignore, file=None, seed=0, valid=VALID, **changes) -> tuple[ChorusNetwork, Trainer]:
        network = make_network(seed)
        config = CONFIG.model_copy(update=changes)
        trainer = Trainer(network, shop_data.corpus, config, CPU, TRAIN, valid, file)
        trainer.fit(progress)
        return network, trainer

    return run


def same_weights(one: ChorusNetwork, other: ChorusNetwork) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], its[name]) for name in mine)


def silent(_line: str) -> None:
    raise AssertionError("nothing to tell of")


def test_the_same_seed_gives_the_same_weights(train):
    assert same_weights(train(epochs=1)[0], train(epochs=1)[0])
    assert not same_weights(train(epochs=1)[0], train(epochs=1, seed=1)[0])
    first, other = train(epochs=1)[1], train(epochs=1, **{"balancing": Balancing.FIXED})[1]
    assert first.figures[0].train != other.figures[0].train


def test_the_trainings_own_seed_counts(shop_data, make_network):
    found = []
    for seed in (1, 2):
        network = make_network(0)
        config = CONFIG.model_copy(update={"epochs": 1, "seed": seed})
        Trainer(network, shop_data.corpus, config, CPU, TRAIN, VALID).fit(ignore)
        found.append(network)
    assert not same_weights(*found)


def test_losses_fall(train):
    figures = train(epochs=4)[1].figures
    assert [one.epoch for one in figures] == [0, 1, 2, 3]
    assert figures[-1].train["next"] < figures[0].train["next"]
    assert figures[-1].valid["rating"] < figures[0].valid["rating"]
    assert set(figures[0].train) == {"next", "like", "rating", "genre", "device"}


def test_the_lists_are_those_before_every_held_out_event(shop_data, train, monkeypatch):
    """NDCG@10 by the logits of the evaluation, which reads the events in another way; in small batches too."""
    network, trainer = train(epochs=1)
    corpus = trainer.corpus
    rows = np.flatnonzero((corpus.part == PART_VALID) & (corpus.weights > 0))
    predictor = CorpusPredictor.of(network, corpus, CPU)
    logits = np.concatenate([predictor.next_logits(moments) for moments in predictor.encode_moments(rows)])
    own = logits[np.arange(len(rows)), corpus.items[rows]][:, None]
    ranks = (logits >= own).sum(axis=1)
    gains = np.where(ranks <= 10, 1 / np.log2(ranks + 1.0), 0.0)
    expected = np.average(gains, weights=corpus.weights[rows])
    assert 0 < expected < 1
    assert trainer.figures[0].gain == pytest.approx(expected, abs=1e-3)
    monkeypatch.setattr(loop, "HELD_OUT_EVENTS", 100)
    assert train(epochs=1)[1].figures[0].gain == pytest.approx(trainer.figures[0].gain)


@pytest.mark.parametrize("changes", [{"negatives": 20}, {"valid": frozenset()}])
def test_without_all_items_or_held_out_events_there_are_no_lists(train, changes):
    assert train(epochs=1, **changes)[1].figures[0].gain is None


@pytest.mark.parametrize("stopped", [1, 2, 3])
def test_resumed_training_is_as_if_it_had_not_stopped(train, tmp_path, stopped):
    whole, uninterrupted = train()
    file = CheckpointFile(tmp_path / "work" / "checkpoint.pt", "this run", silent)
    with pytest.raises(StoppedError):
        train(progress=stop_after(stopped), file=file)
    seen = []
    resumed, trainer = train(progress=lambda d, s, f: f and seen.append(f.epoch), file=file, seed=5)
    assert seen == list(range(stopped, 4))
    assert same_weights(whole, resumed)
    assert [(f.epoch, f.train, f.valid) for f in trainer.figures] == [
        (f.epoch, f.train, f.valid) for f in uninterrupted.figures
    ]


def test_a_finished_run_resumed_trains_no_more(train, tmp_path):
    file = CheckpointFile(tmp_path / "checkpoint.pt", "this run", silent)
    whole, _ = train(file=file, epochs=2)
    seen = []
    again, _ = train(progress=lambda *given: seen.append(given), file=file, epochs=2, seed=3)
    assert not seen
    assert same_weights(whole, again)


def test_another_runs_checkpoint_is_ignored(train, tmp_path):
    path = tmp_path / "checkpoint.pt"
    train(file=CheckpointFile(path, "another run", silent), epochs=1)
    whole, _ = train(epochs=2)
    found, trainer = train(file=CheckpointFile(path, "this run", silent), epochs=2)
    assert len(trainer.figures) == 2
    assert same_weights(whole, found)


def test_a_damaged_checkpoint_ends_no_run(train, tmp_path):
    path = tmp_path / "checkpoint.pt"
    train(file=CheckpointFile(path, "this run", silent), epochs=1)
    path.write_bytes(path.read_bytes()[:-1000])
    messages: list[str] = []
    whole, _ = train(epochs=2)
    restarted, trainer = train(file=CheckpointFile(path, "this run", messages.append), epochs=2)
    assert messages == [f"training begins anew: expected a whole checkpoint in {path}, given a damaged file"]
    assert len(trainer.figures) == 2
    assert same_weights(whole, restarted)


def test_weights_of_another_network_are_ignored(shop_data, make_network, tmp_path):
    """The code has changed since, the job has not."""
    messages: list[str] = []
    file = CheckpointFile(tmp_path / "checkpoint.pt", "this run", messages.append)
    config = CONFIG.model_copy(update={"epochs": 1})
    Trainer(make_network(dim=8), shop_data.corpus, config, CPU, TRAIN, VALID, file).fit(ignore)
    trainer = Trainer(make_network(), shop_data.corpus, config, CPU, TRAIN, VALID, file)
    assert len(trainer.fit(ignore)) == 1
    assert messages == [
        f"training begins anew: expected a whole checkpoint in {file.path}, given the weights of another network"
    ]


@pytest.mark.parametrize("part", ["optimiser", "schedule", "balance"])
def test_states_of_another_code_are_ignored(train, tmp_path, part):
    """The weights fit, the rest does not: nothing of it is loaded."""
    path = tmp_path / "checkpoint.pt"
    train(file=CheckpointFile(path, "this run", silent), epochs=1)
    content = read_content(path)
    if part == "optimiser":
        content[part]["param_groups"][0]["params"].pop()
    else:
        content[part] = [1] if part == "schedule" else {}
    write_content(path, content)
    messages: list[str] = []
    whole, _ = train(epochs=2)
    restarted, trainer = train(file=CheckpointFile(path, "this run", messages.append), epochs=2)
    assert [line.split(",")[0] for line in messages] == [
        f"training begins anew: expected a whole checkpoint in {path}"
    ]
    assert len(trainer.figures) == 2
    assert same_weights(whole, restarted)


class Scripted(Trainer):
    """Validation losses by hand, without lists; the rest is real."""

    __slots__ = ("script", "weights")
    script: list[float]
    weights: list[dict[str, torch.Tensor]]

    def _measure(self, network, _run):
        epoch = len(self.figures)
        self.weights.append({name: value.clone() for name, value in network.state_dict().items()})
        return {"next": self.script[epoch]}, None


@pytest.mark.parametrize(
    ("script", "epochs", "best"),
    [
        ([5.0, 4.0, 4.5, 4.6, 0.0], 4, 1),  # patience 2: the fifth is never seen
        ([5.0, 4.0, 4.5, 3.0, 3.5], 5, 3),
        ([5.0, 5.0, 5.0, 0.0, 0.0], 3, 0),  # equal is not better
        ([5.0, 4.0, 3.0, 2.0, 1.0], 5, 4),
    ],
)
def test_early_stopping_keeps_the_best_epoch(shop_data, make_network, script, epochs, best):
    config = CONFIG.model_copy(update={"epochs": 5, "patience": 2})
    trainer = Scripted(make_network(), shop_data.corpus, config, CPU, TRAIN, VALID)
    trainer.script, trainer.weights = script, []
    assert len(trainer.fit(ignore)) == epochs
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, trainer.weights[best][name])


def test_without_validation_the_last_epoch_stands(train):
    network, trainer = train(valid=frozenset(), epochs=2)
    assert [one.valid for one in trainer.figures] == [{}, {}]
    assert not same_weights(network, train(valid=frozenset(), epochs=1)[0])


def test_a_history_of_one_event(shop_data, make_network):
    config = CONFIG.model_copy(update={"epochs": 1, "batch_size": 512})
    network = make_network(history_length=1)
    figures = Trainer(network, shop_data.corpus, config, CPU, TRAIN, frozenset({PART_TEST})).fit(ignore)
    assert np.isfinite(list(figures[0].valid.values())).all()


def test_training_on_sampled_negatives(train):
    figures = train(negatives=30, epochs=4)[1].figures
    assert figures[-1].train["next"] < figures[0].train["next"]


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_validation_loss_that_is_not_finite_ends_the_run(shop_data, make_network, tmp_path, loss):
    file = CheckpointFile(tmp_path / "checkpoint.pt", "this run", silent)
    trainer = Scripted(make_network(), shop_data.corpus, CONFIG, CPU, TRAIN, VALID, file)
    trainer.script, trainer.weights = [5.0, loss], []
    with pytest.raises(JobError) as raised:
        trainer.fit(ignore)
    assert str(raised.value) == (
        f"training: expected a finite loss, given {loss} in epoch 2 of 'next'; lower training.learning_rate"
    )
    assert read_content(file.path)["best"][0] == 0


def test_training_that_diverges_says_so(shop_data, make_network):
    network = make_network()
    with torch.no_grad():
        network.scorer.towers["like"][2].bias.fill_(float("nan"))
    with pytest.raises(JobError, match=r"given nan in epoch 1 of 'like'; lower training\.learning_rate"):
        Trainer(network, shop_data.corpus, CONFIG, CPU, TRAIN, VALID).fit(ignore)


def test_a_large_validation_part_is_sampled(shop_data, make_network, monkeypatch):
    monkeypatch.setattr("models.training.loop.MOST_HELD_OUT", 3)
    trainer = Trainer(make_network(), shop_data.corpus, CONFIG, CPU, TRAIN, VALID)
    assert len(trainer._start().held_out) == 3
    assert len(cut_windows(shop_data.corpus, VALID, trainer.network.config.history_length)) > 3
