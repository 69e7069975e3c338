"""What a new org holds: the organization, a profile, users, a queue, the status and stage tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

LEAD_STATUSES = (
    ("Open - Not Contacted", False),
    ("Working - Contacted", False),
    ("Closed - Converted", True),
    ("Closed - Not Converted", False),
)
STAGES = (
    ("Prospecting", 10, "Pipeline"),
    ("Qualification", 10, "Pipeline"),
    ("Needs Analysis", 20, "Pipeline"),
    ("Value Proposition", 50, "Pipeline"),
    ("Id. Decision Makers", 60, "Pipeline"),
    ("Perception Analysis", 70, "Pipeline"),
    ("Proposal/Price Quote", 75, "Pipeline"),
    ("Negotiation/Review", 90, "Pipeline"),
    ("Closed Won", 100, "Closed"),
    ("Closed Lost", 0, "Omitted"),
)
TASK_STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
USERS = (
    ("Baton", "Integration", "baton.integration@example.com", True),
    ("Ada", "Admin", "ada.admin@example.com", True),
    ("Rosa", "Rep", "rosa.rep@example.com", True),
    ("Ravi", "Rep", "ravi.rep@example.com", True),
    ("晓明", "陈", "chen.xiaoming@example.com", True),
    ("Gone", "Rep", "gone.rep@example.com", False),
)


def populate(org: Org) -> None:
    """Fill a new org. The first user is the integration user that API tokens run as."""
    org.org_id = _put(org, "Organization", {"Name": "Sandbox", "OrganizationType": "Developer Edition"})
    profile = _put(org, "Profile", {"Name": "Standard User"})
    for first, last, email, active in USERS:
        add_user(org, (first, last), email, active=active, profile_id=profile)
    org.api_user_id = org.tables["User"].ids[0]
    set_lead_statuses(org, LEAD_STATUSES)
    _stages(org)
    rows = [{"MasterLabel": name, "IsClosed": name == "Completed"} for name in TASK_STATUSES]
    _labels(org, "TaskStatus", rows)
    add_queue(org, "Inbound Leads")
    if "CurrencyType" in org.schema:
        add_currency(org, "USD", 1.0, corporate=True)


def add_user(
    org: Org, name: tuple[str, str], email: str, *, active: bool = True, profile_id: str | None = None
) -> str:
    """A user by (first, last) name; returns the id."""
    first, last = name
    values = {
        "FirstName": first,
        "LastName": last,
        "Name": f"{first} {last}",
        "Username": email,
        "Email": email,
        "IsActive": active,
        "UserType": "Standard",
        "ProfileId": profile_id or next(iter(org.tables["Profile"].rows)),
    }
    return _put(org, "User", values)


def add_queue(org: Org, name: str, objects: Iterable[str] = ("Lead",)) -> str:
    """A queue that may own records of these objects; returns the group's id."""
    developer = "".join(word for word in name.title() if word.isalnum())
    queue = _put(org, "Group", {"Name": name, "DeveloperName": developer, "Type": "Queue"})
    for object_name in objects:
        _put(org, "QueueSobject", {"QueueId": queue, "SobjectType": object_name})
    return queue


def add_currency(org: Org, iso_code: str, rate: float, *, corporate: bool = False) -> str:
    """An active currency with its rate against the corporate one; only in an org with several currencies."""
    values = {"IsoCode": iso_code, "ConversionRate": rate, "IsCorporate": corporate, "IsActive": True}
    return _put(org, "CurrencyType", {**values, "DecimalPlaces": 2})


def set_lead_statuses(org: Org, statuses: Iterable[tuple[str, bool]]) -> None:
    """Replace the lead statuses by (label, converted) in order; the first becomes the default."""
    rows = [
        {"MasterLabel": label, "IsConverted": converted, "IsDefault": n == 0}
        for n, (label, converted) in enumerate(statuses)
    ]
    for record_id in list(org.tables["LeadStatus"].rows):
        org.tables["LeadStatus"].undo(record_id, None)
    _labels(org, "LeadStatus", rows)
    field = org.schema["Lead"].fields["Status"]
    field.picklist = tuple(str(row["MasterLabel"]) for row in rows)
    field.default = field.picklist[0]


def _stages(org: Org) -> None:
    rows: list[Mapping[str, Any]] = [
        {
            "MasterLabel": label,
            "DefaultProbability": float(probability),
            "ForecastCategory": forecast,
            "ForecastCategoryName": forecast,
            "IsClosed": label.startswith("Closed"),
            "IsWon": label == "Closed Won",
            "IsActive": True,
        }
        for label, probability, forecast in STAGES
    ]
    _labels(org, "OpportunityStage", rows)


def _labels(org: Org, object_name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    for n, row in enumerate(rows):
        _put(org, object_name, {**row, "ApiName": row["MasterLabel"], "SortOrder": n + 1})


def _put(org: Org, object_name: str, values: Mapping[str, Any]) -> str:
    row: Row = dict(values)
    fields = org.schema[object_name].fields
    now = org.stamp()
    for name in ("CreatedDate", "LastModifiedDate", "SystemModstamp"):
        if name in fields:
            row[name] = now
    org.append(object_name, row)
    for name in ("CreatedById", "LastModifiedById"):
        if name in fields:
            row[name] = org.api_user_id or row["Id"]
    return str(row["Id"])
