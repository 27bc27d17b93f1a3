"""The towers' outputs for the bundle: item vectors with their bias, user vectors as of the bundle's moment."""

import numpy as np
import torch

from models.contract.arrays import Floats, Indices
from models.contract.histories import Histories
from models.data.dataset import Dataset
from models.evaluation.inference import ALL_PARTS, CHUNK, CorpusPredictor
from models.training.batches import Windows, collate
from models.training.corpus import Corpus


@torch.no_grad()
def item_table(predictor: CorpusPredictor, snapshot: int) -> Floats:
    """[I, D + 1]: the last column is the bias, popularity as of a snapshot included."""
    popularity = predictor.network.items.popularity(predictor.tables.statistics[snapshot])
    table = torch.cat([predictor.vectors, (predictor.bias + popularity)[:, None]], dim=1)
    return np.ascontiguousarray(table.cpu().numpy(), dtype=np.float32)


@torch.no_grad()
def user_table(predictor: CorpusPredictor, stops: Indices) -> Floats:
    """[U, D + 1]: each user after all their events before row `stops` [U]; the last column is 1."""
    corpus, network = predictor.corpus, predictor.network
    users = np.arange(len(stops), dtype=np.int64)
    start = np.maximum(corpus.offsets[:-1], stops - network.config.history_length)
    vectors = np.ones((len(users), network.config.dim + 1), dtype=np.float32)
    for at in range(0, len(users), CHUNK):
        some = users[at : at + CHUNK]
        profile = network.users.profile(
            *(
                torch.from_numpy(table[some]).to(predictor.vectors.device)
                for table in (corpus.profile_tokens, corpus.profile_numeric, corpus.profile_text)
            )
        )
        events = _events(predictor, Windows(some, start[some], start[some], stops[some]))
        length = torch.from_numpy(stops[some] - start[some]).to(profile.device)
        states = network.users(profile, events)[torch.arange(len(some), device=profile.device), length]
        vectors[at : at + CHUNK, :-1] = states.cpu().numpy()
    return vectors


def stops_before(corpus: Corpus, part: int) -> Indices:
    """[U] each user's first row that is of `part` or later: the end of what came before."""
    known = np.concatenate([[0], np.cumsum(corpus.part < part)])
    return np.asarray(corpus.offsets[:-1] + np.diff(known[corpus.offsets]), dtype=np.int64)


def histories(dataset: Dataset, corpus: Corpus, stops: Indices) -> Histories:
    """Every user's events before row `stops` [U]."""
    log = dataset.interactions
    rows = np.arange(len(corpus.items))
    users = np.searchsorted(corpus.offsets, rows, side="right") - 1
    kept = corpus.log_rows[rows < stops[users]]
    counts = stops - corpus.offsets[:-1]
    return Histories(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=log.items[kept].astype(np.int64),
        actions=log.actions[kept].astype(np.int64),
        values=log.values[kept].astype(np.float32),
        times=log.times[kept].astype(np.float64),
        action_names=log.action_names,
    )


def _events(predictor: CorpusPredictor, windows: Windows) -> torch.Tensor:
    """Event representations [B, L, D]; users without events only pad."""
    longest = int((windows.stop - windows.start).max(initial=0))
    if longest == 0:
        return predictor.vectors.new_zeros(len(windows), 0, predictor.vectors.shape[1])
    safe = np.clip(windows.stop, 1, len(predictor.corpus.items))
    padded = Windows(windows.users, np.minimum(windows.start, safe - 1), windows.first, safe)
    batch = collate(predictor.corpus, padded, ALL_PARTS).to(predictor.vectors.device)
    return predictor.network.users.events(predictor.vectors[batch.items], batch.actions, batch.dense)
