"""What HubSpot itself makes of a write: life-cycle order, calculated properties. Pure functions over texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connector.sandbox.hubspot.errors import invalid_properties
from connector.sandbox.hubspot.standard import LIFECYCLE_STAGES
from connector.sandbox.hubspot.values import parse_moment, searchable_phone

_SEARCHABLE = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}


def hold_lifecycle(stored: Mapping[str, str], changes: dict[str, str], *, backward: str) -> None:
    """Drop (`keep`) or refuse (`error`) a life-cycle stage that lies before the stored one.

    Clearing first and then setting an earlier stage works: HubSpot's contacts guide asks for these two writes.
    """
    old, new = stored.get("lifecyclestage", ""), changes.get("lifecyclestage", "")
    if old not in LIFECYCLE_STAGES or new not in LIFECYCLE_STAGES:
        return
    if LIFECYCLE_STAGES.index(new) >= LIFECYCLE_STAGES.index(old):
        return
    if backward == "error":
        message = f"lifecyclestage cannot move backwards from {old} to {new}"
        raise invalid_properties([{"message": message, "error": "INVALID_OPTION", "name": "lifecyclestage"}])
    del changes["lifecyclestage"]


def calculated(
    kind: str, stored: Mapping[str, str], changes: Mapping[str, str], stamp: str
) -> dict[str, str]:
    """The read-only values that follow from these changes of one record."""
    found = _contact_facts(changes) if kind == "contacts" else {}
    if kind in ("contacts", "companies") and "lifecyclestage" in changes:
        found.update(_lifecycle_dates(stored, changes["lifecyclestage"], stamp))
    if changes.get("hubspot_owner_id", stored.get("hubspot_owner_id")) != stored.get("hubspot_owner_id"):
        found["hubspot_owner_assigneddate"] = stamp
    if (
        kind == "meetings"
        and "hs_timestamp" not in {**stored, **changes}
        and "hs_meeting_start_time" in changes
    ):
        found["hs_timestamp"] = changes["hs_meeting_start_time"]
    if kind == "tasks" and changes.get("hs_task_status") == "COMPLETED":
        found["hs_task_completion_date"] = stamp
    return found


def _contact_facts(changes: Mapping[str, str]) -> dict[str, str]:
    found = {
        target: searchable_phone(changes[name]) for name, target in _SEARCHABLE.items() if name in changes
    }
    if "email" in changes:
        found["hs_email_domain"] = changes["email"].rpartition("@")[2]
    return found


def _lifecycle_dates(stored: Mapping[str, str], new: str, stamp: str) -> dict[str, str]:
    """The date of the stage entered; dates of later stages are cleared on a backward move."""
    if new not in LIFECYCLE_STAGES or stored.get("lifecyclestage") == new:
        return {}
    later = LIFECYCLE_STAGES[LIFECYCLE_STAGES.index(new) + 1 :]
    dates = {f"hs_lifecyclestage_{stage}_date": "" for stage in later}
    return {name: blank for name, blank in dates.items() if name in stored} | {
        f"hs_lifecyclestage_{new}_date": stamp
    }


def survivor_values(primary: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """What the surviving record takes over in a merge: what it lacks, and the further life-cycle stage."""
    taken = {name: value for name, value in other.items() if name not in primary}
    old, new = primary.get("lifecyclestage", ""), other.get("lifecyclestage", "")
    stages = LIFECYCLE_STAGES
    if old in stages and new in stages and stages.index(new) > stages.index(old):
        taken["lifecyclestage"] = new
    return taken


def restorable(archived_at: str, now_iso: str) -> bool:
    """Whether a deleted record can still come back: HubSpot keeps it for 90 days."""
    return parse_moment(now_iso) - parse_moment(archived_at) <= timedelta(days=90)
