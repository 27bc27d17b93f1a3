"""Which filters are accepted, and which error the others get."""

import pytest

from models.contract.feature_spec import FieldKind
from models.contract.predicate import All, AnyOf, Compare, Not, Operator, PredicateError
from models.contract.predicate_check import check

FIELDS = {
    "year": FieldKind.NUMERIC,
    "genres": FieldKind.CATEGORIES,
    "language": FieldKind.CATEGORICAL,
    "title": FieldKind.TEXT,
    "image": FieldKind.VECTOR,
}


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("year", "gte", 1990),
        ("year", "in", (1990, 1991.0)),
        ("year", "exists", False),
        ("genres", "has_any", ("Sci-Fi",)),
        ("genres", "has_all", ()),
        ("genres", "eq", "Sci-Fi"),
        ("language", "ne", "de"),
        ("title", "in", ("Alien",)),
        ("item_id", "in", ("1", "2")),
    ],
)
def test_takes_what_the_operator_can_take(field, op, value):
    check(Compare(field, Operator(op), value), FIELDS)


@pytest.mark.parametrize(
    ("field", "op", "value", "words"),
    [
        ("colour", "eq", "red", "item_id, language, title, year, given 'colour'"),
        ("genre", "eq", "red", "title, year, given 'genre'; did you mean 'genres'?"),
        ("image", "exists", True, "given 'image'"),
        ("genres", "gt", 3, "expected a numeric field for 'gt'"),
        ("language", "lt", "de", "expected a numeric field for 'lt'"),
        ("year", "has_any", (1990,), "expected a field of words"),
        ("year", "gt", "1990", "expected a finite number for this field, given '1990'"),
        ("year", "gt", True, "expected a finite number"),
        ("year", "eq", float("nan"), "given nan"),
        ("year", "lt", float("inf"), "given inf"),
        ("year", "lt", 10**400, "given a whole number"),
        pytest.param("year", "lt", 10**5000, "given a whole number", id="huge"),
        ("year", "in", 1990, "expected a list for 'in', given a whole number"),
        ("year", "gte", (1990,), "expected one value for 'gte', given a list of 1"),
        ("language", "eq", 1.0, "expected a string"),
        ("genres", "has_any", ("Sci-Fi", 3.0), "expected a string"),
        ("year", "exists", 1.0, "expected true or false"),
        ("genres", "in", ("x",) * 1001, "expected at most 1000 values, given 1001"),
    ],
)
def test_refuses_and_names_the_field(field, op, value, words):
    with pytest.raises(PredicateError) as caught:
        check(Not(All((AnyOf((Compare(field, Operator(op), value),)),))), FIELDS)
    assert words in caught.value.message
    assert caught.value.field == f"filter.not.all.0.any.0.{field}"


def test_the_part_that_is_wrong_is_named_by_its_way():
    year, colour = Compare("year", Operator.EQ, 1), Compare("colour", Operator.EQ, "red")
    for tree, field in (
        (colour, "filter.colour"),
        (Not(colour), "filter.not.colour"),
        (All((year, colour)), "filter.all.1.colour"),
        (AnyOf((year, All((year, year, Not(colour))))), "filter.any.1.all.2.not.colour"),
    ):
        with pytest.raises(PredicateError) as caught:
            check(tree, FIELDS)
        assert caught.value.field == field


def test_depth_is_capped():
    year = Compare("year", Operator.EQ, 1)
    deep: Compare | Not = year
    for _ in range(7):
        deep = Not(deep)
    check(deep, FIELDS)
    with pytest.raises(PredicateError, match="at most 8 levels") as caught:
        check(Not(deep), FIELDS)
    assert caught.value.field == "filter"


def test_size_is_capped():
    year = Compare("year", Operator.EQ, 1)
    check(All((year,) * 99), FIELDS)
    with pytest.raises(PredicateError, match="at most 100 parts"):
        check(AnyOf((year,) * 100), FIELDS)
