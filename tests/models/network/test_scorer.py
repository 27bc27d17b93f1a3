"""The scorer: who may see what. One contract suite over the ways to share."""

from dataclasses import replace

import pytest
import torch

from models.contract.feature_spec import FeatureSpec
from models.contract.statistics import STATISTICS
from models.contract.tasks import Head, Task
from models.contract.vocabulary import Vocabulary
from models.network.config import ExpertKind, NetworkConfig
from models.network.experts import build_experts, mix
from models.network.model import ChorusNetwork
from models.network.scorer_input import USER_NUMBERS, ScorerInput
from models.network.shape import infer_shape

HEADS = (
    Head(task=Task(name="like", kind="binary", label="value >= 4")),
    Head(task=Task(name="genre", kind="multilabel", label="item.g"), classes=("a", "b", "c")),
    Head(task=Task(name="rating", kind="regression", label="value", range=(1, 5))),
    Head(task=Task(name="daypart", kind="context", label="time.daypart"), classes=("day", "night")),
)
SPEC = FeatureSpec(
    timed=True,
    history_length=5,
    item_ids=Vocabulary(tokens=("a", "b")),
    actions=Vocabulary(tokens=("rate",)),
    context_tokens=Vocabulary(tokens=("daypart=night", "daypart=day")),
)
CONFIG = NetworkConfig(dim=8, expert_count=3, expert_width=6, tower_width=4, dropout=0.2)


def network(experts: ExpertKind, heads: tuple[Head, ...] = HEADS) -> ChorusNetwork:
    torch.manual_seed(0)
    return ChorusNetwork(CONFIG.model_copy(update={"experts": experts}), infer_shape(SPEC), heads).eval()


def pairs(batch: int = 2, count: int = 3, length: int = 4) -> ScorerInput:
    random = torch.Generator().manual_seed(4)
    return ScorerInput(
        user=torch.randn(batch, count, 8, generator=random),
        item=torch.randn(batch, count, 8, generator=random),
        events=torch.randn(batch, length, 8, generator=random),
        attend=torch.ones(batch, count, length, dtype=torch.bool),
        statistics=torch.randn(batch, count, len(STATISTICS), generator=random),
        numbers=torch.randn(batch, count, USER_NUMBERS, generator=random),
        last=torch.randint(0, 4, (batch, count, 2), generator=random),
        context=torch.randint(0, 4, (batch, count, 2), generator=random),
    )


def changed(net: ChorusNetwork, given: ScorerInput, **fields: torch.Tensor) -> set[str]:
    """The heads whose logits a change of the input changes."""
    before, after = net.scorer(given), net.scorer(replace(given, **fields))
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize("experts", ExpertKind)
class TestEveryWayToShare:
    @torch.no_grad()
    def test_the_weights_of_the_statistics_are_all_of_them(self, experts: ExpertKind):
        """At 0 no head reads the statistics, and the heads of pairs read everything else."""
        net, given = network(experts), pairs()
        assert changed(net, given, statistics=given.statistics + 1)
        for weights in net.scorer.statistics_weights():
            weights.zero_()
        assert changed(net, given, statistics=given.statistics + 1) == set()
        for name in ("user", "item", "numbers"):
            assert changed(net, given, **{name: getattr(given, name) + 1}) >= set(net.scorer.pair_heads)

    @torch.no_grad()
    def test_shapes(self, experts: ExpertKind):
        logits = network(experts).scorer(pairs())
        assert {name: value.shape for name, value in logits.items()} == {
            head.task.name: (2, 3, head.width) for head in HEADS
        }

    @torch.no_grad()
    def test_who_sees_what(self, experts: ExpertKind):
        net, given = network(experts), pairs()
        everyone = {"like", "rating", "daypart", "genre"}
        context = torch.where(given.context == 2, 3, 2)
        assert changed(net, given, context=context) == everyone - {"daypart"}
        for field in ("item", "events", "statistics", "numbers"):
            assert changed(net, given, **{field: getattr(given, field) + 1}) == everyone - {"genre"}
        assert changed(net, given, user=given.user + 1) == everyone

    @torch.no_grad()
    def test_a_pair_alone_is_as_among_others(self, experts: ExpertKind):
        net, given = network(experts), pairs()
        together = net.scorer(given)
        for user in range(2):
            for pair in range(3):
                one = {
                    name: getattr(given, name)[[user]][:, [pair]]
                    for name in ("user", "item", "attend", "statistics", "numbers", "last", "context")
                }
                alone = net.scorer(ScorerInput(events=given.events[[user]], **one))
                for name, value in together.items():
                    torch.testing.assert_close(alone[name][0, 0], value[user, pair], rtol=1e-4, atol=1e-6)

    def test_every_weight_learns(self, experts: ExpertKind):
        net = network(experts)
        sum(logits.square().sum() for logits in net.scorer(pairs()).values()).backward()
        unused = {"ids", "users", "items"}  # the towers stand before the scorer
        for name, weight in net.scorer.named_parameters():
            assert name.split(".")[0] in unused or weight.grad is not None, name
            if name == "key.bias":  # the same for all events: a softmax does not see it
                continue
            assert weight.grad.abs().sum() > 0, name

    @torch.no_grad()
    def test_only_labels_of_the_user(self, experts: ExpertKind):
        """A job whose heads are all multilabel shares nothing, and still has its logits."""
        assert set(network(experts, HEADS[1:2]).scorer(pairs())) == {"genre"}

    @torch.no_grad()
    def test_experts(self, experts: ExpertKind):
        config = CONFIG.model_copy(update={"experts": experts})
        torch.manual_seed(0)
        module = build_experts(5, 3, config).eval()
        found = module(torch.randn(2, 7, 5))
        assert [one.shape for one in found] == [(2, 7, 6)] * 3
        same = all(torch.equal(found[0], one) for one in found)
        assert same is (experts is ExpertKind.SHARED_BOTTOM)


@torch.no_grad()
def test_mix_by_hand():
    experts = torch.tensor([[1.0, 10.0], [3.0, 30.0]])
    torch.testing.assert_close(mix(torch.zeros(2), experts), torch.tensor([2.0, 20.0]))
    certain = mix(torch.tensor([0.0, 100.0]), experts)
    torch.testing.assert_close(certain, torch.tensor([3.0, 30.0]))


@torch.no_grad()
def test_target_attention_ignores_what_it_may_not_see():
    net, given = network(ExpertKind.PLE), pairs()
    attend = torch.ones(2, 3, 4, dtype=torch.bool)
    attend[0, 1, 2:] = False
    attend[1, 0] = False
    given = replace(given, attend=attend)
    events = given.events.clone()
    events[:, 2:] += 100
    before, after = net.scorer.attend(given), net.scorer.attend(replace(given, events=events))
    torch.testing.assert_close(after[0, 1], before[0, 1], rtol=0, atol=0)
    assert not torch.allclose(after[0, 0], before[0, 0])
    assert not before[1, 0].any()  # nothing to look at
    assert not after[1, 0].any()
    shorter = net.scorer.attend(replace(given, events=given.events[:, :2], attend=attend[:, :, :2]))
    torch.testing.assert_close(shorter[0, 1], before[0, 1])


@torch.no_grad()
def test_attention_weights_are_a_mean():
    net, given = network(ExpertKind.PLE), pairs()
    same = given.events[:, :1].expand(-1, 4, -1)
    found = net.scorer.attend(replace(given, events=same))
    torch.testing.assert_close(found, same[:, :3])


@torch.no_grad()
def test_a_user_without_history():
    net, given = network(ExpertKind.MMOE), pairs()
    nothing = torch.zeros(2, 3, 4, dtype=torch.bool)
    padded = net.scorer(replace(given, attend=nothing))
    empty = net.scorer(replace(given, events=given.events[:, :0], attend=nothing[:, :, :0]))
    for name, logits in padded.items():
        assert torch.isfinite(logits).all()
        torch.testing.assert_close(logits, empty[name])


@pytest.mark.parametrize("field", ["item", "attend", "statistics", "numbers"])
def test_shapes_that_do_not_fit(field: str):
    given = pairs()
    wrong = replace(given, **{field: getattr(given, field)[..., :1]})
    with pytest.raises(ValueError, match=rf"expected {field} \(2, 3, \d\), given \(2, 3, 1\)"):
        network(ExpertKind.PLE).scorer(wrong)


def test_dimension_and_attention_heads():
    with pytest.raises(ValueError, match="expected dim divisible by attention_heads, given 10 and 4"):
        NetworkConfig(dim=10, attention_heads=4)
