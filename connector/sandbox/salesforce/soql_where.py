"""WHERE as a predicate over rows: field types decide how a literal is read and how values compare."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.fields import NUMBER_TYPES, FieldDef
from connector.sandbox.salesforce.ids import to_18
from connector.sandbox.salesforce.soql_dates import day_range, midnight
from connector.sandbox.salesforce.soql_parse import And, Compare, Literal, Node, Not, Or, Select, fail
from connector.sandbox.salesforce.table import Row, fold
from connector.sandbox.salesforce.values import read_time, wire_time

if TYPE_CHECKING:
    from connector.sandbox.salesforce.soql_scope import Scope

Test = Callable[[Row], bool]


class Single(NamedTuple):
    """A comparison with one value, and how to get the field's value from a row."""

    node: Compare
    literal: Literal
    get: Callable[[Row], Any]


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERLESS = frozenset({"id", "reference", "boolean"})


def compile_where(scope: Scope, node: Node) -> Test:
    """A predicate for the condition. Raises with the place for fields and values that do not fit."""
    if isinstance(node, And):
        tests = [compile_where(scope, part) for part in node.parts]
        return lambda row: all(test(row) for test in tests)
    if isinstance(node, Or):
        tests = [compile_where(scope, part) for part in node.parts]
        return lambda row: any(test(row) for test in tests)
    if isinstance(node, Not):
        inner = compile_where(scope, node.part)
        return lambda row: not inner(row)
    return _compare(scope, node)


def _compare(scope: Scope, node: Compare) -> Test:
    field, get = scope.resolve(node.path, node.at)
    if not field.filterable:
        reason = f"field '{field.name}' can not be filtered in a query call"
        raise fail(scope.text, node.at, "INVALID_FIELD", reason)
    if isinstance(node.value, Select):
        return _members(node, get, scope.values_of(node.value))
    if isinstance(node.value, list):
        return _members(node, get, {fold(read(scope, field, node, value)) for value in node.value})
    single = Single(node, node.value, get)
    if node.value.kind == "dateliteral":
        return _in_range(scope, field, single)
    if node.operator == "like":
        return _like(scope, field, single)
    return _plain(scope, field, single)


def _members(node: Compare, get: Callable[[Row], Any], wanted: set[Any]) -> Test:
    if node.operator == "in":
        return lambda row: fold(get(row)) in wanted
    return lambda row: fold(get(row)) not in wanted


def _plain(scope: Scope, field: FieldDef, single: Single) -> Test:
    node, literal, get = single
    wanted = fold(read(scope, field, node, literal))
    if node.operator == "=":
        return lambda row: bool(fold(get(row)) == wanted)
    if node.operator == "!=":
        return lambda row: bool(fold(get(row)) != wanted)
    if field.type == "boolean" or wanted is None:
        raise fail(
            scope.text, node.at, "INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field"
        )
    compare = _COMPARE[node.operator]
    if field.type in _ORDERLESS:
        wanted = read(scope, field, node, literal)
        return lambda row: (value := get(row)) is not None and compare(value, wanted)
    return lambda row: (value := get(row)) is not None and compare(fold(value), wanted)


def _like(scope: Scope, field: FieldDef, single: Single) -> Test:
    node, literal, get = single
    if field.type in NUMBER_TYPES or field.type in ("boolean", "date", "datetime"):
        raise fail(scope.text, node.at, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on like")
    pattern = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in str(literal.value))
    matcher = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda row: (value := get(row)) is not None and matcher.fullmatch(value) is not None


def _in_range(scope: Scope, field: FieldDef, single: Single) -> Test:
    node, literal, get = single
    name, count = literal.value
    days = day_range(name, count, scope.now)
    if days is None or field.type not in ("date", "datetime"):
        raise fail(scope.text, literal.at, "MALFORMED_QUERY", f"unexpected token: '{name}'")
    if field.type == "date":
        low, high = days[0].isoformat(), days[1].isoformat()
    else:
        low, high = wire_time(midnight(days[0])), wire_time(midnight(days[1]))
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda v: v is not None and low <= v < high,
        "!=": lambda v: v is None or not low <= v < high,
        "<": lambda v: v is not None and v < low,
        "<=": lambda v: v is not None and v < high,
        ">": lambda v: v is not None and v >= high,
        ">=": lambda v: v is not None and v >= low,
    }
    test = tests[node.operator]
    return lambda row: test(get(row))


def read(scope: Scope, field: FieldDef, node: Compare, literal: Literal) -> Any:
    """A literal as the stored form of the field's type; an error of the vendor's kind when it does not fit."""
    if literal.kind == "null":
        return False if field.type == "boolean" else None
    if field.type in ("id", "reference"):
        full = to_18(literal.value) if literal.kind == "string" else None
        if full is None:
            reason = f"invalid ID field: {literal.value}"
            raise fail(scope.text, node.at, "INVALID_QUERY_FILTER_OPERATOR", reason)
        return full
    kinds, reader = _READERS.get(field.type, _TEXT)
    if literal.kind not in kinds:
        raise _wrong_type(scope, field, node, literal)
    return reader(literal.value)


def _wrong_type(scope: Scope, field: FieldDef, node: Compare, literal: Literal) -> OrgError:
    kind = field.soap_type.removeprefix("xsd:")
    quotes = "should not" if kind != "string" else "should"
    reason = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes} be enclosed in quotes"
    return fail(scope.text, node.at, "INVALID_FIELD", reason)


def _time(text: str) -> str:
    at = read_time(text.upper())
    return text if at is None else wire_time(at)


_TEXT: tuple[tuple[str, ...], Callable[[Any], Any]] = (("string",), str)
_READERS: dict[str, tuple[tuple[str, ...], Callable[[Any], Any]]] = {
    **dict.fromkeys(NUMBER_TYPES, (("number",), float)),
    "boolean": (("boolean",), bool),
    "date": (("date",), str),
    "datetime": (("datetime",), _time),
}
