"""The budget's arithmetic, and the searches that a list needs."""

from fractions import Fraction

from models.contract.tasks import NEXT
from models.ranking.budget import WIDE, Budget, plan_budgets
from models.ranking.sources.popular import POPULAR
from models.ranking.sources.similar import SIMILAR


def test_a_wide_budget_keeps_the_shares():
    narrow, wide = Budget(300), Budget(300, wide=True)
    assert (narrow.total, wide.total) == (300, WIDE)
    assert Budget(5000, wide=True).total == 5000
    for budget in (narrow, wide):
        assert [budget.share(source.share) for source in (POPULAR, SIMILAR)] == [50, 50]
    assert [Budget(n).share(Fraction(1, 6)) for n in (5, 6, 11, 12, 605)] == [0, 1, 1, 2, 100]


def test_a_wide_search_follows_a_cap_and_weights_without_next():
    narrow, wide = Budget(300), Budget(300, wide=True)
    weights = {NEXT: 0.5, "like": 1.0}
    assert plan_budgets(300, weights) == (narrow,)
    assert plan_budgets(300, weights, capped=True) == (narrow, wide)
    for without in ({"like": 1.0}, {NEXT: 0.0, "like": 1.0}):
        assert plan_budgets(300, without) == plan_budgets(300, without, capped=True) == (wide,)
