"""SOQL text to a syntax tree: tokens and recursive descent. Knows nothing of objects, fields or rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from connector.sandbox.salesforce.errors import OrgError

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>'(?:[^'\\]|\\.)*')"
    r"|(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d))"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<op>!=|<>|<=|>=|[=<>(),:])"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_AGGREGATES = frozenset({"count", "count_distinct", "min", "max", "sum", "avg"})
_OPERATORS = {"=", "!=", "<>", "<", "<=", ">", ">="}
Path = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of the text: what it is, its text, and where it begins (from 0)."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: kind is `string number boolean null date datetime dateliteral`; a date literal's value is (name, n)."""

    kind: str
    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Item:
    """One thing selected: a field path, or an aggregate of one (`path` is empty for COUNT())."""

    path: Path
    at: int
    function: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """`path operator value`; the value of IN and NOT IN is a list of literals or a sub-select."""

    path: Path
    at: int
    operator: str
    value: Literal | list[Literal] | Select


@dataclass(frozen=True, slots=True)
class And:
    """All hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """It does not hold."""

    part: Node


Node = And | Or | Not | Compare


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    path: Path
    at: int
    descending: bool = False
    nulls_first: bool = True


@dataclass(slots=True)
class Select:
    """A whole query."""

    items: list[Item]
    object_name: str
    object_at: int
    where: Node | None = None
    group: list[Item] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False


def fail(text: str, at: int, code: str, reason: str) -> OrgError:
    """The vendor's four-line message: the text around the place, a caret under it, row and column, the reason."""
    start = 0 if at <= 60 else text.rfind(" ", 0, at - 48) + 1
    shown = text[start : at + 60].replace("\n", " ")
    row, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
    return OrgError(code, f"\n{shown}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{reason}")


def tokenize(text: str) -> list[Token]:
    """The words of the text, ended by one of kind `end`."""
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise fail(
                text, at, "MALFORMED_QUERY", f"line 1:{at} no viable alternative at character '{text[at]}'"
            )
        if found.lastgroup != "space":
            tokens.append(Token(str(found.lastgroup), found.group(), at))
        at = found.end()
    tokens.append(Token("end", "<EOF>", len(text)))
    return tokens


def parse(text: str) -> Select:
    """Parse a query; MALFORMED_QUERY with the place when it is none."""
    parser = _Parser(text)
    select = parser.select()
    if parser.here.kind != "end":
        raise parser.unexpected()
    return select


def parse_condition(text: str) -> Node:
    """Parse a bare WHERE condition."""
    parser = _Parser(text)
    node = parser.condition()
    if parser.here.kind != "end":
        raise parser.unexpected()
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.position = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.position]

    def unexpected(self) -> OrgError:
        token = self.here
        return fail(self.text, token.at, "MALFORMED_QUERY", f"unexpected token: '{token.text}'")

    def take(self) -> Token:
        token = self.here
        self.position += 1
        return token

    def is_word(self, *words: str) -> bool:
        return self.here.kind == "name" and self.here.text.lower() in words

    def accept(self, text: str) -> bool:
        if self.here.kind in ("name", "op") and self.here.text.lower() == text:
            self.position += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.unexpected()

    def name(self) -> Token:
        if self.here.kind != "name":
            raise self.unexpected()
        return self.take()

    def whole_number(self) -> int:
        if self.here.kind != "number" or not self.here.text.isdigit():
            raise self.unexpected()
        return int(self.take().text)

    def select(self) -> Select:
        self.expect("select")
        items = self.listed(self.item)
        self.expect("from")
        source = self.name()
        select = Select(items, source.text, source.at)
        if self.accept("where"):
            select.where = self.condition()
        self.tail(select)
        return select

    def tail(self, select: Select) -> None:
        if self.accept("group"):
            self.expect("by")
            select.group = self.listed(self.plain_item)
        if self.accept("order"):
            self.expect("by")
            select.order = self.listed(self.order)
        if self.accept("limit"):
            select.limit = self.whole_number()
        if self.accept("offset"):
            select.offset = self.whole_number()
        if self.accept("all"):
            self.expect("rows")
            select.all_rows = True

    def listed(self, part: Callable[[], T]) -> list[T]:
        found = [part()]
        while self.accept(","):
            found.append(part())
        return found

    def item(self) -> Item:
        token = self.name()
        if not self.accept("("):
            return Item(tuple(token.text.split(".")), token.at)
        function = token.text.lower()
        path: Path = ()
        if function not in _AGGREGATES and function != "fields":
            raise fail(self.text, token.at, "MALFORMED_QUERY", f"unknown function: {token.text}")
        if not self.accept(")"):
            path = tuple(self.name().text.split("."))
            self.expect(")")
        alias = self.take().text if self.here.kind == "name" and not self.is_word("from") else None
        return Item(path, token.at, function, alias)

    def plain_item(self) -> Item:
        token = self.name()
        return Item(tuple(token.text.split(".")), token.at)

    def order(self) -> Order:
        token = self.name()
        descending = False
        if self.accept("desc"):
            descending = True
        else:
            self.accept("asc")
        nulls_first = True
        if self.accept("nulls"):
            nulls_first = self.accept("first")
            if not nulls_first:
                self.expect("last")
        return Order(tuple(token.text.split(".")), token.at, descending, nulls_first)

    def condition(self) -> Node:
        first = self.term()
        if self.is_word("and"):
            parts = [first]
            while self.accept("and"):
                parts.append(self.term())
            if self.is_word("or"):
                raise self.unexpected()
            return And(tuple(parts))
        if self.is_word("or"):
            parts = [first]
            while self.accept("or"):
                parts.append(self.term())
            if self.is_word("and"):
                raise self.unexpected()
            return Or(tuple(parts))
        return first

    def term(self) -> Node:
        if self.accept("not"):
            return Not(self.term())
        if self.accept("("):
            inside = self.condition()
            self.expect(")")
            return inside
        return self.comparison()

    def comparison(self) -> Compare:
        token = self.name()
        path = tuple(token.text.split("."))
        if self.here.kind == "op" and self.here.text in _OPERATORS:
            operator = self.take().text
            return Compare(path, token.at, "!=" if operator == "<>" else operator, self.literal())
        if self.accept("like"):
            return Compare(path, token.at, "like", self.literal())
        negative = self.accept("not")
        self.expect("in")
        return Compare(path, token.at, "not in" if negative else "in", self.members())

    def members(self) -> list[Literal] | Select:
        self.expect("(")
        if self.is_word("select"):
            inner = self.select()
            self.expect(")")
            return inner
        found = self.listed(self.literal)
        self.expect(")")
        return found

    def literal(self) -> Literal:
        token = self.here
        if token.kind == "string":
            self.take()
            return Literal("string", _unescape(token.text[1:-1]), token.at)
        if token.kind in ("number", "date", "datetime"):
            self.take()
            return Literal(token.kind, token.text, token.at)
        if token.kind == "name":
            return self.named_literal()
        raise self.unexpected()

    def named_literal(self) -> Literal:
        token = self.take()
        word = token.text.lower()
        if word in ("true", "false"):
            return Literal("boolean", word == "true", token.at)
        if word == "null":
            return Literal("null", None, token.at)
        count = self.whole_number() if self.accept(":") else None
        return Literal("dateliteral", (token.text.upper(), count), token.at)


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m.group(1), m.group(1)), text)
