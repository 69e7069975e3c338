"""Fields that the org works out from others at every write: names, closed flags, probability, activity ties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from connector.sandbox.salesforce.errors import OrgError
from connector.sandbox.salesforce.table import Row
from connector.sandbox.salesforce.values import read_time, wire_time

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org


def derive(org: Org, object_name: str, old: Row | None, row: Row) -> None:
    """Fill the worked-out fields of `row` in place; `old` is the version before, None on create."""
    worker = _WORKERS.get(object_name)
    if worker is not None:
        worker(org, old, row)
    for key in [key for key, value in row.items() if value is None]:
        del row[key]


def _changed(old: Row | None, row: Row, *names: str) -> bool:
    return old is None or any(old.get(name) != row.get(name) for name in names)


def _person(org: Org, old: Row | None, row: Row) -> None:
    first, last = row.get("FirstName"), row.get("LastName", "")
    row["Name"] = f"{first} {last}" if first else last


def _contact(org: Org, old: Row | None, row: Row) -> None:
    _person(org, old, row)
    row["IsEmailBounced"] = "EmailBouncedDate" in row


def _opportunity(org: Org, old: Row | None, row: Row) -> None:
    if _changed(old, row, "StageName"):
        row["LastStageChangeDate"] = row["LastModifiedDate"]
        _stage(org, old, row)
    amount, probability = row.get("Amount"), row.get("Probability")
    row["ExpectedRevenue"] = None if amount is None else round(amount * (probability or 0) / 100, 2)
    close = row.get("CloseDate", "")
    row["FiscalYear"], row["FiscalQuarter"] = int(close[:4]), (int(close[5:7]) + 2) // 3


def _stage(org: Org, old: Row | None, row: Row) -> None:
    stage = next(
        (s for s in org.tables["OpportunityStage"].rows.values() if s["MasterLabel"] == row["StageName"]), {}
    )
    row["IsClosed"] = stage.get("IsClosed", False)
    row["IsWon"] = stage.get("IsWon", False)
    row["ForecastCategory"] = stage.get("ForecastCategory", "Pipeline")
    row["ForecastCategoryName"] = stage.get("ForecastCategoryName", "Pipeline")
    if old is None and row.get("Probability") is not None:
        return
    if old is None or old.get("Probability") == row.get("Probability"):
        row["Probability"] = stage.get("DefaultProbability", row.get("Probability", 0.0))


def _tie(org: Org, row: Row) -> None:
    who, what = row.get("WhoId"), row.get("WhatId")
    row["WhoCount"], row["WhatCount"] = int(who is not None), int(what is not None)
    account = what if what is not None and what.startswith("001") else None
    if account is None and what is not None and what.startswith("006"):
        account = org.tables["Opportunity"].rows.get(what, {}).get("AccountId")
    if account is None and who is not None and who.startswith("003"):
        account = org.tables["Contact"].rows.get(who, {}).get("AccountId")
    row["AccountId"] = account


def _task(org: Org, old: Row | None, row: Row) -> None:
    _tie(org, row)
    closed = any(
        s.get("IsClosed") for s in org.tables["TaskStatus"].rows.values() if s["MasterLabel"] == row["Status"]
    )
    if closed and not (old or {}).get("IsClosed") and "CompletedDateTime" not in row:
        row["CompletedDateTime"] = row["LastModifiedDate"]
    if not closed:
        row["CompletedDateTime"] = None
    row["IsClosed"] = closed
    row["IsHighPriority"] = row.get("Priority") == "High"
    row.setdefault("TaskSubtype", "Task")


def _event(org: Org, old: Row | None, row: Row) -> None:
    _tie(org, row)
    row.setdefault("EventSubtype", "Event")
    if _changed(old, row, "ActivityDateTime") and row.get("ActivityDateTime"):
        row["StartDateTime"] = row["ActivityDateTime"]
    start = read_time(row.get("StartDateTime") or row.get("ActivityDateTime") or "")
    if start is None:
        return
    row["StartDateTime"] = row["ActivityDateTime"] = wire_time(start)
    end = read_time(row.get("EndDateTime") or "")
    lasts = row.get("DurationInMinutes")
    if end is None or (lasts is not None and _changed(old, row, "DurationInMinutes")):
        end = start + timedelta(minutes=lasts or 0)
    row["EndDateTime"] = wire_time(end)
    row["DurationInMinutes"] = int((end - start).total_seconds() // 60)
    row["ActivityDate"], row["EndDate"] = row["StartDateTime"][:10], row["EndDateTime"][:10]


def _member(org: Org, old: Row | None, row: Row) -> None:
    person = row.get("ContactId") or row.get("LeadId")
    row["LeadOrContactId"] = person
    row["Type"] = "Contact" if row.get("ContactId") else "Lead"
    row["HasResponded"] = row.get("Status") in org.responded_statuses
    if row["HasResponded"]:
        row.setdefault("FirstRespondedDate", row["LastModifiedDate"][:10])


def _field_permissions(org: Org, old: Row | None, row: Row) -> None:
    object_name, _, field_name = row["Field"].partition(".")
    made = org.schema.get(object_name)
    if object_name != row["SobjectType"] or made is None or field_name not in made.fields:
        message = f"Field Name: bad value for restricted picklist field: {row['Field']}"
        raise OrgError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields=["Field"])
    if not made.fields[field_name].permissionable:
        raise OrgError(
            "FIELD_INTEGRITY_EXCEPTION", f"Field permissions cannot be set on {row['Field']}", fields=[]
        )
    row["PermissionsRead"] = row.get("PermissionsRead", False) or row.get("PermissionsEdit", False)


def _relation(org: Org, old: Row | None, row: Row) -> None:
    person = row.get("RelationId")
    kinds = {"003": "Contact", "00Q": "Lead", "005": "User"}
    row["RelationObjectType"] = None if person is None else kinds.get(person[:3])


_WORKERS: dict[str, Callable[[Org, Row | None, Row], None]] = {
    "Lead": _person,
    "Contact": _contact,
    "User": _person,
    "Opportunity": _opportunity,
    "Task": _task,
    "Event": _event,
    "CampaignMember": _member,
    "EmailMessageRelation": _relation,
    "FieldPermissions": _field_permissions,
}
DERIVED = frozenset(_WORKERS) - {"FieldPermissions"}
"""Objects with worked-out fields."""
