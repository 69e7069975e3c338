"""Running a query: which rows to look at, in which order, and how each becomes the JSON that the API shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from connector.sandbox.salesforce.soql_aggregate import aggregate
from connector.sandbox.salesforce.soql_parse import (
    And,
    Compare,
    Literal,
    Node,
    Or,
    Select,
    fail,
    parse,
    parse_condition,
)
from connector.sandbox.salesforce.soql_scope import Queried, Scope
from connector.sandbox.salesforce.soql_select import Builder, builder
from connector.sandbox.salesforce.soql_where import compile_where, read
from connector.sandbox.salesforce.table import Row, Table, fold
from connector.sandbox.salesforce.values import wire_time

_HIGH = "~"
"""Sorts after every id and stamp."""
_ARCHIVE_AFTER = timedelta(days=365)
Bounds = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Query:
    """A query to run. `all_rows` counts deleted and archived rows; `user_id` is whose field permissions hold."""

    soql: str
    all_rows: bool = False
    user_id: str | None = None


@dataclass(slots=True)
class Answer:
    """What a query found. `found` is a snapshot: later writes do not change it."""

    object_name: str
    found: list[Any]
    total: int
    build: Builder

    def rows(self, start: int, stop: int, version: str = "67.0") -> list[Row]:
        """Records start..stop as the API shows them."""
        return self.build(self.found[start:stop], version)


def run(org: Queried, query: Query) -> Answer:
    """Evaluate a query now."""
    select = parse(query.soql)
    scope = Scope(org, select, query.soql, query.user_id)
    rows_wanted = query.all_rows or select.all_rows
    if any(item.function not in (None, "fields") for item in select.items) or select.group:
        return _aggregate(scope, select, all_rows=rows_wanted)
    build = builder(scope, select)
    found = matching(scope, select, all_rows=rows_wanted)
    return Answer(scope.object.name, found, len(found), build)


def condition(org: Queried, object_name: str, text: str) -> Callable[[Row], bool]:
    """A bare WHERE condition as a predicate over rows of an object: what declarative rules are made of."""
    select = Select([], object_name, 0, where=parse_condition(text))
    return compile_where(Scope(org, select, text, None), parse_condition(text))


def _aggregate(scope: Scope, select: Select, *, all_rows: bool) -> Answer:
    only = select.items[0]
    rows = matching(scope, select, all_rows=all_rows)
    if len(select.items) == 1 and only.function == "count" and not only.path:
        return Answer(scope.object.name, [], len(rows), _nothing)
    made = aggregate(scope, select, rows)
    return Answer("AggregateResult", made, len(made), _as_made)


def _nothing(found: list[Row], version: str) -> list[Row]:
    return []


def _as_made(found: list[Row], version: str) -> list[Row]:
    return found


def matching(scope: Scope, select: Select, *, all_rows: bool) -> list[Row]:
    """The rows that the query selects, ordered and cut to OFFSET and LIMIT (grouping queries: all that match)."""
    test = compile_where(scope, select.where) if select.where is not None else None
    sort = [(scope.resolve(key.path, key.at), key) for key in select.order] if not select.group else []
    for (field, _), key in sort:
        if not field.filterable:
            reason = f"field '{field.name}' can not be sorted in a query call"
            raise fail(scope.text, key.at, "INVALID_FIELD", reason)
    names = [field.name if len(key.path) == 1 and not key.descending else "" for (field, _), key in sort]
    source, ordered = _source(scope, select, names)
    kept = _alive(scope, source, all_rows=all_rows)
    rows = kept if test is None else filter(test, kept)
    cut = None if select.limit is None or select.group else select.offset + select.limit
    if ordered:
        return list(islice(rows, select.offset, cut))
    found = list(rows)
    for (_, get), key in reversed(sort):
        _sort(found, get, descending=key.descending, nulls_first=key.nulls_first)
    return found[select.offset : cut]


def _sort(found: list[Row], get: Callable[[Row], Any], *, descending: bool, nulls_first: bool) -> None:
    empty = [row for row in found if get(row) is None]
    filled = [row for row in found if get(row) is not None]
    filled.sort(key=lambda row: fold(get(row)), reverse=descending)
    found[:] = empty + filled if nulls_first else filled + empty


def _alive(scope: Scope, source: Iterable[Row], *, all_rows: bool) -> Iterator[Row]:
    if all_rows:
        return iter(source)
    if scope.object.name in ("Task", "Event"):
        edge = wire_time(scope.now - _ARCHIVE_AFTER)
        return (row for row in source if not row.get("IsDeleted") and not is_archived(row, edge))
    return (row for row in source if not row.get("IsDeleted"))


def is_archived(row: Row, edge: str) -> bool:
    """Whether an activity is so old that only queryAll finds it (evidence facts §2 "archived activities")."""
    day = edge[:10]
    if row["Id"].startswith("00U"):
        return bool(row.get("ActivityDate", "9") <= day)
    if not row.get("IsClosed"):
        return False
    due = row.get("ActivityDate")
    return bool(due <= day if due is not None else row["CreatedDate"] <= edge)


def _source(scope: Scope, select: Select, sort: list[str]) -> tuple[Iterable[Row], bool]:
    """The cheapest rows to look at, and whether they come in the order that is asked for."""
    table = scope.org.tables[scope.object.name]
    picked = _picked(scope, table, select.where)
    if picked is not None:
        return [table.seen[i] for i in sorted(picked) if i in table.seen], sort in ([], ["Id"])
    stamp = "SystemModstamp" if "SystemModstamp" in scope.object.fields else "CreatedDate"
    stamps, ids = _bounds(scope, select.where, stamp), _bounds(scope, select.where, "Id")
    if sort in ([stamp], [stamp, "Id"]) or (stamps is not None and sort not in ([], ["Id"])):
        low, high = stamps or ("", _HIGH)
        return table.walk_stamps(low, high), sort in ([stamp], [stamp, "Id"])
    if stamps is not None and ids is None and select.limit is None:
        return sorted(table.walk_stamps(*stamps), key=lambda row: str(row["Id"])), True
    low, high = ids or ("", _HIGH)
    return table.walk_ids(low, high), sort in ([], ["Id"])


def _picked(scope: Scope, table: Table, node: Node | None) -> set[str] | None:
    """Ids that equality in one of the ANDed conditions leaves, through an index; None when there is none."""
    parts = node.parts if isinstance(node, And) else (node,) if node is not None else ()
    best: set[str] | None = None
    for part in parts:
        if not isinstance(part, Compare) or len(part.path) != 1 or part.operator not in ("=", "in"):
            continue
        found = _equal(scope, table, part)
        if found is not None and (best is None or len(found) < len(best)):
            best = found
    return best


def _equal(scope: Scope, table: Table, part: Compare) -> set[str] | None:
    field = scope.object.find(part.path[0])
    if field is None or not (field.type in ("id", "reference") or field.lookup):
        return None
    literals = part.value if isinstance(part.value, list) else [part.value]
    found: set[str] = set()
    for literal in literals:
        if not isinstance(literal, Literal) or literal.kind in ("null", "dateliteral"):
            return None
        value = read(scope, field, part, literal)
        found |= {value} if field.name == "Id" else table.by_value(field.name, value)
    return found


def _bounds(scope: Scope, node: Node | None, name: str) -> Bounds | None:
    """Between which keys a row must lie for the condition to hold; None when it does not say."""
    if isinstance(node, And):
        known = [b for part in node.parts if (b := _bounds(scope, part, name)) is not None]
        return (max(b[0] for b in known), min(b[1] for b in known)) if known else None
    if isinstance(node, Or):
        every = [_bounds(scope, part, name) for part in node.parts]
        known = [b for b in every if b is not None]
        return (min(b[0] for b in known), max(b[1] for b in known)) if len(known) == len(every) else None
    if not isinstance(node, Compare) or len(node.path) != 1 or node.path[0].lower() != name.lower():
        return None
    if not isinstance(node.value, Literal) or node.value.kind not in ("datetime", "string"):
        return None
    value = read(scope, scope.object.fields[name], node, node.value)
    ranges: dict[str, Bounds] = {
        "=": (value, value + _HIGH),
        ">=": (value, _HIGH),
        ">": (value + _HIGH, _HIGH),
        "<": ("", value),
        "<=": ("", value + _HIGH),
    }
    return ranges.get(node.operator)
