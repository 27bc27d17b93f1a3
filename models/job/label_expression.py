"""Label expressions: a small grammar, parsed and never evaluated as code.

either     := both ("or" both)*
both       := one ("and" one)*
one        := "not" one | "(" either ")" | comparison
comparison := operand (("==" | "!=" | "<" | "<=" | ">" | ">=") literal | "in" "[" literal ("," literal)* "]")
operand    := name | name "." name            a name with odd characters stands in `backquotes`
literal    := number | "text" | 'text'
"""

import re
from dataclasses import dataclass

MAX_DEPTH = 20
"""Parentheses and nots within each other."""
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")

_TOKEN = re.compile(
    r"""(?P<number>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<name>[^\W\d]\w*|`[^`]+`)
      | (?P<symbol>>=|<=|==|!=|[<>()\[\],.])""",
    re.VERBOSE,
)
_END = "the end"


class ExpressionError(ValueError):
    """A label that is not in the grammar, or that does not fit the job's columns."""


@dataclass(frozen=True, slots=True)
class Operand:
    """`value`, `action`, or a field of `item`, `user`, `context` or `time`."""

    source: str
    field: str | None = None

    def __str__(self) -> str:
        return self.source if self.field is None else f"{self.source}.{self.field}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operand against one literal, or (`in`) against several of one type."""

    operand: Operand
    operator: str
    literals: tuple[str, ...] | tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class And:
    """Both."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Or:
    """One or both."""

    left: "Condition"
    right: "Condition"


Condition = Comparison | Not | And | Or


def parse(text: str) -> Condition | Operand:
    """A label: a condition, or an operand alone. Raises ExpressionError that says expected and given."""
    parser = _Parser(_tokens(text))
    if parser.bare_operand():
        return parser.operand()
    found = parser.either(0)
    parser.expect(_END)
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    """(kind, token) pairs, closed by an end token."""
    found, place = [], 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        match = _TOKEN.match(text, place)
        if match is None:
            raise ExpressionError(f"expected a name, number, text or operator, given {text[place:]!r}")
        found.append((str(match.lastgroup), match.group()))
        place = match.end()
    return [*found, ("end", _END)]


class _Parser:
    """Recursive descent over the tokens; a method for each rule of the grammar."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def bare_operand(self) -> bool:
        """Whether the tokens are one operand and nothing else."""
        kinds = [kind for kind, _ in self.tokens]
        dotted = kinds == ["name", "symbol", "name", "end"] and self.tokens[1][1] == "."
        return dotted or kinds == ["name", "end"]

    def either(self, depth: int) -> Condition:
        left = self.both(depth)
        while self.take("or"):
            left = Or(left, self.both(depth))
        return left

    def both(self, depth: int) -> Condition:
        left = self.one(depth)
        while self.take("and"):
            left = And(left, self.one(depth))
        return left

    def one(self, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise ExpressionError(f"expected at most {MAX_DEPTH} conditions within each other, given more")
        if self.take("not"):
            return Not(self.one(depth + 1))
        if self.take("("):
            inner = self.either(depth + 1)
            self.expect(")")
            return inner
        return self.comparison()

    def comparison(self) -> Comparison:
        operand = self.operand()
        if self.take("in"):
            return Comparison(operand, "in", self.literals())
        operator = self.next()[1]
        if operator not in COMPARISONS:
            raise ExpressionError(
                f"expected one of {' '.join(COMPARISONS)} in after {operand}, given {operator!r}"
            )
        return Comparison(operand, operator, _same_type([self.literal()]))

    def operand(self) -> Operand:
        source = self.name()
        return Operand(source, self.name() if self.take(".") else None)

    def name(self) -> str:
        kind, token = self.next()
        if kind != "name" or token in ("and", "or", "not", "in"):
            raise ExpressionError(f"expected a name, given {token!r}")
        return token.strip("`")

    def literals(self) -> tuple[str, ...] | tuple[float, ...]:
        self.expect("[")
        found = [self.literal()]
        while self.take(","):
            found.append(self.literal())
        self.expect("]")
        return _same_type(found)

    def literal(self) -> str | float:
        kind, token = self.next()
        if kind == "number":
            return float(token)
        if kind == "text":
            return token[1:-1]
        raise ExpressionError(f"expected a number or a text in quotes, given {token!r}")

    def next(self) -> tuple[str, str]:
        token = self.tokens[self.place]
        self.place = min(self.place + 1, len(self.tokens) - 1)
        return token

    def take(self, token: str) -> bool:
        """Step over a word or symbol where it stands next."""
        kind, given = self.tokens[self.place]
        found = kind in ("name", "symbol") and given == token
        self.place += found
        return found

    def expect(self, token: str) -> None:
        given = self.next()[1]
        if given != token:
            raise ExpressionError(f"expected {token!r}, given {given!r}")


def _same_type(literals: list[str | float]) -> tuple[str, ...] | tuple[float, ...]:
    texts = tuple(literal for literal in literals if isinstance(literal, str))
    numbers = tuple(literal for literal in literals if isinstance(literal, float))
    if texts and numbers:
        raise ExpressionError(f"expected numbers or texts, given both: {literals}")
    return texts or numbers
