"""What people do to whole records in the CRM: convert a lead, merge, delete, take back from the recycle bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce import history, writes
from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.errors import OrgError, bad_reference, deleted, not_found
from connector.sandbox.salesforce.table import Row

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_TO_ACCOUNT = {
    "Company": "Name",
    "Phone": "Phone",
    "Website": "Website",
    "Industry": "Industry",
    "AnnualRevenue": "AnnualRevenue",
    "NumberOfEmployees": "NumberOfEmployees",
    "Street": "BillingStreet",
    "City": "BillingCity",
    "State": "BillingState",
    "PostalCode": "BillingPostalCode",
    "Country": "BillingCountry",
}
_TO_CONTACT = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Salutation": "Salutation",
    "Title": "Title",
    "Email": "Email",
    "Phone": "Phone",
    "MobilePhone": "MobilePhone",
    "Fax": "Fax",
    "LeadSource": "LeadSource",
    "Description": "Description",
    "Street": "MailingStreet",
    "City": "MailingCity",
    "State": "MailingState",
    "PostalCode": "MailingPostalCode",
    "Country": "MailingCountry",
}
_CASCADE = {
    "Opportunity": (
        ("OpportunityContactRole", "OpportunityId"),
        ("OpportunityHistory", "OpportunityId"),
        ("OpportunityFieldHistory", "OpportunityId"),
    ),
    "Lead": (("LeadHistory", "LeadId"), ("CampaignMember", "LeadId")),
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Campaign": (("CampaignMember", "CampaignId"),),
}
_ACTIVITIES = ("Task", "Event")


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a person chooses in the conversion dialogue; None lets the org make a new record or use its default."""

    status: str | None = None
    account_id: str | None = None
    contact_id: str | None = None
    opportunity_name: str | None = None
    create_opportunity: bool = True
    owner_id: str | None = None


def convert(org: Org, lead_id: str, choice: Conversion, caller: Caller) -> dict[str, str | None]:
    """Convert a lead; returns `accountId`, `contactId`, `opportunityId` (None when none was wanted)."""
    lead = org.tables["Lead"].rows.get(lead_id)
    if lead is None:
        raise not_found()
    if lead.get("IsDeleted"):
        raise deleted()
    if lead.get("IsConverted"):
        raise OrgError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", fields=[])
    status = _converted_status(org, choice.status)
    owner = {"OwnerId": _user_owner(choice.owner_id or lead["OwnerId"], caller)}
    quiet = Caller(caller.user_id, auto_assign=False, save_duplicates=True, late=caller.late)
    account = choice.account_id or writes.create(org, "Account", _mapped(lead, _TO_ACCOUNT) | owner, quiet)
    contact = choice.contact_id or _new_contact(org, lead, account, owner, caller=quiet)
    opportunity = _new_opportunity(org, lead, owner | {"AccountId": account}, choice, caller=quiet)
    made = {"Account": account, "Contact": contact, "Opportunity": opportunity}
    _carry_custom(org, lead, made, quiet)
    if opportunity is not None:
        role = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
        writes.create(org, "OpportunityContactRole", role, quiet)
    _move_activities(org, lead_id, {"WhoId": contact, "WhatId": opportunity or account}, quiet)
    _move_members(org, lead_id, contact, quiet)
    _close_lead(org, lead, status, made, caller=quiet)
    return {"accountId": account, "contactId": contact, "opportunityId": opportunity}


def _converted_status(org: Org, wanted: str | None) -> str:
    names = [row["MasterLabel"] for row in org.tables["LeadStatus"].rows.values() if row.get("IsConverted")]
    if wanted is None and names:
        return str(names[0])
    if wanted not in names:
        raise OrgError("INVALID_STATUS", f"invalid convertedStatus: {wanted}", fields=[])
    return str(wanted)


def _user_owner(owner: str, caller: Caller) -> str:
    return owner if owner.startswith("005") else caller.user_id


def _mapped(lead: Row, names: Mapping[str, str]) -> Row:
    return {target: lead[source] for source, target in names.items() if source in lead}


def _new_contact(org: Org, lead: Row, account: str, owner: Row, *, caller: Caller) -> str:
    values = _mapped(lead, _TO_CONTACT) | owner | {"AccountId": account}
    return writes.create(org, "Contact", values, caller)


def _new_opportunity(org: Org, lead: Row, values: Row, choice: Conversion, *, caller: Caller) -> str | None:
    if not choice.create_opportunity:
        return None
    stages = sorted(org.tables["OpportunityStage"].rows.values(), key=lambda s: s.get("SortOrder", 0))
    values = {
        **values,
        "Name": choice.opportunity_name or f"{lead['Company']}-",
        "StageName": stages[0]["MasterLabel"],
        "CloseDate": _quarter_end(org.world.clock.now().date()),
    }
    if "LeadSource" in lead:
        values["LeadSource"] = lead["LeadSource"]
    return writes.create(org, "Opportunity", values, caller)


def _quarter_end(today: date) -> str:
    month = (today.month + 2) // 3 * 3
    first_after = date(today.year + month // 12, month % 12 + 1, 1)
    return (first_after - timedelta(days=1)).isoformat()


def _carry_custom(org: Org, lead: Row, made: Mapping[str, str | None], caller: Caller) -> None:
    carried: dict[str, Row] = {}
    for source, (target, field) in org.conversion_map.items():
        if source in lead:
            carried.setdefault(target, {})[field] = lead[source]
    for target, values in carried.items():
        record_id = made[target]
        if record_id is not None:
            writes.update(org, target, record_id, values, caller=caller)


def _move_activities(org: Org, who: str, ties: Mapping[str, str], caller: Caller) -> None:
    for name in _ACTIVITIES:
        table = org.tables[name]
        for record_id in sorted(table.holders("WhoId", who)):
            old = table.rows[record_id]
            row = {**old, "WhoId": ties["WhoId"]}
            if "WhatId" in ties:
                row.setdefault("WhatId", ties["WhatId"])
            writes.store(org, name, old, row, caller=caller, rules=False)


def _move_members(org: Org, lead_id: str, contact: str, caller: Caller) -> None:
    table = org.tables["CampaignMember"]
    for record_id in sorted(table.holders("LeadId", lead_id)):
        old = table.rows[record_id]
        writes.store(org, "CampaignMember", old, {**old, "ContactId": contact}, caller=caller, rules=False)


def _close_lead(org: Org, lead: Row, status: str, made: Mapping[str, str | None], *, caller: Caller) -> None:
    row = {
        **lead,
        "Status": status,
        "IsConverted": True,
        "ConvertedDate": org.world.clock.now().date().isoformat(),
        "ConvertedAccountId": made["Account"],
        "ConvertedContactId": made["Contact"],
        "ConvertedOpportunityId": made["Opportunity"],
    }
    writes.store(org, "Lead", lead, row, caller=caller, rules=False)
    if org.tracked.get("Lead"):
        history.note(org, "Lead", row, "leadConverted")


def merge(
    org: Org, object_name: str, master_id: str, losers: Sequence[str], *, values: Row, caller: Caller
) -> None:
    """Fold up to two losers into the master: they go to the recycle bin and name it in `MasterRecordId`."""
    definition = org.definition(object_name)
    if not definition.mergeable or not 1 <= len(losers) <= 2:
        raise OrgError("INVALID_OPERATION", "merge takes a master and one or two other records", fields=[])
    master = writes.writable(org, object_name, master_id, caller)
    if master.get("IsConverted") or master_id in losers:
        raise bad_reference()
    old_losers = [org.live(object_name, loser) for loser in losers]
    quiet = Caller(caller.user_id, auto_assign=False, save_duplicates=True, late=caller.late)
    for old in old_losers:
        gone = {**old, "IsDeleted": True, "MasterRecordId": master_id}
        writes.store(org, object_name, old, gone, caller=quiet, rules=False)
        _repoint(org, object_name, old["Id"], master_id, caller=quiet)
    writes.update(org, object_name, master_id, values, caller=quiet)


def _repoint(org: Org, object_name: str, loser: str, master: str, *, caller: Caller) -> None:
    if object_name in ("Lead", "Contact"):
        _move_activities(org, loser, {"WhoId": master}, caller)
        return
    for child, field in (("Contact", "AccountId"), ("Opportunity", "AccountId"), ("Task", "WhatId")):
        table = org.tables[child]
        for record_id in sorted(table.holders(field, loser)):
            old = table.rows[record_id]
            writes.store(org, child, old, {**old, field: master}, caller=caller, rules=False)


def delete(org: Org, object_name: str, record_id: str, caller: Caller) -> None:
    """Put a record, and what hangs on it, into the recycle bin."""
    if not org.definition(object_name).deletable:
        raise not_found()
    old = org.live(object_name, record_id)
    if "IsDeleted" not in org.schema[object_name].fields:
        org.remove(object_name, record_id)
        return
    _mark(org, object_name, old, gone=True, caller=caller)


def undelete(org: Org, object_name: str, record_id: str, caller: Caller) -> None:
    """Take a record out of the recycle bin. A merge's loser stays where it is."""
    old = org.tables[object_name].rows.get(record_id)
    if old is None or not old.get("IsDeleted") or "MasterRecordId" in old:
        raise OrgError("UNDELETE_FAILED", "Entity is not in the recycle bin", fields=[])
    _mark(org, object_name, old, gone=False, caller=caller)


def _mark(org: Org, object_name: str, old: Row, *, gone: bool, caller: Caller) -> None:
    row: dict[str, Any] = {**old, "IsDeleted": gone}
    now = org.stamp()
    for name in ("LastModifiedDate", "SystemModstamp"):
        if name in org.schema[object_name].fields:
            row[name] = now
    if not gone:
        writes.check_unique(org, org.schema[object_name], old, row)
    org.put(object_name, row, caller)
    for child, field in _CASCADE.get(object_name, ()):
        table = org.tables[child]
        for record_id in sorted(table.holders(field, old["Id"])):
            held = table.rows[record_id]
            if bool(held.get("IsDeleted")) != gone:
                _mark(org, child, held, gone=gone, caller=caller)
