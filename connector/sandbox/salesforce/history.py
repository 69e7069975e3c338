"""The rows that the org writes about changes: field history of tracked fields, and every move of an opportunity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

HISTORY_OF = {
    "Lead": "LeadHistory",
    "Opportunity": "OpportunityFieldHistory",
    "Contact": "ContactHistory",
    "Account": "AccountHistory",
}
_MOVES = ("StageName", "Amount", "Probability", "CloseDate")


def record(org: Org, object_name: str, old: Row | None, row: Row) -> None:
    """Write the history rows that this change calls for. `old` is None on create."""
    if object_name == "Opportunity" and (old is None or any(old.get(f) != row.get(f) for f in _MOVES)):
        _opportunity_move(org, old or {}, row)
    tracked = org.tracked.get(object_name)
    if not tracked:
        return
    if old is None:
        note(org, object_name, row, "created")
        return
    for name in sorted(tracked):
        before, after = old.get(name), row.get(name)
        if before != after:
            _field_change(org, object_name, row, (name, before, after))


def note(org: Org, object_name: str, row: Row, event: str) -> None:
    """A history row without values, such as `created` or `leadConverted`."""
    _write(org, object_name, row, {"Field": event, "DataType": "Text"})


def _field_change(org: Org, object_name: str, row: Row, change: tuple[str, Any, Any]) -> None:
    name, before, after = change
    definition = org.schema[object_name].fields[name]
    field = name.removesuffix("Id") if definition.type == "reference" and not definition.custom else name
    kind = "EntityId" if definition.type == "reference" else "Text"
    if definition.type == "reference" and org.world.switches.salesforce_lookup_history_twice:
        names = {"OldValue": _name_of(org, before), "NewValue": _name_of(org, after)}
        _write(org, object_name, row, {"Field": field, "DataType": "Text", **names})
    if definition.type == "textarea" and definition.length > 255:
        before = after = None
    _write(org, object_name, row, {"Field": field, "DataType": kind, "OldValue": before, "NewValue": after})


def _name_of(org: Org, record_id: str | None) -> str | None:
    if record_id is None:
        return None
    row = org.find(record_id)
    return None if row is None else row.get("Name")


def _write(org: Org, object_name: str, row: Row, values: Row) -> None:
    made = {key: value for key, value in values.items() if value is not None}
    made[f"{object_name}Id"] = row["Id"]
    made["CreatedDate"] = row.get("LastModifiedDate")
    made["CreatedById"] = row.get("LastModifiedById")
    org.append(HISTORY_OF[object_name], made)


def _opportunity_move(org: Org, old: Row, row: Row) -> None:
    names = (*_MOVES, "ExpectedRevenue", "ForecastCategory")
    made = {name: row[name] for name in names if row.get(name) is not None}
    if old.get("Amount") is not None:
        made["PrevAmount"] = old["Amount"]
    if old.get("CloseDate") is not None:
        made["PrevCloseDate"] = old["CloseDate"]
    made["OpportunityId"] = row["Id"]
    made["CreatedDate"] = made["SystemModstamp"] = row["LastModifiedDate"]
    made["CreatedById"] = row["LastModifiedById"]
    org.append("OpportunityHistory", made)
