"""The grammar of labels: what it takes, what it refuses, and that it never runs anything."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contract.feature_spec import FieldKind
from models.contract.predicate import All, AnyOf, Compare, Not, Operator
from models.contract.tasks import Per
from models.heads.registry import find_kind
from models.job.label_check import LabelColumns, check_label
from models.job.label_expression import MAX_DEPTH, ExpressionError, Label, Operand, parse, parse_label
from models.job.label_leak import read_sources

RICH = LabelColumns(
    value=True,
    action=True,
    contexts=("device",),
    item={
        "genres": FieldKind.CATEGORIES,
        "year": FieldKind.NUMERIC,
        "brand": FieldKind.CATEGORICAL,
        "title": FieldKind.TEXT,
    },
    user={"gender": FieldKind.CATEGORICAL, "age": FieldKind.NUMERIC},
)
POOR = LabelColumns(timed=False)


def test_comparison() -> None:
    assert parse("value >= 4") == Compare("value", Operator.GTE, 4.0)
    assert parse("value<-1.5e2") == Compare("value", Operator.LT, -150.0)
    assert parse("context.device == 'mobile'") == Compare("context.device", Operator.EQ, "mobile")
    assert parse("item.`release year` in [1990, 1991]") == Compare(
        "item.release year", Operator.IN, (1990.0, 1991.0)
    )


@pytest.mark.parametrize(
    ("symbol", "op"), [("==", "eq"), ("!=", "ne"), ("<", "lt"), ("<=", "lte"), (">", "gt"), (">=", "gte")]
)
def test_each_symbol_has_its_operator(symbol: str, op: str) -> None:
    assert parse(f"value {symbol} 4") == Compare("value", Operator(op), 4.0)


def test_and_binds_closer_than_or_and_not_closest() -> None:
    a, b, c = (Compare(name, Operator.EQ, 1.0) for name in "abc")
    assert parse("a == 1 or b == 1 and not c == 1") == AnyOf((a, All((b, Not(c)))))
    assert parse("(a == 1 or b == 1) and c == 1") == All((AnyOf((a, b)), c))
    assert parse("a == 1 and b == 1 and c == 1") == All((a, b, c))


def test_a_dot_parts_source_and_field() -> None:
    assert parse("item.`a.b` == 1") == Compare("item.a.b", Operator.EQ, 1.0)
    assert Operand.of("item.a.b") == Operand("item", "a.b")
    assert Operand.of("value") == Operand("value")


def test_an_operand_alone() -> None:
    assert parse(" item.genres ") == Operand("item", "genres")
    assert parse("value") == Operand("value")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os').system('true')", "expected one of == != < <= > >= in after __import__, given '('"),
        ("value >= 4; import os", "given '; import os'"),
        ("value >= open", "expected a number or a text in quotes, given 'open'"),
        ("value >= 4 or", "expected a name, given 'the end'"),
        ("value >= 4 4", "expected 'the end', given '4'"),
        ("(value >= 4", "expected ')', given 'the end'"),
        ("value in []", "expected a number or a text in quotes, given ']'"),
        ("value in [1, 'a']", "expected numbers or texts, given both"),
        ("value >= 'a", """given "'a\""""),
        ("value = 4", "given '= 4'"),
        ("`item.genres` in ['Drama']", "expected a name without a dot, given `item.genres`"),
        ("and == 1", "expected a name, given 'and'"),
        ("", "expected a name, given 'the end'"),
        ("lambda: value", "given ': value'"),
        ("item.year.__class__ == 1", "given '.'"),
        ("(" * 60 + "value == 1" + ")" * 60, f"expected at most {MAX_DEPTH}"),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parse(text)
    assert message in str(raised.value)


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert "expected" in str(error) and "given" in str(error)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("binary", "value >= 4"),
        ("binary", "action == 'like'"),
        ("binary", "value > 3 and item.year < 1990 and user.gender == 'F'"),
        (
            "binary",
            "action == 'buy' or item.genres in ['Drama'] or not time.weekday in ['saturday', 'sunday']",
        ),
        ("regression", "value"),
        ("multilabel", "item.genres"),
        ("context", "time.daypart"),
        ("context", "context.device"),
    ],
)
def test_labels_that_fit(kind: str, text: str) -> None:
    check_label(find_kind(kind), text, RICH)


@pytest.mark.parametrize(
    ("kind", "text", "columns", "message"),
    [
        ("binary", "value", RICH, 'expected a condition such as "value >= 4"'),
        ("binary", "value >= 4", POOR, "expected interactions.value to be set"),
        ("binary", "action == 'x'", POOR, "expected interactions.action to be set"),
        ("binary", "time.daypart == 'night'", POOR, "expected interactions.time"),
        ("binary", "time.daypart == 'nite'", RICH, "to be one of night, morning"),
        ("binary", "item.price < 3", RICH, "expected one of value, action, time.daypart"),
        ("binary", "item.title == 'x'", RICH, "given the text item.title"),
        ("binary", "item.year == 'x'", RICH, "expected a number to compare item.year with, given 'x'"),
        ("binary", "user.gender == 1", RICH, "expected a text in quotes"),
        ("binary", "user.gender < 'F'", RICH, "expected ==, != or in after user.gender"),
        (
            "binary",
            "item.genres == 'Drama'",
            RICH,
            "expected in [...] after the categories item.genres",
        ),
        ("binary", "value >= 4 and os == 1", RICH, "given 'os'"),
        ("regression", "value >= 4", RICH, "expected value "),
        (
            "regression",
            "item.year",
            RICH,
            "expected value or label. and a column (the head is given the item's fields as features)",
        ),
        ("regression", "user.age", RICH, "given 'user.age'"),
        ("multilabel", "item.brand", RICH, "expected item. and a categories field"),
        ("context", "item.brand", RICH, "expected time.daypart, time.weekday, or context."),
        ("context", "action", RICH, "expected time.daypart"),
        ("context", "time.hour", RICH, "given 'time.hour'"),
    ],
)
def test_labels_that_do_not_fit(kind: str, text: str, columns: LabelColumns, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        check_label(find_kind(kind), text, columns)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("context.device == 'phone'", "context.device"),
        ("item.year < 1990", "item.year"),
        ("user.gender == 'F' and item.genres in ['Drama']", "user.gender, item.genres"),
        ("not time.weekday in ['saturday', 'sunday']", "time.weekday"),
    ],
)
def test_a_label_that_the_head_is_given_is_a_leak(text: str, names: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        check_label(find_kind("binary"), text, RICH)
    assert str(raised.value) == (
        f"expected a label with value or action, given {text!r}: a binary head is given {names} as a feature; "
        "name the column to predict as interactions.value or interactions.action, or use a context head"
    )


@pytest.mark.parametrize(
    ("kind", "text", "copies", "message"),
    [
        (
            "binary",
            "value >= 4",
            {"value": ("context",)},
            "'value', whose column is also in interactions.context",
        ),
        ("regression", "value", {"value": ("context", "item")}, "is also in interactions.context and items"),
        (
            "binary",
            "value > 1 and action == 'buy'",
            {"action": ("user",)},
            "'action', whose column is also in users",
        ),
    ],
)
def test_a_column_that_is_label_and_feature_is_a_leak(
    kind: str, text: str, copies: dict[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(
        ExpressionError, match="expected a label that the head is not given as a feature, "
    ) as raised:
        check_label(find_kind(kind), text, replace(RICH, copies=copies))
    assert message in str(raised.value)


def test_a_head_may_learn_what_its_tower_is_not_given() -> None:
    """The tower of a context head is not given the context, and that of a multilabel head not the item."""
    assert read_sources(find_kind("context").tower) == {"user", "item"}
    assert read_sources(find_kind("multilabel").tower) == {"user", "context", "time"}
    copied = replace(RICH, copies={"value": ("context",), "action": ()})
    check_label(find_kind("context"), "context.device", copied)
    check_label(find_kind("binary"), "action == 'buy'", copied)


def test_a_window_after_a_condition() -> None:
    bought = Compare("action", Operator.EQ, "purchase")
    assert parse_label("action == 'purchase'") == Label(bought)
    assert parse_label("action == 'purchase' within 7d") == Label(bought, 7 * 86_400.0)
    assert parse_label("action == 'purchase' within 1.5 h") == Label(bought, 5_400.0)
    assert parse_label("value >= 4 or action == 'purchase' within 2w").within_s == 14 * 86_400
    assert parse_label("value") == Label(Operand("value"))


@pytest.mark.parametrize(
    "window", ["", "7", "d", "0d", "-1d", "7 years", "4000d", "'7d'", "7d 3h", "7d and value >= 1"]
)
def test_a_window_that_is_none(window: str) -> None:
    with pytest.raises(ExpressionError, match="expected"):
        parse_label(f"value >= 4 within {window}")


def test_a_label_a_user_speaks_of_later_events() -> None:
    """Of those its head is given nothing, and so neither item nor context is a leak; what the user is, it is given."""
    binary = find_kind("binary")
    check_label(binary, 'item.genres in ["War"] and context.device == "tv" within 7d', RICH, Per.USER)
    with pytest.raises(
        ExpressionError, match="expected a label of later events, such as one with 'within 7d'"
    ):
        check_label(binary, "value >= 4", RICH, Per.USER)
    with pytest.raises(ExpressionError, match=r"a binary head is given user\.gender as a feature"):
        check_label(binary, 'user.gender == "F" within 7d', RICH, Per.USER)


def test_where_a_window_is_refused() -> None:
    """In a rule on one row, for another kind than binary, and in a log without times."""
    with pytest.raises(
        ExpressionError, match="expected a condition without 'within', which labels alone have"
    ):
        parse("value >= 4 within 7d")
    with pytest.raises(ExpressionError, match="given a condition"):
        check_label(find_kind("regression"), "value >= 4 within 7d", RICH)
    with pytest.raises(
        ExpressionError, match=r"expected interactions\.time, for a label with 'within', given none"
    ):
        check_label(find_kind("binary"), "value >= 4 within 7d", replace(RICH, timed=False))
    check_label(find_kind("binary"), "value >= 4 within 7d", RICH)
