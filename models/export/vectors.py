"""Users in a bundle: their retrieval vectors and histories at the bundle's moment."""

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.events import EventColumns
from models.contract.user_vector import BIAS_COLUMNS
from models.data.dataset import Dataset
from models.data.interactions import columns_at
from models.evaluation.inference import CHUNK, CorpusPredictor
from models.evaluation.moments import Requests, encode_requests
from models.training.bundle_statistics import mark_before
from models.training.corpus import Corpus


def build_user_vectors(predictor: CorpusPredictor, stops: Indices) -> Floats:
    """[U, D + 2] the retrieval vector of each user after the events before corpus row `stops` [U]."""
    corpus, network = predictor.corpus, predictor.network
    vectors = np.empty((len(stops), network.config.dim + BIAS_COLUMNS), dtype=np.float32)
    for start in range(0, len(stops), CHUNK):
        users = np.arange(start, min(start + CHUNK, len(stops)), dtype=np.int64)
        moments = encode_requests(
            network, corpus.spec, predictor.vectors, _build_requests(corpus, users, stops)
        )
        vectors[users] = predictor.retrieval_vectors(moments)
    return vectors


def _build_requests(corpus: Corpus, users: Indices, stops: Indices) -> Requests:
    """Requests of `users` after their events before corpus row `stops` [U], without context and moment."""
    starts, ends = corpus.offsets[users], stops[users]
    rows = [np.arange(start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    offsets = np.concatenate([[0], np.cumsum(ends - starts)]).astype(np.int64)
    return Requests(
        rows=np.full(len(users), -1, dtype=np.int64),
        events=corpus.columns_of(np.concatenate(rows), offsets),
        profile_tokens=corpus.profile_tokens[users],
        profile_numeric=corpus.profile_numeric[users],
        profile_text=corpus.texts_before(users, ends),
        context=np.zeros((len(users), corpus.context.shape[1]), dtype=np.int64),
        snapshot=np.zeros(len(users), dtype=np.int64),
        now=np.full(len(users), np.nan),
    )


def collect_histories(dataset: Dataset, corpus: Corpus, stops: Indices) -> EventColumns:
    """All users' events before corpus row `stops` [U], as columns."""
    offsets = np.concatenate([[0], np.cumsum(stops - corpus.offsets[:-1])]).astype(np.int64)
    return columns_at(dataset.interactions, corpus.log_rows[mark_before(corpus, stops)], offsets)
