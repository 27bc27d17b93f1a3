"""Relaxations of a list's diversity: without limits, with less strength or debiasing, and without several of them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations

from app.pipeline.why_not.verdict import Need, Rule
from models.ranking.rerank import Diversity

Relaxed = tuple[Rule, Diversity, tuple[Need, ...]]
"""The rule that is relaxed, the diversity after it, and the changes of the request that make it."""
LIMITS = (Rule.CATEGORY_CAP, Rule.CATEGORY_RUN)
STEPS = 5
"""The weaker strengths that are tried, from four fifths of the request's down to none."""


def relax_one(diversity: Diversity) -> Iterator[Relaxed]:
    """Yield the diversity without its limits, one and both, then with less strength, then with less debiasing."""
    limits = [rule for rule in _find_rules(diversity) if rule in LIMITS]
    for chosen in chain(combinations(limits, 1), combinations(limits, 2)):
        yield _lift_rules(diversity, chosen)
    for strength in _weaken(diversity.strength):
        need = Need("diversity.strength", to=strength)
        yield Rule.DIVERSITY, replace(diversity, strength=strength), (need,)
    for strength in _weaken(0.0 if diversity.debias is None else diversity.debias.strength):
        need = Need("popularity.debias", to=strength)
        yield Rule.POPULARITY, _debias(diversity, strength), (need,)


def relax_several(diversity: Diversity) -> Iterator[Relaxed]:
    """Yield the diversity without several of its rules, the fewest first, all of them last; the first rule counts.

    Each rule alone may keep an item out, so that no other one lets it in. `relax_one` has both limits.
    """
    rules = _find_rules(diversity)
    for count in range(2, len(rules) + 1):
        for chosen in combinations(rules, count):
            if chosen != LIMITS:
                yield _lift_rules(diversity, chosen)


def _find_rules(diversity: Diversity) -> list[Rule]:
    """The rules that a diversity has, in the order in which they are tried."""
    has = {
        Rule.CATEGORY_CAP: diversity.max_per_category is not None,
        Rule.CATEGORY_RUN: diversity.max_consecutive is not None,
        Rule.DIVERSITY: diversity.strength > 0,
        Rule.POPULARITY: diversity.debias is not None and diversity.debias.strength > 0,
    }
    return [rule for rule, applies in has.items() if applies]


def _lift_rules(diversity: Diversity, rules: tuple[Rule, ...]) -> Relaxed:
    """The diversity without the rules."""
    needs = []
    for rule in rules:
        diversity, need = _lift(diversity, rule)
        needs.append(need)
    return rules[0], diversity, tuple(needs)


def _lift(diversity: Diversity, rule: Rule) -> tuple[Diversity, Need]:
    """The diversity without one rule, and the change of the request. Raises ValueError for a rule of another kind."""
    match rule:
        case Rule.CATEGORY_CAP:
            return replace(diversity, max_per_category=None), Need(f"diversity.{rule}")
        case Rule.CATEGORY_RUN:
            return replace(diversity, max_consecutive=None), Need(f"diversity.{rule}")
        case Rule.DIVERSITY:
            return replace(diversity, strength=0.0), Need("diversity.strength", to=0.0)
        case Rule.POPULARITY:
            return _debias(diversity, 0.0), Need("popularity.debias", to=0.0)
    raise ValueError(f"expected a rule of the diversity, given {rule}")


def _weaken(strength: float) -> Iterator[float]:
    """Yield weaker strengths than this one, the strongest first."""
    if strength > 0:
        yield from (round(strength * step / STEPS, 3) for step in range(STEPS - 1, -1, -1))


def _debias(diversity: Diversity, strength: float) -> Diversity:
    """The diversity with another strength of its debiasing, without any for 0."""
    if diversity.debias is None or not strength:
        return replace(diversity, debias=None)
    return replace(diversity, debias=replace(diversity.debias, strength=strength))
