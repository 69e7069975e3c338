"""The SELECT list as a builder of API records: plain fields fast, related records as nested objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from connector.sandbox.salesforce.fields import ObjectDef
from connector.sandbox.salesforce.soql_parse import Item, Select, fail
from connector.sandbox.salesforce.soql_scope import Getter, Scope, getter, type_name
from connector.sandbox.salesforce.table import Row

Builder = Callable[[list[Row], str], list[Row]]
"""Takes rows and the API version, gives the records of the answer."""


def builder(scope: Scope, select: Select) -> Builder:
    """Resolve the SELECT list once, so that building a page is cheap."""
    items = [item for entry in select.items for item in _expand(scope, select, entry)]
    name = scope.object.name
    parts = _parts(scope, [scope.object], [(item.path, item.at) for item in _own(scope, items)])

    def build(rows: list[Row], version: str) -> list[Row]:
        base = f"/services/data/v{version}/sobjects/{name}/"
        made = []
        for row in rows:
            record: Row = {"attributes": {"type": name, "url": base + row["Id"]}}
            for key, get in parts:
                record[key] = get(row, version)
            made.append(record)
        return made

    if all(len(item.path) == 1 for item in _own(scope, items)):
        return _plain_builder(scope, _own(scope, items))
    return build


def _plain_builder(scope: Scope, items: list[Item]) -> Builder:
    name = scope.object.name
    fields = [scope.resolve(item.path, item.at)[0] for item in items]
    simple = [f.name for f in fields if f.type not in ("boolean", "address")]
    special = [(f.name, getter(f)) for f in fields if f.type in ("boolean", "address")]
    order = [f.name for f in fields]

    def build(rows: list[Row], version: str) -> list[Row]:
        base = f"/services/data/v{version}/sobjects/{name}/"
        made = []
        for row in rows:
            held = row.get
            record: Row = {"attributes": {"type": name, "url": base + row["Id"]}}
            if special:
                record.update(dict.fromkeys(order))
                for key, get in special:
                    record[key] = get(row)
            for key in simple:
                record[key] = held(key)
            made.append(record)
        return made

    return build


def _expand(scope: Scope, select: Select, item: Item) -> list[Item]:
    if item.function != "fields":
        return [item]
    kind = item.path[0].lower() if item.path else ""
    if kind != "standard" and (select.limit is None or select.limit > 200):
        reason = "The SOQL FIELDS function must have a LIMIT of at most 200"
        raise fail(scope.text, item.at, "MALFORMED_QUERY", reason)
    user = scope.user_id
    fields = list(scope.object.fields.values())
    if user is not None:
        fields = scope.org.access.visible_fields(user, scope.object.name, scope.object.fields)
    wanted = {"all": (True, False), "standard": (False,), "custom": (True,)}.get(kind, ())
    return [Item((field.name,), item.at) for field in fields if field.custom in wanted]


def _own(scope: Scope, items: list[Item]) -> list[Item]:
    """Items without a leading name of the object itself (`SELECT Lead.Id FROM Lead`)."""
    own = scope.object.name.lower()
    return [
        Item(item.path[1:], item.at) if len(item.path) > 1 and item.path[0].lower() == own else item
        for item in items
    ]


Part = tuple[str, Callable[[Row, str], Any]]


def _parts(scope: Scope, objects: list[ObjectDef], paths: list[tuple[tuple[str, ...], int]]) -> list[Part]:
    parts: list[Part] = []
    nested: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for path, at in paths:
        if len(path) == 1:
            field = scope.field_of(objects, path[0], at)
            polymorphic_type = len(objects) > 1 and path[0].lower() == "type"
            parts.append((field.name, _plain(type_name if polymorphic_type else getter(field))))
        elif path[0].lower() in nested:
            nested[path[0].lower()].append((path[1:], at))
        else:
            nested[path[0].lower()] = [(path[1:], at)]
            parts.append((path[0], _unresolved))
    return [_relate(scope, objects, nested, part) if part[1] is _unresolved else part for part in parts]


def _unresolved(row: Row, version: str) -> Any:
    raise AssertionError("replaced before use")


def _plain(get: Getter) -> Callable[[Row, str], Any]:
    def shown(row: Row, version: str) -> Any:
        return get(row)

    return shown


def _relate(
    scope: Scope, objects: list[ObjectDef], nested: dict[str, list[tuple[tuple[str, ...], int]]], part: Part
) -> Part:
    paths = nested[part[0].lower()]
    reference, targets = scope.hop(objects, part[0], paths[0][1])
    inner = _parts(scope, targets, paths)
    find = scope.org.find
    shown = targets[0].name if len(targets) == 1 else "Name"

    def get(row: Row, version: str) -> Any:
        target = row.get(reference.name)
        related = find(target) if target is not None else None
        if related is None:
            return None
        kind = type_name(related) if len(targets) > 1 else shown
        kind = "Group" if kind == "Queue" else kind
        url = f"/services/data/v{version}/sobjects/{kind}/{related['Id']}"
        record: Row = {"attributes": {"type": shown, "url": url}}
        for key, inner_get in inner:
            record[key] = inner_get(related, version)
        return record

    return str(reference.relationship), get
