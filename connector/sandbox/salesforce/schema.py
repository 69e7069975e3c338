"""The org's schema: every object type it has, built from the written-down fields, plus the fields each object shares."""

from __future__ import annotations

from connector.sandbox.salesforce import standard
from connector.sandbox.salesforce.fields import FieldDef, ObjectDef, parse_field

_ID = "Id id(18) read req default idlookup"
_DELETED = "IsDeleted boolean read label=Deleted"
_CREATED = """
CreatedDate datetime read req default
CreatedById reference read req default to=User
"""
_MODIFIED = """
LastModifiedDate datetime read req default
LastModifiedById reference read req default to=User
"""
_STAMP = "SystemModstamp datetime read req default"
_AUDIT = _CREATED + _MODIFIED + _STAMP

USER = """
Username string(80) req idlookup
LastName string(80) req
FirstName string(40)
Name string(121) read req label=Full_Name
Email email(128) req idlookup
Alias string(8)
Title string(80)
Department string(80)
CompanyName string(80)
Phone phone(40)
MobilePhone phone(40)
IsActive boolean
UserType picklist(40) read
ManagerId reference to=User
ProfileId reference to=Profile
TimeZoneSidKey picklist(40)
LocaleSidKey picklist(40)
LanguageLocaleKey picklist(40)
"""
GROUP = """
Name string(40) req
DeveloperName string(80)
Type picklist(40) req create
Email email(255)
"""
QUEUE_SOBJECT = """
QueueId reference req create to=Group as=Queue
SobjectType picklist(40) req create
"""
GROUP_MEMBER = """
GroupId reference req create to=Group
UserOrGroupId reference req create to=Group,User
"""
LEAD_STATUS = """
MasterLabel string(255) read
ApiName string(255) read
SortOrder int(9) read
IsDefault boolean read
IsConverted boolean read
"""
OPPORTUNITY_STAGE = """
MasterLabel string(255) read
ApiName string(255) read
IsActive boolean read
SortOrder int(9) read
IsClosed boolean read
IsWon boolean read
ForecastCategory picklist(40) read
ForecastCategoryName picklist(40) read
DefaultProbability percent(3) read
Description string(255) read
"""
TASK_STATUS = """
MasterLabel string(255) read
ApiName string(255) read
SortOrder int(9) read
IsDefault boolean read
IsClosed boolean read
"""
ORGANIZATION = """
Name string(80) read
OrganizationType picklist(40) read
IsSandbox boolean read
InstanceName string(5) read
DefaultLocaleSidKey picklist(40) read
LanguageLocaleKey picklist(40) read
TimeZoneSidKey picklist(40) read
NamespacePrefix string(15) read
FiscalYearStartMonth int(9) read
TrialExpirationDate datetime read
"""
RECORD_TYPE = """
Name string(80) req
DeveloperName string(80) req
SobjectType picklist(40) req create
IsActive boolean
Description string(255)
"""
PROFILE = "Name string(255) req"
PERMISSION_SET = """
Name string(80) req
Label string(80) req
Description string(255)
IsOwnedByProfile boolean read
ProfileId reference read to=Profile
"""
FIELD_PERMISSIONS = """
ParentId reference req create to=PermissionSet
SobjectType picklist(40) req create
Field picklist(255) req create
PermissionsRead boolean
PermissionsEdit boolean
"""
OBJECT_PERMISSIONS = """
ParentId reference req create to=PermissionSet
SobjectType picklist(40) req create
PermissionsRead boolean
PermissionsCreate boolean
PermissionsEdit boolean
PermissionsDelete boolean
PermissionsViewAllRecords boolean
PermissionsModifyAllRecords boolean
"""
PERMISSION_SET_ASSIGNMENT = """
PermissionSetId reference req create to=PermissionSet
AssigneeId reference req create to=User
"""
CURRENCY_TYPE = """
IsoCode picklist(10) read
ConversionRate double(18,6) read
DecimalPlaces int(9) read
IsActive boolean read
IsCorporate boolean read
"""

_LIVE = _DELETED + "\n" + _AUDIT
_OBJECTS: tuple[tuple[str, str, str, str], ...] = (
    ("Lead", "00Q", standard.LEAD, _LIVE),
    ("Contact", "003", standard.CONTACT, _LIVE),
    ("Account", "001", standard.ACCOUNT, _LIVE),
    ("Opportunity", "006", standard.OPPORTUNITY, _LIVE),
    ("OpportunityContactRole", "00K", standard.OPPORTUNITY_CONTACT_ROLE, _LIVE),
    ("OpportunityHistory", "008", standard.OPPORTUNITY_HISTORY, _DELETED + _CREATED + _STAMP),
    ("LeadHistory", "017", "LeadId reference read to=Lead" + standard.FIELD_HISTORY, _DELETED + _CREATED),
    (
        "OpportunityFieldHistory",
        "017",
        "OpportunityId reference read to=Opportunity" + standard.FIELD_HISTORY,
        _DELETED + _CREATED,
    ),
    (
        "ContactHistory",
        "017",
        "ContactId reference read to=Contact" + standard.FIELD_HISTORY,
        _DELETED + _CREATED,
    ),
    (
        "AccountHistory",
        "017",
        "AccountId reference read to=Account" + standard.FIELD_HISTORY,
        _DELETED + _CREATED,
    ),
    ("Task", "00T", standard.TASK, _LIVE),
    ("Event", "00U", standard.EVENT, _LIVE),
    ("EmailMessage", "02s", standard.EMAIL_MESSAGE, _LIVE),
    ("EmailMessageRelation", "0ER", standard.EMAIL_MESSAGE_RELATION, _DELETED + _CREATED + _STAMP),
    ("CampaignMemberStatus", "01Y", standard.CAMPAIGN_MEMBER_STATUS, _LIVE),
    ("Campaign", "701", standard.CAMPAIGN, _LIVE),
    ("CampaignMember", "00v", standard.CAMPAIGN_MEMBER, _LIVE),
    ("User", "005", USER, _AUDIT),
    ("Group", "00G", GROUP, _AUDIT),
    ("GroupMember", "011", GROUP_MEMBER, _STAMP),
    ("QueueSobject", "03g", QUEUE_SOBJECT, "CreatedById reference read req default to=User\n" + _STAMP),
    ("LeadStatus", "01J", LEAD_STATUS, _AUDIT),
    ("OpportunityStage", "01J", OPPORTUNITY_STAGE, _AUDIT),
    ("TaskStatus", "01J", TASK_STATUS, _AUDIT),
    ("Organization", "00D", ORGANIZATION, _AUDIT),
    ("RecordType", "012", RECORD_TYPE, _AUDIT),
    ("Profile", "00e", PROFILE, _AUDIT),
    ("PermissionSet", "0PS", PERMISSION_SET, _AUDIT),
    ("FieldPermissions", "01k", FIELD_PERMISSIONS, _STAMP),
    ("ObjectPermissions", "110", OBJECT_PERMISSIONS, _AUDIT),
    ("PermissionSetAssignment", "0Pa", PERMISSION_SET_ASSIGNMENT, _STAMP),
    ("CurrencyType", "01L", CURRENCY_TYPE, _AUDIT),
)
_READ_ONLY = frozenset(
    {
        "OpportunityHistory",
        "LeadHistory",
        "OpportunityFieldHistory",
        "ContactHistory",
        "AccountHistory",
        "LeadStatus",
        "OpportunityStage",
        "TaskStatus",
        "Organization",
        "CurrencyType",
    }
)
_CURRENCY_OBJECTS = ("Lead", "Contact", "Account", "Opportunity", "Campaign", "User")
_DEFAULTS = {
    ("Lead", "Status"): "Open - Not Contacted",
    ("Task", "Status"): "Not Started",
    ("Task", "Priority"): "Normal",
}


def build_schema(*, multi_currency: bool = False) -> dict[str, ObjectDef]:
    """A fresh schema by object name. `CurrencyIsoCode` and `CurrencyType` exist only with several currencies."""
    schema: dict[str, ObjectDef] = {}
    for name, prefix, own, shared in _OBJECTS:
        if name == "CurrencyType" and not multi_currency:
            continue
        made = ObjectDef(name, prefix, mergeable=name in ("Lead", "Contact", "Account"))
        made.label = name
        made.plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
        if name in _READ_ONLY:
            made.createable = made.updateable = made.deletable = False
        if name == "User":
            made.deletable = False
        for line in (_ID + "\n" + own + "\n" + shared).splitlines():
            if line.strip():
                made.add(parse_field(line, standard.PICKLISTS))
        schema[name] = made
    _finish(schema, multi_currency=multi_currency)
    return schema


def _finish(schema: dict[str, ObjectDef], *, multi_currency: bool) -> None:
    for (object_name, field_name), value in _DEFAULTS.items():
        schema[object_name].fields[field_name].default = value
    if multi_currency:
        for object_name in _CURRENCY_OBJECTS:
            schema[object_name].add(
                FieldDef("CurrencyIsoCode", "picklist", "Currency ISO Code", 3, defaulted=True, default="USD")
            )


def object_of_id(schema: dict[str, ObjectDef], record_id: str) -> list[str]:
    """The object types whose ids begin as this one does (setup types share prefixes)."""
    return [name for name, made in schema.items() if made.prefix == record_id[:3]]
