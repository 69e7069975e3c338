"""What names mean inside one query: fields of the object, of the objects it refers to, and what the user may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from connector.sandbox.salesforce.access import Access
from connector.sandbox.salesforce.fields import FieldDef, ObjectDef
from connector.sandbox.salesforce.soql_parse import Path, Select, fail
from connector.sandbox.salesforce.table import Row, Table, fold
from connector.sandbox.world import World

Getter = Callable[[Row], Any]
_ADVICE = (
    " If you are attempting to use a custom {kind}, be sure to append the '{suffix}' after the {what}. Please "
    "reference your WSDL or the describe call for the appropriate names."
)
_TYPE_FIELD = FieldDef("Type", "picklist", "Type", 40)
_MAX_HOPS = 5


class Queried(Protocol):
    """What a query runs over: the org, or the tooling view of it."""

    world: World
    schema: dict[str, ObjectDef]
    tables: dict[str, Table]
    access: Access

    def find(self, record_id: str) -> Row | None:
        """The visible row of this id."""


class Scope:
    """Resolves field paths of one query against the org's schema."""

    def __init__(self, org: Queried, select: Select, text: str, user_id: str | None) -> None:
        self.org = org
        self.text = text
        self.user_id = user_id
        self.now: datetime = org.world.clock.now()
        self.object = self._object(select)

    def _object(self, select: Select) -> ObjectDef:
        known = {name.lower(): made for name, made in self.org.schema.items()}
        found = known.get(select.object_name.lower())
        if found is None:
            name = select.object_name
            advice = _ADVICE.format(kind="object", suffix="__c", what="entity name")
            raise fail(
                self.text,
                select.object_at,
                "INVALID_TYPE",
                f"sObject type '{name}' is not supported.{advice}",
            )
        return found

    def resolve(self, path: Path, at: int) -> tuple[FieldDef, Getter]:
        """The field that a path ends at, and how to get its value from a row."""
        if len(path) > 1 and path[0].lower() == self.object.name.lower():
            path = path[1:]
        if len(path) == 1:
            field = self._field(self.object, path[0], at)
            return field, getter(field)
        return self._follow([self.object], path, at)

    def hop(self, objects: list[ObjectDef], name: str, at: int) -> tuple[FieldDef, list[ObjectDef]]:
        """The reference field behind a relationship name, and the objects it may lead to."""
        for made in objects:
            field = made.by_relationship(name)
            if field is not None and self._sees(made, field):
                return field, [self.org.schema[n] for n in field.reference_to if n in self.org.schema]
        advice = _ADVICE.format(kind="relationship", suffix="__r", what="custom relationship name")
        raise fail(
            self.text, at, "INVALID_FIELD", f"Didn't understand relationship '{name}' in field path.{advice}"
        )

    def field_of(self, objects: list[ObjectDef], name: str, at: int) -> FieldDef:
        """A field of one of several objects; `Type` of a polymorphic reference names the object."""
        if len(objects) > 1 and name.lower() == "type":
            return _TYPE_FIELD
        for made in objects:
            field = made.find(name)
            if field is not None and self._sees(made, field):
                return field
        return self._field(objects[0], name, at)

    def values_of(self, select: Select) -> set[Any]:
        """The values of the one field that a sub-select finds."""
        inner = Scope(self.org, select, self.text, self.user_id)
        from connector.sandbox.salesforce.query import matching

        _, get = inner.resolve(select.items[0].path, select.items[0].at)
        return {
            fold(value) for row in matching(inner, select, all_rows=False) if (value := get(row)) is not None
        }

    def _follow(self, objects: list[ObjectDef], path: Path, at: int) -> tuple[FieldDef, Getter]:
        steps: list[str] = []
        for name in path[:-1]:
            reference, objects = self.hop(objects, name, at)
            steps.append(reference.name)
        if len(steps) > _MAX_HOPS:
            raise fail(self.text, at, "INVALID_FIELD", "relationship path is too long")
        field = self.field_of(objects, path[-1], at)
        last = type_name if field is _TYPE_FIELD else getter(field)
        find = self.org.find

        def get(row: Row) -> Any:
            current: Row | None = row
            for step in steps:
                target = current.get(step) if current is not None else None
                current = find(target) if target is not None else None
            return None if current is None else last(current)

        return field, get

    def _field(self, made: ObjectDef, name: str, at: int) -> FieldDef:
        field = made.find(name)
        if field is not None and self._sees(made, field):
            return field
        advice = _ADVICE.format(kind="field", suffix="__c", what="custom field name")
        reason = f"No such column '{name}' on entity '{made.name}'.{advice}"
        raise fail(self.text, at, "INVALID_FIELD", reason)

    def _sees(self, made: ObjectDef, field: FieldDef) -> bool:
        return self.user_id is None or self.org.access.readable(self.user_id, made.name, field.name)


_OWN_TYPE = {
    "005": "User",
    "00G": "Group",
    "00Q": "Lead",
    "003": "Contact",
    "001": "Account",
    "006": "Opportunity",
}
_OWN_TYPE |= {"701": "Campaign", "00T": "Task", "00U": "Event"}


def type_name(row: Row) -> str:
    """The object type of a row that a polymorphic reference led to."""
    if row["Id"].startswith("00G") and row.get("Type") == "Queue":
        return "Queue"
    return _OWN_TYPE.get(row["Id"][:3], "Name")


def getter(field: FieldDef) -> Getter:
    """How to read the field from a row: absent is null, and false for a checkbox."""
    name = field.name
    if field.type == "boolean":
        return lambda row: row.get(name, False)
    if field.type == "address":
        return _address(name.removesuffix("Address"))
    return lambda row: row.get(name)


def _address(prefix: str) -> Getter:
    parts = {p: prefix + p[:1].upper() + p[1:] for p in ("city", "country", "postalCode", "state", "street")}

    def get(row: Row) -> Any:
        found = {part: row.get(name) for part, name in parts.items()}
        return found if any(found.values()) else None

    return get
