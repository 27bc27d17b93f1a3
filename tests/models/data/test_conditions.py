"""Conditions over the log by hand: what holds, what does not, and what is unknown."""

import numpy as np
import pytest

from models.contract.catalogue import Item, User
from models.contract.predicate import Compare, Operator, Predicate
from models.data.cleaning import CleaningReport
from models.data.conditions import evaluate_condition, read_codes
from models.data.dataset import Codes, Dataset, Interactions
from models.job.label_expression import Operand, parse


@pytest.fixture
def dataset() -> Dataset:
    """Three interactions of one user: the second has no value, the third no device and an item without fields."""
    log = Interactions(
        users=np.array([0, 0, 0]),
        items=np.array([0, 1, 2]),
        times=np.array([0.0, 1.0, 2.0]),
        values=np.array([4.2, np.nan, 1.0], dtype=np.float32),
        actions=np.array([0, 1, 0]),
        action_names=("like", "view"),
        contexts={"device": Codes(("desk", "phone"), np.array([0, 1, -1]))},
    )
    items = (
        Item("A", {"genres": ("Drama", "War"), "year": 1980.0}),
        Item("B", {"genres": ("Drama",)}),
        Item("C"),
    )
    report = CleaningReport(3, 3, 0, 0, 0, 0)
    return Dataset(log, ("a",), items, (User("a", {"age": 30.0}),), timed=True, cleaning=report)


def letters(condition: Predicate | Operand, dataset: Dataset) -> str:
    """t, f or ? for each interaction."""
    assert not isinstance(condition, Operand)
    found = evaluate_condition(condition, dataset)
    return "".join("t" if t else "f" if f else "?" for t, f in zip(found.true, found.false, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("value == 4.2", "t?f"),  # in float32, as the log has it
        ("value != 4.2", "f?t"),
        ("value > 1", "t?f"),
        ("value >= 1", "t?t"),
        ("value < 4.2", "f?t"),
        ("value <= 4.2", "t?t"),
        ("value in [1, 2]", "f?t"),
        ("action != 'like'", "ftf"),
        ("action == 'poke'", "fff"),
        ("context.device == 'phone'", "ft?"),
        ("context.device != 'phone'", "tf?"),
        ("item.genres in ['War', 'Comedy']", "tf?"),
        ("item.year < 1990", "t??"),
        ("user.age == 30", "ttt"),
        ("not item.genres in ['War']", "ft?"),
        ("value > 1 or context.device == 'phone'", "tt?"),
        ("value > 1 and context.device == 'desk'", "tff"),
        ("not (value > 1 or item.year < 1990)", "f??"),
    ],
)
def test_truth(text: str, expected: str, dataset: Dataset) -> None:
    assert letters(parse(text), dataset) == expected


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (Compare("value", Operator.HAS_ANY, (1.0,)), "expected one of eq, ne, .*, given has_any"),
        (Compare("value", Operator.EXISTS, True), "given exists"),
        (Compare("action", Operator.LT, "like"), "expected eq, ne or in to compare texts, given lt"),
    ],
)
def test_operators_that_labels_do_not_have(node: Compare, message: str, dataset: Dataset) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate_condition(node, dataset)


@pytest.mark.parametrize("operand", ["item.genres", "time.hour", "context.browser", "value"])
def test_operands_without_codes(operand: str, dataset: Dataset) -> None:
    message = f"expected one of action, time.daypart, time.weekday, context.device, given '{operand}'"
    with pytest.raises(ValueError, match=message):
        read_codes(Operand.of(operand), dataset)
