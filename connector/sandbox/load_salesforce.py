"""Loads rows into the org: collected per object and stored together, with their own times and, for opportunities, the
history row that says when they reached their stage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connector.sandbox.load_map import BadRowError, Reference, Wanted
from connector.sandbox.salesforce.fields import ObjectDef
from connector.sandbox.salesforce.org import Org
from connector.sandbox.salesforce.table import Row, fold
from connector.sandbox.salesforce.values import convert, wire_time

_TIMES = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_FILLED = frozenset({*_TIMES, "OwnerId", "ForecastCategory"})
"""Required by the schema, filled in by the org."""
_IN_HISTORY = ("StageName", "Amount", "Probability", "CloseDate", "ForecastCategory", "ExpectedRevenue")


class OrgLoader:
    """Takes records in, row by row, and stores them on `finish`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._rows: dict[str, list[Row]] = {}
        self._known: dict[tuple[str, str], dict[Any, str]] = {}

    def check(self, records: list[Wanted]) -> None:
        """Refuse unknown objects and fields, missing required ones, wrong kinds of values, unique values that are taken."""
        for record in records:
            definition = self._org.schema.get(record.map.object)
            if definition is None:
                raise BadRowError(f"Salesforce has no object {record.map.object!r} here")
            for name, value in record.values.items():
                record.values[name] = self._stored(definition, name, value)
            required = {
                field.name for field in definition.fields.values() if field.required and not field.default
            }
            given = {name for name, value in record.values.items() if value is not None}
            if lacking := sorted(required - given - _FILLED):
                raise BadRowError(f"{definition.name} lacks {', '.join(lacking)}")

    def _stored(self, definition: ObjectDef, name: str, value: Any) -> Any:
        field = definition.find(name)
        if field is None:
            raise BadRowError(f"{definition.name} has no field {name}")
        if isinstance(value, Reference):
            return value
        stored = convert(field, _wire(value), self._org.world.switches)
        if field.unique and stored is not None and self._taken(definition.name, name, stored):
            raise BadRowError(f"{definition.name}.{name} {stored!r} is taken")
        return stored

    def _taken(self, object_name: str, name: str, value: Any) -> bool:
        waiting = self._rows.get(object_name, ())
        return fold(value) in self._holders(object_name, name) or any(
            row.get(name) == value for row in waiting
        )

    def put(self, records: list[Wanted]) -> list[str]:
        """Give them ids and collect them."""
        ids: dict[str, str] = {}
        made: list[str] = []
        for record in records:
            object_name = record.map.object
            held = self._reused(record)
            if held is None:
                held = self._collect(record, ids)
                made.append(object_name)
            ids[record.map.name] = held
        return made

    def _collect(self, record: Wanted, ids: dict[str, str]) -> str:
        object_name = record.map.object
        row: Row = {"Id": self._org.ids.next(self._org.schema[object_name].prefix)}
        for name, value in record.values.items():
            row[name] = ids.get(value.name) if isinstance(value, Reference) else value
        if record.at is not None:
            stamp = wire_time(record.at.astimezone(UTC).replace(microsecond=0))
            row.update({name: stamp for name in _TIMES if name in self._org.schema[object_name].fields})
        self._rows.setdefault(object_name, []).append(row)
        if record.map.reuse:
            self._holders(object_name, record.map.reuse)[fold(row.get(record.map.reuse))] = row["Id"]
        return str(row["Id"])

    def finish(self) -> None:
        """Store what was collected, object by object in the order of first use."""
        for object_name, rows in self._rows.items():
            self._org.load(object_name, rows)
            if object_name == "Opportunity":
                self._org.load("OpportunityHistory", [self._reached(str(row["Id"])) for row in rows])
        self._rows.clear()

    def _reached(self, opportunity: str) -> Row:
        row = self._org.tables["Opportunity"].rows[opportunity]
        made = {name: row[name] for name in _IN_HISTORY if name in row}
        stamps = dict.fromkeys(("CreatedDate", "SystemModstamp"), row["CreatedDate"])
        return {**made, **stamps, "OpportunityId": opportunity, "CreatedById": row["CreatedById"]}

    def _reused(self, record: Wanted) -> str | None:
        if not record.map.reuse:
            return None
        value = record.values.get(record.map.reuse)
        return self._holders(record.map.object, record.map.reuse).get(fold(value)) if value else None

    def _holders(self, object_name: str, name: str) -> dict[Any, str]:
        """Value → id of every live record; made once per batch."""
        found = self._known.get((object_name, name))
        if found is None:
            rows = self._org.tables[object_name].rows.values()
            live = [row for row in rows if not row.get("IsDeleted") and name in row]
            found = self._known[object_name, name] = {fold(row[name]): str(row["Id"]) for row in live}
        return found


def _wire(value: Any) -> Any:
    return wire_time(value.astimezone(UTC).replace(microsecond=0)) if isinstance(value, datetime) else value
