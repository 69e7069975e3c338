"""Aggregates and GROUP BY: counts, extremes, sums and averages as AggregateResult rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector.sandbox.salesforce.soql_parse import Item, Select, fail
from connector.sandbox.salesforce.soql_scope import Getter, Scope
from connector.sandbox.salesforce.table import Row, fold

_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "count_distinct": lambda values: len({fold(value) for value in values}),
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "sum": lambda values: sum(values) if values else None,
    "avg": lambda values: sum(values) / len(values) if values else None,
}


def aggregate(scope: Scope, select: Select, rows: list[Row]) -> list[Row]:
    """One AggregateResult row per group, in the order in which groups are first met."""
    keys = [scope.resolve(item.path, item.at) for item in select.group]
    grouped = {tuple(item.path) for item in select.group}
    for item in select.items:
        if item.function is None and item.path not in grouped:
            reason = f"Field must be grouped or aggregated: {'.'.join(item.path)}"
            raise fail(scope.text, item.at, "MALFORMED_QUERY", reason)
    columns = _columns(scope, select.items)
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(get(row) for _, get in keys), []).append(row)
    if not keys and not groups:
        groups[()] = []
    made = [_row(columns, members) for members in groups.values()]
    return made[select.offset : None if select.limit is None else select.offset + select.limit]


def _columns(scope: Scope, items: list[Item]) -> list[tuple[str, str | None, Getter]]:
    columns: list[tuple[str, str | None, Getter]] = []
    unnamed = 0
    for item in items:
        get: Getter = scope.resolve(item.path, item.at)[1] if item.path else lambda row: row["Id"]
        if item.function is None:
            columns.append((item.path[-1], None, get))
            continue
        name = item.alias or f"expr{unnamed}"
        unnamed += item.alias is None
        columns.append((name, item.function, get))
    return columns


def _row(columns: list[tuple[str, str | None, Getter]], members: list[Row]) -> Row:
    made: Row = {"attributes": {"type": "AggregateResult"}}
    for name, function, get in columns:
        if function is None:
            made[name] = get(members[0])
        else:
            made[name] = _FUNCTIONS[function]([value for row in members if (value := get(row)) is not None])
    return made
