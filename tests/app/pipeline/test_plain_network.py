"""The regrouped network of single requests gives the lists of the plain one: over many users, sessions and weights."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.predictor import ItemTable, PairBatch, UserBatch, UserEncoding
from app.bundle.torch_predictor import TorchPredictor
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.arrays import Floats, Indices
from models.contract.catalogue import UserState
from models.contract.event_features import EventArrays
from models.contract.events import Event
from models.contract.features import ItemArrays
from models.ranking.rerank import Diversity

NOW = 1.701e9
REQUESTS = 100


@dataclass(frozen=True)
class PlainNetwork:
    """The predictor by the network's modules alone, as they are for many users: every user comes twice."""

    predictor: TorchPredictor

    @property
    def dim(self) -> int:
        return self.predictor.dim

    def encode_users(self, users: UserBatch) -> list[UserEncoding]:
        events = users.events
        columns = (events.actions, events.dense, events.context)
        twice = replace(
            users,
            tokens=np.concatenate([users.tokens, users.tokens]),
            numeric=np.concatenate([users.numeric, users.numeric]),
            text=np.concatenate([users.text, users.text]),
            offsets=np.concatenate([users.offsets, users.offsets[-1] + users.offsets[1:]]),
            items=np.concatenate([users.items, users.items]),
            events=EventArrays(*(np.concatenate([part, part]) for part in columns)),
            tower=np.concatenate([users.tower, users.tower]),
        )
        return self.predictor.encode_users(twice)[: len(users)]

    def encode_moments(self, context: Indices) -> Floats:
        return self.predictor.encode_moments(context)

    def score_pairs(
        self,
        users: Sequence[UserEncoding],
        items: ItemTable,
        pairs: PairBatch,
        heads: Collection[str] | None = None,
    ) -> dict[str, Floats]:
        return self.predictor.score_pairs([*users, *users], items, pairs, heads)

    def item_vectors(self, items: ItemArrays, statistics: Floats) -> Floats:
        return self.predictor.item_vectors(items, statistics)


def draw_query(bundle: LoadedBundle, random: np.random.Generator) -> Query:
    """A user of the bundle with a session of up to three events, and weights of two heads."""
    user = str(random.choice(sorted(bundle.known_users.rows)))
    state = bundle.known_users.state(user)
    items = random.choice(bundle.catalogue.ids, size=int(random.integers(4)))
    session = tuple(
        Event(str(item), "rate", NOW - 60 + number, float(random.integers(1, 6)))
        for number, item in enumerate(items)
    )
    other = str(random.choice(bundle.heads[1:]))
    return Query(
        state=UserState(user, state.profile, (*state.events, *session)),
        now=NOW,
        limit=20,
        context={},
        weights={"next": 1.0, other: float(random.random())},
        diversity=Diversity("mmr", 0.3),
    )


def test_scores_and_lists_are_those_of_the_plain_network(learnt: LoadedBundle) -> None:
    assert isinstance(learnt.predictor, TorchPredictor)
    plain = replace(learnt, predictor=PlainNetwork(learnt.predictor))
    random = np.random.default_rng(6)
    same = 0
    for _ in range(REQUESTS):
        query = draw_query(learnt, random)
        fast, slow = recommend(learnt, query), recommend(plain, query)
        rows = fast.scored.candidates.rows
        assert sorted(rows) == sorted(slow.scored.candidates.rows)
        order = [int(np.flatnonzero(slow.scored.candidates.rows == row)[0]) for row in rows]
        for name, values in slow.scored.values.items():
            places = fast.order if name not in query.weights else slice(None)
            np.testing.assert_allclose(
                fast.scored.values[name][places], values[order][places], atol=2e-3, err_msg=name
            )
        np.testing.assert_allclose(fast.scored.score, slow.scored.score[order], atol=2e-3)
        same += rows[fast.order].tolist() == slow.scored.candidates.rows[slow.order].tolist()
    assert same >= 0.99 * REQUESTS
