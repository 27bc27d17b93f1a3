"""Label expressions: a small grammar, parsed into a predicate and never evaluated as code.

label       := operand | disjunction ["within" number unit]     of the same user and item; units: s, m, h, d, w
disjunction := conjunction ("or" conjunction)*
conjunction := condition ("and" condition)*
condition   := "not" condition | "(" disjunction ")" | comparison
comparison  := operand (("==" | "!=" | "<" | "<=" | ">" | ">=") literal | "in" "[" literal ("," literal)* "]")
operand     := name | name "." name            a name with other characters is written in `backquotes`
literal     := number | "text" | 'text'
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from models.contract.predicate import All, AnyOf, Compare, Not, Operator, Predicate, Scalar

MAX_DEPTH = 20
"""The most nested levels of parentheses and `not`."""
UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""A unit of time -> its seconds."""
LONGEST_S = 3_650 * 86_400
"""The longest window: about ten years."""
OPERATORS = {
    "==": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
}
"""A comparison's symbol -> its operator; `in` is followed by a list."""

_TOKEN = re.compile(
    r"""(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<name>[^\W\d]\w*|`[^`]+`)
      | (?P<symbol>>=|<=|==|!=|[<>()\[\],.])""",
    re.VERBOSE,
)
_END = "the end"


class ExpressionError(ValueError):
    """The label is not in the grammar, or does not suit the head kind or the job's columns."""


@dataclass(frozen=True, slots=True)
class Operand:
    """`value`, `action`, or a field of `item`, `user`, `context` or `time`."""

    source: str
    field: str | None = None

    def __str__(self) -> str:
        """The operand as the field of a comparison, such as `item.genres`."""
        return self.source if self.field is None else f"{self.source}.{self.field}"

    @classmethod
    def of(cls, field: str) -> Self:
        """The operand of a comparison's field: the source is the text before the first dot."""
        source, dot, name = field.partition(".")
        return cls(source, name if dot else None)


@dataclass(frozen=True, slots=True)
class Label:
    """A condition, or a single operand, and the window in which later interactions may meet the condition."""

    expression: Predicate | Operand
    within_s: float | None = None
    """Seconds after an interaction in which one of the same user and item counts for it, too; None: itself alone."""


def parse_label(text: str) -> Label:
    """A label. A comparison's field is the operand as text, such as `value` or `item.genres`.

    Raises ExpressionError.
    """
    parser = _Parser(_tokenize(text))
    if parser.is_bare_operand():
        return Label(parser.operand())
    condition = parser.disjunction(0)
    within_s = parser.duration() if parser.take("within") else None
    parser.expect(_END)
    return Label(condition, within_s)


def parse(text: str) -> Predicate | Operand:
    """A condition, or a single operand, on one interaction or item. Raises ExpressionError, also for a window."""
    label = parse_label(text)
    if label.within_s is not None:
        raise ExpressionError(
            f"expected a condition without 'within', which labels alone have, given {text!r}"
        )
    return label.expression


def write_operator(op: Operator) -> str:
    """An operator in the notation of labels, such as `>=`."""
    return next((symbol for symbol, value in OPERATORS.items() if value is op), op.value)


def _tokenize(text: str) -> list[tuple[str, str]]:
    """(kind, token) pairs, closed by an end token."""
    tokens, position = [], 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"expected a name, number, text or operator, given {text[position:]!r}")
        tokens.append((str(match.lastgroup), match.group()))
        position = match.end()
    return [*tokens, ("end", _END)]


class _Parser:
    """Recursive descent over the tokens; a method for each rule of the grammar."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def is_bare_operand(self) -> bool:
        """True if the tokens are one operand and nothing else."""
        kinds = [kind for kind, _ in self.tokens]
        dotted = kinds == ["name", "symbol", "name", "end"] and self.tokens[1][1] == "."
        return dotted or kinds == ["name", "end"]

    def disjunction(self, depth: int) -> Predicate:
        parts = self.parts("or", lambda: self.conjunction(depth))
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def conjunction(self, depth: int) -> Predicate:
        parts = self.parts("and", lambda: self.condition(depth))
        return parts[0] if len(parts) == 1 else All(parts)

    def parts(self, word: str, part: Callable[[], Predicate]) -> tuple[Predicate, ...]:
        """At least one part, separated by a word."""
        parts = [part()]
        while self.take(word):
            parts.append(part())
        return tuple(parts)

    def condition(self, depth: int) -> Predicate:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"expected at most {MAX_DEPTH} conditions within each other, given more")
        if self.take("not"):
            return Not(self.condition(depth + 1))
        if self.take("("):
            inner = self.disjunction(depth + 1)
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Compare:
        operand = self.operand()
        if self.take("in"):
            return Compare(str(operand), Operator.IN, self.literals())
        symbol = self.next()[1]
        if symbol not in OPERATORS:
            raise ExpressionError(
                f"expected one of {' '.join(OPERATORS)} in after {operand}, given {symbol!r}"
            )
        return Compare(str(operand), OPERATORS[symbol], self.literal())

    def operand(self) -> Operand:
        source = self.name()
        if "." in source:  # possible in backquotes, but ambiguous with a source and its field
            raise ExpressionError(f"expected a name without a dot, given `{source}`")
        return Operand(source, self.name() if self.take(".") else None)

    def name(self) -> str:
        kind, token = self.next()
        if kind != "name" or token in ("and", "or", "not", "in"):
            raise ExpressionError(f"expected a name, given {token!r}")
        return token.strip("`")

    def duration(self) -> float:
        """Seconds above 0, at most LONGEST_S: a number and a unit."""
        (kind, number), (_, unit) = self.next(), self.next()
        seconds = float(number) * UNITS_S.get(unit, 0) if kind == "number" else 0.0
        if not 0 < seconds <= LONGEST_S:
            units = ", ".join(UNITS_S)
            raise ExpressionError(
                f"expected a time such as 7d after 'within', up to {LONGEST_S / UNITS_S['d']:g}d, in one of {units}, "
                f"given {number!r} {unit!r}"
            )
        return seconds

    def literals(self) -> tuple[Scalar, ...]:
        """A list of literals of one type."""
        self.expect("[")
        literals = [self.literal()]
        while self.take(","):
            literals.append(self.literal())
        self.expect("]")
        if len({type(literal) for literal in literals}) > 1:
            raise ExpressionError(f"expected numbers or texts, given both: {literals}")
        return tuple(literals)

    def literal(self) -> Scalar:
        kind, token = self.next()
        if kind == "number":
            return float(token)
        if kind == "text":
            return token[1:-1]
        raise ExpressionError(f"expected a number or a text in quotes, given {token!r}")

    def next(self) -> tuple[str, str]:
        token = self.tokens[self.position]
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def take(self, token: str) -> bool:
        """Consume a word or symbol if it is the next token; returns True if it was."""
        kind, text = self.tokens[self.position]
        is_next = kind in ("name", "symbol") and text == token
        self.position += is_next
        return is_next

    def expect(self, token: str) -> None:
        text = self.next()[1]
        if text != token:
            raise ExpressionError(f"expected {token!r}, given {text!r}")
