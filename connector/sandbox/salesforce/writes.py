"""One create or update from the client's values to the stored row, in the vendor's order of checks and effects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from connector.sandbox.salesforce import history
from connector.sandbox.salesforce.caller import Caller
from connector.sandbox.salesforce.derive import derive
from connector.sandbox.salesforce.errors import (
    OrgError,
    bad_reference,
    deleted,
    duplicate_value,
    no_column,
    not_found,
    not_writable,
    required_missing,
)
from connector.sandbox.salesforce.fields import FieldDef, ObjectDef
from connector.sandbox.salesforce.table import Row
from connector.sandbox.salesforce.values import convert

if TYPE_CHECKING:
    from connector.sandbox.salesforce.org import Org

_TOGETHER_UNIQUE = {
    "FieldPermissions": ("ParentId", "Field"),
    "ObjectPermissions": ("ParentId", "SobjectType"),
    "PermissionSetAssignment": ("PermissionSetId", "AssigneeId"),
    "PermissionSet": ("Name",),
    "CampaignMember": ("CampaignId", "LeadOrContactId"),
    "User": ("Username",),
    "QueueSobject": ("QueueId", "SobjectType"),
}


def create(org: Org, object_name: str, values: Mapping[str, Any], caller: Caller) -> str:
    """Make a record and return its id."""
    definition = org.definition(object_name)
    if not definition.createable:
        raise not_found()
    row = clean(org, definition, values, caller, creating=True)
    _fill_defaults(definition, row, caller)
    missing = [f.name for f in definition.fields.values() if f.required and row.get(f.name) is None]
    if missing:
        raise required_missing(missing)
    _assign(org, object_name, row, caller)
    row["Id"] = org.ids.next(definition.prefix)
    store(org, object_name, None, row, caller=caller)
    return str(row["Id"])


def update(org: Org, object_name: str, record_id: str, values: Mapping[str, Any], *, caller: Caller) -> None:
    """Change a record. Every update bumps the stamps, also one that changes nothing."""
    definition = org.definition(object_name)
    old = writable(org, object_name, record_id, caller)
    cleaned = clean(org, definition, values, caller, creating=False)
    emptied = [n for n, v in cleaned.items() if v is None and not definition.fields[n].nillable]
    if emptied:
        raise required_missing(emptied)
    row = {**old, **cleaned}
    _assign(org, object_name, row, caller)
    store(org, object_name, old, row, caller=caller)


def writable(org: Org, object_name: str, record_id: str, caller: Caller) -> Row:
    """The newest version of a record that may be changed; raises for absent, deleted and converted ones."""
    old = org.tables[object_name].rows.get(record_id)
    if old is None:
        raise not_found()
    if old.get("IsDeleted"):
        raise deleted()
    if object_name == "Lead" and old.get("IsConverted") and caller.user_id not in org.edit_converted:
        raise OrgError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", fields=[])
    return old


def store(
    org: Org, object_name: str, old: Row | None, row: Row, *, caller: Caller, rules: bool = True
) -> None:
    """Work out, check by the org's rules, stamp, put, and write the history and messages that follow."""
    definition = org.schema[object_name]
    now = org.stamp()
    audit = {"LastModifiedDate": now, "LastModifiedById": caller.user_id, "SystemModstamp": now}
    if old is None:
        audit |= {"CreatedDate": now, "CreatedById": caller.user_id}
    row.update((name, value) for name, value in audit.items() if name in definition.fields)
    row.setdefault("LastModifiedDate", now)
    derive(org, object_name, old, row)
    if rules:
        org.rules.validate(object_name, row)
        table = org.tables[object_name]
        org.rules.check_duplicates(row, table, creating=old is None, save=caller.save_duplicates)
    check_unique(org, definition, old, row)
    if "LastModifiedDate" not in definition.fields:
        del row["LastModifiedDate"]
    org.put(object_name, row, caller)
    history.record(org, object_name, old, row)
    org.outbound.note(object_name, old, row, caller.user_id)


def clean(
    org: Org, definition: ObjectDef, values: Mapping[str, Any], caller: Caller, *, creating: bool
) -> Row:
    """The client's values by field name, converted; null stays None. Raises for what may not be written."""
    row: Row = {}
    refused: list[str] = []
    for name, value in values.items():
        if name == "attributes":
            continue
        field = definition.find(name)
        if field is None:
            raise no_column(name, definition.name)
        if not _may_write(org, definition, field, caller=caller, creating=creating):
            refused.append(field.name)
            continue
        row[field.name] = _checked(org, field, convert(field, value, org.world.switches))
    if refused:
        raise not_writable(refused)
    return row


def _may_write(org: Org, definition: ObjectDef, field: FieldDef, *, caller: Caller, creating: bool) -> bool:
    open_to_all = field.createable if creating else field.updateable
    if not open_to_all:
        return False
    return not caller.api or org.access.editable(caller.user_id, definition.name, field.name)


def _checked(org: Org, field: FieldDef, value: Any) -> Any:
    if field.type != "reference" or value is None:
        return value
    known = [name for name in field.reference_to if name in org.tables]
    if not known:
        return value
    for name in known:
        target = org.tables[name].rows.get(value)
        if target is not None and not target.get("IsDeleted"):
            _check_owner(org, field, target)
            return value
    raise bad_reference()


def _check_owner(org: Org, field: FieldDef, target: Row) -> None:
    inactive = str(target["Id"]).startswith("005") and not target.get("IsActive")
    if field.name == "OwnerId" and inactive and org.world.switches.salesforce_refuses_inactive_owner:
        message = f"operation performed with inactive user [{target['Id'][:15]}] as owner of record"
        raise OrgError("INACTIVE_OWNER_OR_USER", message, fields=[])


def _fill_defaults(definition: ObjectDef, row: Row, caller: Caller) -> None:
    for field in definition.fields.values():
        if field.default is not None and field.default is not False and row.get(field.name) is None:
            row[field.name] = field.default
    owner = definition.fields.get("OwnerId")
    if owner is not None and row.get("OwnerId") is None:
        row["OwnerId"] = caller.user_id


def _assign(org: Org, object_name: str, row: Row, caller: Caller) -> None:
    rule = org.rules.assignment.get(object_name)
    if rule is None or not caller.auto_assign:
        return
    owner = rule.next_owner()
    if owner is not None:
        row["OwnerId"] = owner


def check_unique(org: Org, definition: ObjectDef, old: Row | None, row: Row) -> None:
    """Raise DUPLICATE_VALUE when another live record holds one of the row's unique values."""
    table = org.tables[definition.name]
    for field in definition.fields.values():
        if not field.unique or row.get(field.name) is None:
            continue
        for other in sorted(table.holders(field.name, row[field.name])):
            held = table.rows[other]
            same = not field.case_sensitive or held[field.name] == row[field.name]
            if other != row["Id"] and not held.get("IsDeleted") and same:
                raise duplicate_value(field.name, other)
    together = _TOGETHER_UNIQUE.get(definition.name)
    if together and old is None:
        _check_together(org, definition, together, row)


def _check_together(org: Org, definition: ObjectDef, names: tuple[str, ...], row: Row) -> None:
    table = org.tables[definition.name]
    if any(row.get(name) is None for name in names):
        return
    found = set.intersection(*(set(table.holders(name, row[name])) for name in names))
    for other in sorted(found - {row["Id"]}):
        if not table.rows[other].get("IsDeleted"):
            raise duplicate_value(names[-1], other)
