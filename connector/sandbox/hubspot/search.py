"""CRM search: filters compiled once, candidates taken from the order of changes or ids, answers cached until a write.

A search sees the index, which lags behind the records by the world's switch. No HTTP here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from connector.sandbox.hubspot.associations import AssociationBook
from connector.sandbox.hubspot.drafts import kind_of
from connector.sandbox.hubspot.errors import invalid
from connector.sandbox.hubspot.objects import ObjectStore
from connector.sandbox.hubspot.records import Record, Shelf, keep_for
from connector.sandbox.hubspot.schema import Schema
from connector.sandbox.hubspot.values import iso_of_ms, parse_moment, to_ms

MAX_RESULTS = 10_000
MAX_LIMIT = 200
MAX_GROUPS, MAX_FILTERS, MAX_IN_ALL = 5, 6, 18
CACHED_QUERIES = 16

Test = Callable[[Record], bool]

_SEARCHED_TEXT = (
    "email",
    "firstname",
    "lastname",
    "phone",
    "company",
    "name",
    "domain",
    "website",
    "dealname",
)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; `value`, `high` and `values` are used as the operator needs them."""

    property: str
    operator: str
    value: str | None = None
    high: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Groups are joined by or, the filters in a group by and."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    text: str = ""
    sort: tuple[str, bool] | None = None
    """Property and whether descending."""


def check_size(query: Query) -> None:
    """PortalError 400 when there are more groups, filters than HubSpot's search guide allows."""
    total = sum(len(group) for group in query.groups)
    if len(query.groups) > MAX_GROUPS or total > MAX_IN_ALL:
        raise invalid(f"At most {MAX_GROUPS} filter groups and {MAX_IN_ALL} filters in all are allowed")
    if any(len(group) > MAX_FILTERS for group in query.groups):
        raise invalid(f"At most {MAX_FILTERS} filters per group are allowed")


class Searcher:
    """Answers queries over one portal."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._cache: OrderedDict[tuple[Any, ...], list[int]] = OrderedDict()

    def search(
        self, object_type: str, query: Query, *, limit: int = 10, after: int = 0
    ) -> tuple[list[Record], int]:
        """One page of live records as the index has them, and how many match in all.

        PortalError 400 past the 10,000th result, for unknown properties and operators.
        """
        if limit > MAX_LIMIT:
            raise invalid(f"The limit {limit} is above {MAX_LIMIT}")
        if after + limit > MAX_RESULTS:
            raise invalid(f"Paging through more than {MAX_RESULTS:,} results is not possible: {after}")
        check_size(query)
        with self._store.world.lock:
            kind = kind_of(object_type)
            shelf, schema = self._store.shelves[kind.name], self._store.schemas[kind.name]
            lag = keep_for(self._store.world.switches.search_lag_seconds)
            rest, above = _split_id_bound(query)
            keys = self._matches(shelf, schema, rest, lag=lag)
            start = bisect_right(keys, above) if above is not None else 0
            found = keys[start + after : start + after + limit]
            now = self._store.now_ms()
            views = [shelf.records[key].seen(now, lag) for key in found]
            return [view for view in views if view is not None], len(keys) - start

    def _matches(self, shelf: Shelf, schema: Schema, query: Query, *, lag: int) -> list[int]:
        now = self._store.now_ms()
        settled = shelf.unsettled_ms + lag <= now
        key = (shelf.kind.name, orjson.dumps([query.groups, query.text, query.sort], default=_plain))
        cached = self._cache.get((*key, shelf.generation)) if settled else None
        if cached is not None:
            return cached
        found = self._evaluate(shelf, schema, query, lag=lag)
        if settled and not _asks_associations(query):
            self._cache[(*key, shelf.generation)] = found
            if len(self._cache) > CACHED_QUERIES:
                self._cache.popitem(last=False)
        return found

    def _evaluate(self, shelf: Shelf, schema: Schema, query: Query, *, lag: int) -> list[int]:
        now = self._store.now_ms()
        tests = [
            [compile_filter(one, schema, self._store.associations) for one in group] for group in query.groups
        ]
        text = query.text.lower()
        found: list[Record] = []
        for key in self._candidates(shelf, query):
            record = shelf.records.get(key)
            view = record.seen(now, lag) if record and record.past else record
            if view is None or view.archived:
                continue
            if tests and not any(all(test(view) for test in group) for group in tests):
                continue
            if text and not any(text in view.properties.get(name, "").lower() for name in _SEARCHED_TEXT):
                continue
            found.append(view)
        if query.sort is not None:
            name, descending = query.sort
            if not schema.known(name):
                raise invalid(f"Cannot sort by unknown property {name}")
            order = _order(schema.get(name).type)
            found.sort(key=lambda view: order(view.properties.get(name)), reverse=descending)
        return [view.key for view in found]

    def _candidates(self, shelf: Shelf, query: Query) -> Sequence[int]:
        """Ids ascending that can match: those changed since the lowest modification time asked for, or all."""
        since = [_lowest_change(group, shelf.kind.modified) for group in query.groups]
        bounds = [ms for ms in since if ms is not None]
        if since and len(bounds) == len(since):
            return shelf.changed_since(min(bounds))
        return shelf.ids


def _plain(value: Any) -> Any:
    return [getattr(value, name) for name in value.__slots__]


def _asks_associations(query: Query) -> bool:
    return any(one.property.startswith("associations.") for group in query.groups for one in group)


def _split_id_bound(query: Query) -> tuple[Query, int | None]:
    """Take `hs_object_id GT x` out of a single-group query in id order, so that its pages share one answer."""
    by_id = query.sort in (None, ("hs_object_id", False))
    if len(query.groups) != 1 or not by_id:
        return query, None
    bounds = [one for one in query.groups[0] if (one.property, one.operator) == ("hs_object_id", "GT")]
    if len(bounds) != 1 or not (bounds[0].value or "").isdigit():
        return query, None
    rest = tuple(one for one in query.groups[0] if one is not bounds[0])
    return Query((rest,), query.text, None), int(bounds[0].value or 0)


def _lowest_change(group: Sequence[Filter], modified: str) -> int | None:
    for one in group:
        if one.property == modified and one.operator in ("GT", "GTE", "BETWEEN", "EQ"):
            return _number("datetime", one.value)
    return None


def _order(kind: str) -> Callable[[str | None], tuple[int, Any]]:
    """A sort key that puts blank first; numbers and times by size."""
    if kind == "number":
        return lambda text: (0, 0) if text is None else (1, Decimal(text))
    return lambda text: (0, "") if text is None else (1, text)


def _number(kind: str, text: str | None) -> int:
    """The comparable form of a time filter; PortalError 400 when it is none. Stored times sort the same way."""
    try:
        return to_ms(parse_moment(text or ""))
    except ValueError as exc:
        raise invalid(f"{text!r} is not a valid {kind}") from exc


def compile_filter(one: Filter, schema: Schema, book: AssociationBook) -> Test:
    """A test for one filter; PortalError 400 for unknown properties, operators or values."""
    if one.property.startswith("associations."):
        return _association_test(one, schema.object_name, book)
    if not schema.known(one.property):
        raise invalid(f"There was a problem with the request. Property {one.property} does not exist")
    kind = schema.get(one.property).type
    make = _OPERATORS.get(one.operator)
    if make is None:
        raise invalid(f"Invalid operator {one.operator}")
    if one.value is None and one.operator not in ("IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        raise invalid(f"operator {one.operator} requires a value")
    test = make(one, kind)
    name = one.property
    return lambda record: test(record.properties.get(name))


def _association_test(one: Filter, from_kind: str, book: AssociationBook) -> Test:
    target = kind_of(one.property.removeprefix("associations.")).name
    wanted = {int(value) for value in (*one.values, one.value or "") if value.isdigit()}
    if one.operator in ("EQ", "IN"):
        return lambda record: not wanted.isdisjoint(book.ids(from_kind, record.key, target))
    if one.operator in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        expected = one.operator == "HAS_PROPERTY"
        return lambda record: bool(book.ids(from_kind, record.key, target)) is expected
    raise invalid(f"Operator {one.operator} cannot be used with {one.property}")


ValueTest = Callable[[str | None], bool]


def _comparable(kind: str) -> Callable[[str], Any]:
    """How stored text and filter value are made comparable: numbers by size, times as epoch ms, text folded."""
    if kind == "number":
        return _decimal
    if kind in ("enumeration", "bool"):
        return str
    return str.lower


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as exc:
        raise invalid(f"{text!r} is not a number") from exc


def _wanted(kind: str, text: str) -> Any:
    """The filter's value as it compares with stored ones. Stored times have one width, so their texts sort as times."""
    if kind == "datetime":
        return iso_of_ms(_number(kind, text)).lower()
    if kind == "date":
        return iso_of_ms(_number(kind, text))[:10]
    return _comparable(kind)(text)


def _compare(check: Callable[[Any, Any], bool]) -> Callable[[Filter, str], ValueTest]:
    def make(one: Filter, kind: str) -> ValueTest:
        convert = _comparable(kind)
        wanted = _wanted(kind, one.value or "")
        return lambda text: text is not None and check(convert(text), wanted)

    return make


def _not_equal(one: Filter, kind: str) -> ValueTest:
    convert = _comparable(kind)
    wanted = _wanted(kind, one.value or "")
    return lambda text: text is None or convert(text) != wanted


def _between(one: Filter, kind: str) -> ValueTest:
    if one.high is None:
        raise invalid("operator BETWEEN requires a value and a highValue")
    convert = _comparable(kind)
    low, high = _wanted(kind, one.value or ""), _wanted(kind, one.high)
    return lambda text: text is not None and low <= convert(text) <= high


def _in(one: Filter, kind: str) -> ValueTest:
    if not one.values:
        raise invalid(f"operator {one.operator} requires values")
    convert = _comparable(kind)
    # HubSpot's search guide: the values of IN on text must be given in lower case; they are not folded here.
    wanted = {_wanted(kind, value) if kind != "string" else value for value in one.values}
    if one.operator == "IN":
        return lambda text: text is not None and convert(text) in wanted
    return lambda text: text is not None and convert(text) not in wanted


def _has(one: Filter, _kind: str) -> ValueTest:
    expected = one.operator == "HAS_PROPERTY"
    return lambda text: (text is not None) is expected


def _contains(one: Filter, _kind: str) -> ValueTest:
    pattern = ".*".join(re.escape(part) for part in (one.value or "").lower().split("*"))
    token = re.compile(rf"(?<![0-9a-z_]){pattern}(?![0-9a-z_])" if "*" not in (one.value or "") else pattern)
    expected = one.operator == "CONTAINS_TOKEN"
    return lambda text: text is not None and (token.search(text.lower()) is not None) is expected


_OPERATORS: Mapping[str, Callable[[Filter, str], ValueTest]] = {
    "EQ": _compare(lambda stored, wanted: bool(stored == wanted)),
    "NEQ": _not_equal,
    "LT": _compare(lambda stored, wanted: bool(stored < wanted)),
    "LTE": _compare(lambda stored, wanted: bool(stored <= wanted)),
    "GT": _compare(lambda stored, wanted: bool(stored > wanted)),
    "GTE": _compare(lambda stored, wanted: bool(stored >= wanted)),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": _in,
    "HAS_PROPERTY": _has,
    "NOT_HAS_PROPERTY": _has,
    "CONTAINS_TOKEN": _contains,
    "NOT_CONTAINS_TOKEN": _contains,
}
