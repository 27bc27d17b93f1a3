"""Relaxations of diversity by hand: one rule, several, and an item that two rules keep out together."""

import numpy as np
import pytest

from app.pipeline.why_not.relaxation import relax_one, relax_several
from app.pipeline.why_not.verdict import Need, Rule
from models.ranking.popularity_debias import Debias
from models.ranking.rerank import Diversity, rerank

CAP, RUN = Need("diversity.max_per_category"), Need("diversity.max_consecutive")
STRENGTH, DEBIAS = Need("diversity.strength", to=0.0), Need("popularity.debias", to=0.0)


def test_two_rules_that_each_keep_an_item_out_are_lifted_together() -> None:
    """Item 1 is second by score: item 2 is before it by diversity, as it is by debiasing."""
    scores = np.array([1, 0.7, 0.6, 0.3], dtype=np.float32)
    popularity = np.array([0.7, 0.3, 0, 1], dtype=np.float32)
    angles = np.radians([135, 45, 0, 45])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    diversity = Diversity("mmr", 0.5, debias=Debias(0.5, popularity))

    def choose(changed: Diversity) -> list[int]:
        return rerank(scores, vectors, [frozenset()] * 4, changed, 2).order.tolist()

    assert 1 not in choose(diversity)
    assert all(1 not in choose(changed) for _, changed, _ in relax_one(diversity))
    ((rule, changed, needs),) = relax_several(diversity)
    assert (rule, needs) == (Rule.DIVERSITY, (STRENGTH, DEBIAS))
    assert choose(changed) == [0, 1]


def test_one_rule_is_relaxed_in_the_order_of_the_rules() -> None:
    diversity = Diversity("mmr", 0.5, max_per_category=2, max_consecutive=1, debias=Debias(0.1))
    relaxed = list(relax_one(diversity))
    assert [needs for _, _, needs in relaxed[:3]] == [(CAP,), (RUN,), (CAP, RUN)]
    assert [changed.strength for rule, changed, _ in relaxed if rule is Rule.DIVERSITY] == [
        0.4, 0.3, 0.2, 0.1, 0,
    ]  # fmt: skip
    assert [needs[0].to for rule, _, needs in relaxed if rule is Rule.POPULARITY] == [
        0.08, 0.06, 0.04, 0.02, 0,
    ]  # fmt: skip
    assert relaxed[-1][1].debias is None


@pytest.mark.parametrize(
    ("diversity", "needs"),
    [
        (Diversity("mmr", 0.5), []),
        (Diversity("none", 0.0, max_per_category=1, max_consecutive=1), []),
        (Diversity("none", 0.0, max_per_category=1, debias=Debias(0.5)), [(CAP, DEBIAS)]),
        (
            Diversity("mmr", 0.5, max_consecutive=1, debias=Debias(0.5)),
            [(RUN, STRENGTH), (RUN, DEBIAS), (STRENGTH, DEBIAS), (RUN, STRENGTH, DEBIAS)],
        ),
    ],
)
def test_several_rules_are_lifted_the_fewest_first(
    diversity: Diversity, needs: list[tuple[Need, ...]]
) -> None:
    assert [changed for _, _, changed in relax_several(diversity)] == needs
